//! The slots of a replica, and the reconciliations in them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::permit::Hold;
use super::slots::{SLOTS, Slots};
use crate::controllers::election::{Host, Leadership};

/// The slots of a replica, from the time at which its Lease was created until it is lost.
pub(super) struct Holdings {
    host: Host,
    lease: Leadership,
    /// The time that reconciliations have when their slot is handed over.
    grace: Duration,
    state: Mutex<State>,
    /// Notifies of slots that are drained.
    pub(super) drained: Notify,
    /// Notifies reconciliations that they may have to end.
    changed: watch::Sender<()>,
}

struct State {
    /// The slots in which reconciliations start.
    open: Slots,
    /// The slots that are being handed over, and since when.
    draining: Slots,
    since: [Option<Instant>; SLOTS],
    /// The running reconciliations of each slot.
    active: [u32; SLOTS],
    /// How many times each slot was lost. Reconciliations from before must not go on.
    losses: [u32; SLOTS],
}

impl Holdings {
    pub(super) fn new(host: Host, lease: Leadership, grace: Duration) -> Arc<Self> {
        let state = State {
            open: Slots::default(),
            draining: Slots::default(),
            since: [None; SLOTS],
            active: [0; SLOTS],
            losses: [0; SLOTS],
        };
        let (drained, changed) = (Notify::new(), watch::Sender::new(()));
        Arc::new(Holdings { host, lease, grace, state: Mutex::new(state), drained, changed })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the Lease of this replica is valid, by its clock.
    pub(super) fn is_valid(&self) -> bool {
        self.lease.is_valid()
    }

    /// Returns the slots in which reconciliations start.
    pub(super) fn open(&self) -> Slots {
        self.lock().open
    }

    /// Starts a reconciliation in a slot.
    pub(super) fn begin(self: &Arc<Self>, slot: usize) -> Option<Held> {
        let mut state = self.lock();
        if !state.open.contains(slot) || !self.is_valid() {
            return None;
        }
        state.active[slot] += 1;
        Some(Held { holdings: Arc::clone(self), slot, losses: state.losses[slot] })
    }

    /// Applies the slots that the assignment gives to this replica. Those that it does not have any more are lost. Returns the
    /// number of slots that it did not have before.
    pub(super) fn assign(&self, slots: Slots) -> usize {
        let mut state = self.lock();
        let received = slots.without(state.open).without(state.draining).len();
        let lost = state.open.union(state.draining).without(slots);
        for slot in lost.iter() {
            state.losses[slot] = state.losses[slot].wrapping_add(1);
            state.since[slot] = None;
        }
        state.draining = state.draining.common(slots);
        state.open = slots.without(state.draining);
        drop(state);
        if !lost.is_empty() {
            self.changed.send_replace(());
        }
        received
    }

    /// Starts no more reconciliations in these slots. Those that run have the grace period to end.
    pub(super) fn drain(&self, slots: Slots) {
        let mut state = self.lock();
        let closed = slots.common(state.open);
        state.open = state.open.without(closed);
        state.draining = state.draining.union(closed);
        let now = self.host.now();
        closed.iter().for_each(|slot| state.since[slot] = Some(now));
        drop(state);
        if !closed.is_empty() {
            self.changed.send_replace(());
        }
    }

    /// Keeps slots that were to be handed over. No request to hand them over may succeed any more.
    pub(super) fn keep(&self, slots: Slots) {
        let mut state = self.lock();
        let kept = slots.common(state.draining);
        state.draining = state.draining.without(kept);
        state.open = state.open.union(kept);
        kept.iter().for_each(|slot| state.since[slot] = None);
    }

    /// Returns the slots that are being handed over, and those of them without a reconciliation.
    pub(super) fn draining(&self) -> (Slots, Slots) {
        let state = self.lock();
        let drained = state.draining.iter().filter(|slot| state.active[*slot] == 0).collect();
        (state.draining, drained)
    }

    /// Returns how long ago the hand-over of a slot began.
    pub(super) fn draining_for(&self, slot: usize) -> Option<Duration> {
        let since = self.lock().since.get(slot).copied().flatten()?;
        Some(self.host.now().saturating_duration_since(since))
    }

    /// Loses all slots.
    pub(super) fn close(&self) {
        self.assign(Slots::default());
    }

    /// Returns the number of running reconciliations.
    pub(super) fn active(&self) -> u64 {
        self.lock().active.iter().map(|active| u64::from(*active)).sum()
    }

    /// Returns the slots in which a reconciliation could start, or go on.
    #[cfg(test)]
    pub(super) fn held(&self) -> Slots {
        let state = self.lock();
        if !self.is_valid() {
            return Slots::default();
        }
        if state.draining.is_empty() {
            return state.open;
        }
        state.open.union(state.draining.iter().filter(|slot| state.active[*slot] > 0).collect())
    }
}

/// A reconciliation in a slot.
pub(super) struct Held {
    holdings: Arc<Holdings>,
    slot: usize,
    losses: u32,
}

impl Held {
    fn is_lost(&self) -> bool {
        self.holdings.lock().losses[self.slot] != self.losses
    }

    /// Waits until the slot is being handed over. Returns `false` if it was lost.
    async fn handed_over(&self) -> bool {
        let mut changed = self.holdings.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if self.is_lost() {
                return false;
            }
            if self.holdings.lock().draining.contains(self.slot) {
                return true;
            }
            let _ = changed.changed().await;
        }
    }

    async fn lost(&self) {
        let mut changed = self.holdings.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if self.is_lost() {
                return;
            }
            let _ = changed.changed().await;
        }
    }
}

impl Hold for Held {
    fn is_valid(&self) -> bool {
        self.holdings.is_valid() && !self.is_lost()
    }

    fn revoked(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if self.handed_over().await {
                let grace = std::pin::pin!(self.holdings.host.sleep(self.holdings.grace));
                futures::future::select(grace, std::pin::pin!(self.lost())).await;
            }
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.holdings.lock();
        state.active[self.slot] -= 1;
        let is_drained = state.active[self.slot] == 0 && state.draining.contains(self.slot);
        drop(state);
        if is_drained {
            self.holdings.drained.notify_one();
        }
    }
}
