//! What a replica knows of the others.
//!
//! As in client-go's leader election, a replica compares no clocks: it waits for the duration of a Lease, by its own clock,
//! after it has last seen the Lease change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::lease::{Assignment, MemberLease, Snapshot};

/// The Leases of the other replicas, and when they were seen to change.
#[derive(Default)]
pub(super) struct Observed {
    members: BTreeMap<String, Seen>,
    /// Since when there is no Lease with the holders of the slots, or none that is valid.
    unassigned_since: Option<Instant>,
}

#[derive(Clone)]
struct Seen {
    /// The resource version; `None` if there is no Lease although the replica holds slots.
    version: Option<String>,
    first: Instant,
    changed: Instant,
    /// The duration of the Lease.
    duration: Duration,
}

/// The state of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its Lease is valid.
    Alive,
    /// Its Lease has expired. It may still hold its slots until another replica has declared it dead.
    Expired,
    /// It has left, or it was declared dead.
    Left,
}

impl Observed {
    /// Records the changes since the last snapshot. `now` is the time at which it was received.
    /// `default` is the duration of Leases that contain none.
    pub(super) fn update(&mut self, snapshot: &Snapshot, default: Duration, now: Instant) {
        let is_valid = snapshot.assignment.as_ref().is_some_and(|assignment| assignment.holders.is_some());
        self.unassigned_since = if is_valid { None } else { Some(self.unassigned_since.unwrap_or(now)) };
        let names: BTreeSet<&String> = snapshot.members.keys().chain(holders(snapshot.assignment.as_ref())).collect();
        let mut members = BTreeMap::new();
        for name in names {
            let lease = snapshot.members.get(name);
            let version = lease.map(|lease| lease.version.clone());
            let duration = lease.and_then(|lease| lease.duration).unwrap_or(default);
            let seen = match self.members.remove(name) {
                Some(seen) if seen.version == version => seen,
                Some(seen) => Seen { version, changed: now, duration, ..seen },
                None => Seen { version, first: now, changed: now, duration },
            };
            members.insert(name.clone(), seen);
        }
        self.members = members;
    }

    /// Returns the state of a replica whose Lease is `lease`.
    pub(super) fn state(&self, name: &str, lease: Option<&MemberLease>, now: Instant) -> State {
        if lease.is_some_and(|lease| lease.holder.is_empty()) {
            return State::Left;
        }
        let Some(seen) = self.members.get(name) else { return State::Alive };
        if now < seen.changed + seen.duration { State::Alive } else { State::Expired }
    }

    /// Returns when the next Lease of another replica expires.
    pub(super) fn next_expiry(&self, own: &str, now: Instant) -> Option<Instant> {
        let others = self.members.iter().filter(|(name, _)| *name != own);
        others.map(|(_, seen)| seen.changed + seen.duration).filter(|expiry| *expiry > now).min()
    }

    /// Returns for how long a replica has been seen to renew its Lease.
    pub(super) fn renewed_for(&self, name: &str) -> Duration {
        self.members.get(name).map_or(Duration::ZERO, |seen| seen.changed.saturating_duration_since(seen.first))
    }

    /// Returns how long ago the Lease of a replica was last seen to change.
    pub(super) fn unchanged_for(&self, name: &str, now: Instant) -> Duration {
        self.members.get(name).map_or(Duration::ZERO, |seen| now.saturating_duration_since(seen.changed))
    }

    /// Records that this replica holds slots by an assignment that it has read or written.
    pub(super) fn assigned(&mut self) {
        self.unassigned_since = None;
    }

    /// Returns how long there has been no valid Lease with the holders of the slots.
    pub(super) fn unassigned_for(&self, now: Instant) -> Duration {
        self.unassigned_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

fn holders(assignment: Option<&Assignment>) -> impl Iterator<Item = &String> {
    assignment.and_then(|assignment| assignment.holders.as_ref()).into_iter().flat_map(|holders| holders.0.keys())
}
