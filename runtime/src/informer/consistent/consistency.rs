//! What the consistent clients of an informer share.

use std::sync::atomic::{AtomicUsize, Ordering};

use kube::Resource;

use super::ledger::{Deletion, Fence, Ledger};
use crate::informer::cache::Cache;
use crate::prometheus::Histogram;

/// The upper bounds of the wait of reads, in seconds.
const BOUNDS: [f64; 14] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The number of deletions at which those that the watch has reported are removed.
const MIN_PRUNED: usize = 64;

/// What the consistent clients of an informer share.
pub(in crate::informer) struct Consistency {
    pub(super) ledger: Ledger,
    /// Held while the API server is asked about writes whose outcome is not known.
    pub(super) resolving: tokio::sync::Mutex<()>,
    /// The waits of reads.
    pub(in crate::informer) waits: Histogram,
    prune_at: AtomicUsize,
}

impl Consistency {
    pub(super) fn new(scopes: usize) -> Self {
        Consistency {
            ledger: Ledger::new(scopes),
            resolving: tokio::sync::Mutex::default(),
            waits: Histogram::new(&BOUNDS),
            prune_at: AtomicUsize::new(MIN_PRUNED),
        }
    }

    /// Removes the deletions that the cache has applied, once there are many.
    pub(super) fn prune_if_large<K: Resource + Send + Sync + 'static>(&self, cache: &Cache<K>) {
        if self.ledger.deletion_count() >= self.prune_at.load(Ordering::Relaxed) {
            let kept = self.prune(cache);
            self.prune_at.store(MIN_PRUNED.max(2 * kept), Ordering::Relaxed);
        }
    }

    /// Removes the deletions that the cache has applied, and returns the number of the others.
    pub(super) fn prune<K: Resource + Send + Sync + 'static>(&self, cache: &Cache<K>) -> usize {
        let forgotten = self.ledger.prune(|scope, deletion| is_applied(cache, scope, deletion));
        forgotten.iter().for_each(|uid| cache.deletions().forget(uid));
        self.ledger.deletion_count()
    }
}

/// Returns whether a deletion is in the cache.
pub(super) fn is_applied<K: Resource + Send + Sync + 'static>(
    cache: &Cache<K>,
    scope: usize,
    deletion: &Deletion,
) -> bool {
    let passed = |fence| cache.read().scopes[scope].version.as_ref().is_some_and(|reached| reached >= fence);
    match &deletion.fence {
        _ if !cache.deletions().is_awaited(&deletion.uid) => true,
        Fence::At(fence) => passed(fence),
        Fence::NotNeeded | Fence::Needed => false,
    }
}
