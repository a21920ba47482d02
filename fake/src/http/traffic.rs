//! Accounting of open requests and watches, for `FakeApiServer::settle`.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

/// The open requests and watches of a server.
#[derive(Default)]
pub(crate) struct Traffic {
    started: AtomicU64,
    open: AtomicUsize,
    watches: Mutex<Vec<Weak<Progress>>>,
    changed: Arc<Notify>,
}

/// A request that is being executed.
pub(crate) struct OpenRequest<'t> {
    traffic: &'t Traffic,
}

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        self.traffic.open.fetch_sub(1, Ordering::AcqRel);
        self.traffic.changed.notify_waiters();
    }
}

/// The progress of a watch.
pub(crate) struct Progress {
    space: String,
    delivered: AtomicU64,
    changed: Arc<Notify>,
}

impl Progress {
    /// Records that the watcher has received all events up to a revision and polls for more.
    pub(crate) fn record(&self, revision: u64) {
        self.delivered.store(revision, Ordering::Release);
        self.changed.notify_waiters();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.changed.notify_waiters();
    }
}

impl Traffic {
    pub(crate) fn start(&self) -> OpenRequest<'_> {
        self.started.fetch_add(1, Ordering::AcqRel);
        self.open.fetch_add(1, Ordering::AcqRel);
        OpenRequest { traffic: self }
    }

    /// Registers a watch.
    pub(crate) fn watch(&self, space: String) -> Arc<Progress> {
        let progress = Arc::new(Progress { space, delivered: AtomicU64::new(0), changed: Arc::clone(&self.changed) });
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.retain(|watch| watch.strong_count() > 0);
        watches.push(Arc::downgrade(&progress));
        progress
    }

    /// Returns the number of requests so far.
    pub(crate) fn started(&self) -> u64 {
        self.started.load(Ordering::Acquire)
    }

    /// Waits until no request is open and each watcher has received all events; `last` returns the last revision of a
    /// space.
    pub(crate) async fn idle(&self, last: impl Fn(&str) -> u64 + Send) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let is_behind = |watch: Arc<Progress>| watch.delivered.load(Ordering::Acquire) < last(&watch.space);
            let is_current = !watches.iter().filter_map(Weak::upgrade).any(is_behind);
            if is_current && self.open.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}
