//! The objects of a shard that are being reconciled or given up.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::core::ObjectMeta;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::informer::ResourceVersion;

/// How long versions of objects that were given up are remembered: longer than a second informer of the kind lags behind.
const MEMORY: Duration = Duration::from_secs(600);

/// The objects of a shard that several controllers reconcile, by uid.
#[derive(Default)]
pub(super) struct Objects {
    state: Mutex<State>,
    /// Notified when the last reconciliation of an object has ended.
    ended: Notify,
}

#[derive(Default)]
struct State {
    objects: HashMap<String, Object>,
    /// The objects that were given up, in their order.
    given_up: VecDeque<(Instant, String)>,
}

#[derive(Default)]
struct Object {
    /// The number of reconciliations that run.
    running: usize,
    release: Option<Release>,
}

/// How far an object is given up.
enum Release {
    /// Its labels are being removed.
    Running,
    /// This version does not have the labels of this shard any more, since this time.
    Complete(ResourceVersion, Instant),
}

/// A reconciliation of an object; it ends when this is dropped.
pub(super) struct Running {
    objects: Arc<Objects>,
    uid: String,
}

/// An object that is being given up. Unless [completed](Self::complete), it can be reconciled again when this is dropped.
pub(super) struct Releasing<'o> {
    objects: &'o Objects,
    uid: &'o str,
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether this state of an object says something about its shard: it does not if the object is being given up, or
    /// if it was given up in this version or a later one.
    pub(super) fn is_current(&self, object: &ObjectMeta) -> bool {
        let mut state = self.lock();
        let uid = object.uid.as_deref().unwrap_or_default();
        let Some(known) = state.objects.get_mut(uid) else { return true };
        match &known.release {
            None => true,
            Some(Release::Running) => false,
            Some(Release::Complete(at, _)) => {
                let version = object.resource_version.as_deref().and_then(|version| version.parse().ok());
                if version.is_some_and(|version: ResourceVersion| version <= *at) {
                    return false;
                }
                known.release = None;
                state.tidy(uid);
                true
            }
        }
    }

    /// Starts a reconciliation, unless the object is being given up.
    pub(super) fn start(self: &Arc<Self>, object: &ObjectMeta) -> Option<Running> {
        let uid = object.uid.clone().unwrap_or_default();
        let mut state = self.lock();
        let known = state.objects.entry(uid.clone()).or_default();
        if matches!(known.release, Some(Release::Running)) {
            return None;
        }
        known.running += 1;
        Some(Running { objects: Arc::clone(self), uid })
    }

    /// Prevents reconciliations of an object from starting, and waits until those that run have ended. `None` if the object is
    /// being given up already.
    pub(super) async fn release<'o>(&'o self, uid: &'o str) -> Option<Releasing<'o>> {
        {
            let mut state = self.lock();
            let known = state.objects.entry(uid.to_owned()).or_default();
            if matches!(known.release, Some(Release::Running)) {
                return None;
            }
            known.release = Some(Release::Running);
        }
        let releasing = Releasing { objects: self, uid };
        self.wait_until(|state| state.objects.get(uid).is_none_or(|object| object.running == 0)).await;
        Some(releasing)
    }

    /// Waits until no object is reconciled.
    pub(super) async fn idle(&self) {
        self.wait_until(|state| state.objects.values().all(|object| object.running == 0)).await;
    }

    async fn wait_until(&self, condition: impl Fn(&State) -> bool) {
        loop {
            let mut ended = pin!(self.ended.notified());
            // From here on, no notification is missed.
            ended.as_mut().enable();
            if condition(&self.lock()) {
                return;
            }
            ended.await;
        }
    }

    /// Returns the number of objects that are being reconciled, and of those that are being given up.
    pub(super) fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        let running = state.objects.values().filter(|object| object.running > 0).count();
        let releasing = state.objects.values().filter(|object| matches!(object.release, Some(Release::Running)));
        (running, releasing.count())
    }
}

impl State {
    /// Forgets an object of which nothing is known.
    fn tidy(&mut self, uid: &str) {
        if self.objects.get(uid).is_some_and(|object| object.running == 0 && object.release.is_none()) {
            self.objects.remove(uid);
        }
    }

    /// Remembers that an object was given up, and forgets those that were given up long ago.
    fn remember(&mut self, uid: &str, version: ResourceVersion) {
        let now = Instant::now();
        self.objects.entry(uid.to_owned()).or_default().release = Some(Release::Complete(version, now));
        self.given_up.push_back((now, uid.to_owned()));
        while let Some((at, _)) = self.given_up.front()
            && now.duration_since(*at) > MEMORY
            && let Some((at, uid)) = self.given_up.pop_front()
        {
            if let Some(object) = self.objects.get_mut(&uid)
                && matches!(object.release, Some(Release::Complete(_, since)) if since == at)
            {
                object.release = None;
            }
            self.tidy(&uid);
        }
    }
}

impl Releasing<'_> {
    /// The object was given up: states up to this version do not count any more. Without a comparable version, the labels of
    /// each state count.
    pub(super) fn complete(self, version: Option<ResourceVersion>) {
        if let Some(version) = version {
            self.objects.lock().remember(self.uid, version);
        }
    }
}

impl Drop for Releasing<'_> {
    fn drop(&mut self) {
        let mut state = self.objects.lock();
        if let Some(object) = state.objects.get_mut(self.uid)
            && matches!(object.release, Some(Release::Running))
        {
            object.release = None;
        }
        state.tidy(self.uid);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.objects.lock();
        let Some(object) = state.objects.get_mut(&self.uid) else { return };
        object.running -= 1;
        if object.running == 0 {
            state.tidy(&self.uid);
            drop(state);
            self.objects.ended.notify_waiters();
        }
    }
}
