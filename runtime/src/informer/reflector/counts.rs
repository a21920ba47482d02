//! The counters of an informer's reflectors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::prometheus::Histogram;

/// The upper bounds of the time to process events, in seconds, as in component-base.
const BOUNDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The counters of an informer's reflectors.
pub(crate) struct Counts {
    pub(crate) lists: AtomicU64,
    pub(crate) watches: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) bookmarks: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) undecodable: AtomicU64,
    /// The received objects of other shards.
    pub(crate) foreign: AtomicU64,
    /// The received changes that are not in the cache yet.
    pub(crate) queued: AtomicU64,
    /// The time to apply changes that were received together to the cache and the queues of the handlers.
    pub(crate) processing: Histogram,
}

impl Default for Counts {
    fn default() -> Self {
        Counts {
            lists: AtomicU64::default(),
            watches: AtomicU64::default(),
            events: AtomicU64::default(),
            bookmarks: AtomicU64::default(),
            errors: AtomicU64::default(),
            undecodable: AtomicU64::default(),
            foreign: AtomicU64::default(),
            queued: AtomicU64::default(),
            processing: Histogram::new(&BOUNDS),
        }
    }
}

impl Counts {
    /// Applies this number of changes, and measures it.
    pub(super) fn process(&self, changes: usize, apply: impl FnOnce()) {
        let changes = changes as u64;
        self.queued.fetch_add(changes, Ordering::Relaxed);
        let started = Instant::now();
        apply();
        self.processing.observe(started.elapsed().as_secs_f64());
        self.queued.fetch_sub(changes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_queued_until_they_are_applied() {
        let counts = Counts::default();
        let queued = || counts.queued.load(Ordering::Relaxed);
        counts.process(3, || counts.process(2, || assert_eq!(queued(), 5)));
        assert_eq!((queued(), counts.processing.count()), (0, 2));
    }
}
