//! Deletions that consistent reads wait for.
//!
//! The API server does not return the version of a deletion, only the uid of the object. Between the request and its answer,
//! the watch may already have reported the deletion; so the uids of all objects that are deleted meanwhile are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kube::Resource;

use crate::informer::event::{ObjectKey, PendingEvent};

/// The deletions of this program that a cache has not applied yet.
#[derive(Default)]
pub(crate) struct Deletions {
    /// Whether there is anything to observe. Without consistent clients there never is.
    active: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The deletions in flight: their number, and the uids of objects of this name that the watch reported as deleted.
    in_flight: BTreeMap<ObjectKey, (usize, Vec<String>)>,
    /// The uids of objects whose deletion the watch has not reported yet.
    awaited: BTreeSet<String>,
}

impl Deletions {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, inner: &Inner) {
        self.active.store(!inner.in_flight.is_empty() || !inner.awaited.is_empty(), Ordering::SeqCst);
    }

    /// A deletion is about to be sent.
    pub(crate) fn begin(&self, key: &ObjectKey) {
        let mut inner = self.lock();
        inner.in_flight.entry(key.clone()).or_default().0 += 1;
        self.update(&inner);
    }

    /// A deletion has ended; if it deleted an object, returns whether the watch has yet to report that.
    pub(crate) fn end(&self, key: &ObjectKey, deleted: Option<&str>) -> bool {
        let mut inner = self.lock();
        let (mut reported, mut last) = (false, false);
        if let Some((calls, uids)) = inner.in_flight.get_mut(key) {
            reported = uids.iter().any(|uid| Some(uid.as_str()) == deleted);
            *calls -= 1;
            last = *calls == 0;
        }
        if last {
            inner.in_flight.remove(key);
        }
        let awaited = deleted.filter(|_| !reported);
        inner.awaited.extend(awaited.map(str::to_owned));
        self.update(&inner);
        awaited.is_some()
    }

    pub(crate) fn is_awaited(&self, uid: &str) -> bool {
        self.lock().awaited.contains(uid)
    }

    /// Forgets a deletion that the watch does not report.
    pub(crate) fn forget(&self, uid: &str) {
        let mut inner = self.lock();
        inner.awaited.remove(uid);
        self.update(&inner);
    }

    /// Records the deletions among the events of a published state.
    pub(super) fn observe<K: Resource>(&self, events: &[PendingEvent<K>]) {
        if !self.active.load(Ordering::SeqCst) {
            return;
        }
        let mut inner = self.lock();
        for event in events {
            let PendingEvent::Deleted { object, .. } = event else { continue };
            let Some(uid) = object.uid() else { continue };
            inner.awaited.remove(uid);
            if let Some((_, uids)) = inner.in_flight.get_mut(&object.object_key()) {
                uids.push(uid.to_owned());
            }
        }
        self.update(&inner);
    }
}
