//! The Leases that this process has lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::holdings::Holdings;
use super::lease::Snapshot;

/// The Leases that this process has lost and that no replica has declared dead yet.
///
/// Other replicas wait until such a Lease has expired. This process knows when the last reconciliation with it has ended, and
/// then declares it dead itself, so that its slots do not wait.
#[derive(Default)]
pub(super) struct Former(Mutex<Vec<(String, Arc<Holdings>)>>);

impl Former {
    fn lock(&self) -> MutexGuard<'_, Vec<(String, Arc<Holdings>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a Lease that was lost.
    pub(super) fn add(&self, name: String, holdings: Arc<Holdings>) {
        self.lock().push((name, holdings));
    }

    /// Returns the Leases with which nothing is reconciled any more, and forgets those that are dead.
    pub(super) fn ended(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut all = self.lock();
        all.retain(|(name, _)| snapshot.members.get(name).is_some_and(|lease| !lease.holder.is_empty()));
        all.iter().filter(|(_, holdings)| holdings.active() == 0).map(|(name, _)| name.clone()).collect()
    }
}
