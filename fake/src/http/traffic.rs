//! What is under way: requests that are not answered yet, and watches that have not been told everything.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

/// What is under way on a server.
#[derive(Default)]
pub(crate) struct Traffic {
    begun: AtomicU64,
    open: AtomicUsize,
    watches: Mutex<Vec<Weak<Progress>>>,
    changed: Arc<Notify>,
}

/// A request that is being answered.
pub(crate) struct Open<'t> {
    traffic: &'t Traffic,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.traffic.open.fetch_sub(1, Ordering::AcqRel);
        self.traffic.changed.notify_waiters();
    }
}

/// How far a watch has come.
pub(crate) struct Progress {
    space: String,
    told: AtomicU64,
    changed: Arc<Notify>,
}

impl Progress {
    /// The watcher has been told what there was up to a revision, and has come back for more.
    pub(crate) fn has(&self, revision: u64) {
        self.told.store(revision, Ordering::Release);
        self.changed.notify_waiters();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.changed.notify_waiters();
    }
}

impl Traffic {
    pub(crate) fn begin(&self) -> Open<'_> {
        self.begun.fetch_add(1, Ordering::AcqRel);
        self.open.fetch_add(1, Ordering::AcqRel);
        Open { traffic: self }
    }

    /// A watch that begins.
    pub(crate) fn watch(&self, space: String) -> Arc<Progress> {
        let progress = Arc::new(Progress { space, told: AtomicU64::new(0), changed: Arc::clone(&self.changed) });
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.retain(|watch| watch.strong_count() > 0);
        watches.push(Arc::downgrade(&progress));
        progress
    }

    /// How many requests there have been.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Acquire)
    }

    /// Waits until no request is under way and each watcher has been told everything; `last` is the last revision of a space.
    pub(crate) async fn quiet(&self, last: impl Fn(&str) -> u64 + Send) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let is_behind = |watch: Arc<Progress>| watch.told.load(Ordering::Acquire) < last(&watch.space);
            let is_quiet = !watches.iter().filter_map(Weak::upgrade).any(is_behind);
            if is_quiet && self.open.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}
