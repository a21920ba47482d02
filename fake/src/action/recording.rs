//! Recordings of requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Action, Calls};

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
