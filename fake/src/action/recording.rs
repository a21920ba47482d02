//! Recordings of requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::Value;

use super::{Action, Calls, permissions};

type Log = Mutex<Vec<Action>>;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The active recordings of a server.
#[derive(Default)]
pub(crate) struct Recordings {
    running: Mutex<Vec<Weak<Log>>>,
}

impl Recordings {
    pub(crate) fn is_empty(&self) -> bool {
        let mut running = locked(&self.running);
        running.retain(|log| log.strong_count() > 0);
        running.is_empty()
    }

    pub(crate) fn record(&self, action: &Action) {
        locked(&self.running).iter().filter_map(Weak::upgrade).for_each(|log| locked(&log).push(action.clone()));
    }

    pub(crate) fn start(&self) -> Recording {
        let log = Arc::new(Log::default());
        locked(&self.running).push(Arc::downgrade(&log));
        Recording { log }
    }
}

/// The requests that a server has received since the recording started, in order. Recording stops on drop.
pub struct Recording {
    log: Arc<Log>,
}

impl Recording {
    /// Returns all requests.
    pub fn actions(&self) -> Vec<Action> {
        locked(&self.log).clone()
    }

    /// Returns the requests that are not read-only.
    pub fn writes(&self) -> Vec<Action> {
        self.matching(&Calls::all().matching(|action| !action.is_read()))
    }

    /// Returns the matching requests.
    pub fn matching(&self, calls: &Calls) -> Vec<Action> {
        self.actions().into_iter().filter(|action| calls.matches(action)).collect()
    }

    /// Returns the least cluster role that permits the matching requests, as `ClusterRole` in JSON. Its rules are sorted and
    /// have no duplicates, so it can be compared with a role in a repository. They do not restrict the names of objects.
    /// A server-side apply needs the verb `create` too, and a watch with initial events the verb `list`: clients list if a server
    /// does not support it.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer};
    /// # let server = FakeApiServer::builder().build()?;
    /// let recording = server.record();
    /// // Run the controller here.
    /// let role = recording.cluster_role("controller", &Calls::all());
    /// assert_eq!(role["rules"], serde_json::json!([]));
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn cluster_role(&self, name: &str, calls: &Calls) -> Value {
        permissions::cluster_role(name, &self.matching(calls))
    }

    /// Returns the least roles that permit the matching requests: a `Role` for each namespace with requests, and a
    /// `ClusterRole` for requests to all namespaces and for cluster-scoped resources.
    pub fn roles(&self, name: &str, calls: &Calls) -> Vec<Value> {
        permissions::roles(name, &self.matching(calls))
    }

    /// Discards the requests recorded so far.
    pub fn clear(&self) {
        locked(&self.log).clear();
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.actions().iter().map(ToString::to_string)).finish()
    }
}
