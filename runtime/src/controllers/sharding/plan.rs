//! What a replica does about the slots, given what it knows.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::lease::{Assignment, Holders, Snapshot};
use super::observed::{Observed, State};
use super::settings::Settings;
use super::slots::{SLOTS, Slots};
use super::target::{Candidate, target};

/// What a replica knows.
pub(super) struct View<'v> {
    pub(super) settings: &'v Settings,
    pub(super) snapshot: &'v Snapshot,
    pub(super) observed: &'v Observed,
    /// The replicas that this one has just declared dead.
    pub(super) dead: &'v BTreeSet<String>,
    /// This replica.
    pub(super) own: &'v str,
    /// Whether this replica gives up all slots.
    pub(super) leaving: bool,
    pub(super) now: Instant,
}

/// The state of the assignment.
pub(super) enum Current<'v> {
    /// Its holders.
    Holders(Holders),
    /// Nothing may be assigned, for this reason.
    Blocked(Blocked<'v>),
}

/// Why a replica does not assign slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked<'v> {
    /// There is no assignment. Replicas that this one does not know may still hold slots.
    Unassigned,
    /// Other replicas divide the objects in another way.
    Divided(&'v str),
}

impl<'v> View<'v> {
    pub(super) fn state(&self, replica: &str) -> State {
        if self.dead.contains(replica) {
            return State::Left;
        }
        if replica == self.own {
            return State::Alive;
        }
        let lease = self.snapshot.members.get(replica);
        self.observed.state(replica, lease, self.now)
    }

    /// Returns the other replicas whose Leases have expired.
    pub(super) fn expired(&self) -> Vec<&'v str> {
        let members = self.snapshot.members.keys();
        let holders = self.assignment().and_then(|assignment| assignment.holders.as_ref());
        let all: BTreeSet<&String> = members.chain(holders.into_iter().flat_map(|holders| holders.0.keys())).collect();
        all.into_iter().map(String::as_str).filter(|replica| self.state(replica) == State::Expired).collect()
    }

    /// Returns the replicas that have left long ago, and whose Leases this one deletes.
    pub(super) fn garbage(&self) -> Vec<&'v str> {
        let is_alive = |replica: &&String| self.state(replica) == State::Alive;
        if self.snapshot.members.keys().find(is_alive).is_none_or(|first| first != self.own) {
            return Vec::new();
        }
        let holds = |replica: &str| {
            let holders = self.assignment().and_then(|assignment| assignment.holders.as_ref());
            holders.is_some_and(|holders| !holders.of(replica).is_empty())
        };
        let is_garbage = |replica: &&str| {
            let is_old = self.observed.unchanged_for(replica, self.now) >= self.settings.lease_duration;
            self.state(replica) == State::Left && is_old && !holds(replica)
        };
        self.snapshot.members.keys().map(String::as_str).filter(is_garbage).collect()
    }

    fn assignment(&self) -> Option<&'v Assignment> {
        self.snapshot.assignment.as_ref()
    }

    /// Returns the holders of the slots. Replicas that have left hold none.
    pub(super) fn current(&self) -> Current<'v> {
        let Some((assignment, holders)) =
            self.assignment().and_then(|assignment| Some((assignment, assignment.holders.as_ref()?)))
        else {
            // Without an assignment, replicas close their slots within the time after which they would be declared dead.
            let others =
                self.snapshot.members.keys().any(|other| other != self.own && self.state(other) != State::Left);
            let waited = self.observed.unassigned_for(self.now) >= self.settings.lease_duration;
            return if waited || !others {
                Current::Holders(Holders::default())
            } else {
                Current::Blocked(Blocked::Unassigned)
            };
        };
        let mut current = holders.clone();
        current.0.retain(|replica, _| self.state(replica) != State::Left);
        if assignment.divides != self.settings.divides() && !current.0.is_empty() {
            return Current::Blocked(Blocked::Divided(&assignment.divides));
        }
        Current::Holders(current)
    }

    /// Returns the replicas that may hold slots, and the slots that each should hold.
    ///
    /// Those that have just joined get slots of others only after some time, and free slots only if there is no other replica:
    /// a replica that keeps crashing moves few slots.
    pub(super) fn targets(&self, current: &Holders) -> Vec<(&'v str, Slots)> {
        let takes_part = |replica: &str| {
            let divides = self
                .snapshot
                .members
                .get(replica)
                .is_some_and(|member| member.divides == self.settings.divides() || !current.of(replica).is_empty());
            let leaves = (self.leaving && replica == self.own)
                || self.assignment().is_some_and(|assignment| assignment.leaving.contains(replica));
            divides && self.state(replica) != State::Left && !leaves
        };
        let members: Vec<&str> =
            self.snapshot.members.keys().map(String::as_str).filter(|replica| takes_part(replica)).collect();
        let is_settled = |replica: &&str| {
            let settled = self.observed.renewed_for(replica) >= self.settings.settle_time;
            (settled && self.state(replica) == State::Alive) || !current.of(replica).is_empty()
        };
        let settled: Vec<&str> = members.iter().copied().filter(is_settled).collect();
        let members = if settled.is_empty() { members } else { settled };
        let candidate = |replica: &&str| Candidate {
            weight: self.snapshot.members.get(*replica).map_or(1, |member| member.weight),
            holds: current.of(replica),
        };
        let candidates: Vec<Candidate> = members.iter().map(candidate).collect();
        members.into_iter().zip(target(&candidates)).collect()
    }
}

/// Returns the slots of this replica that it hands over now: those that it has in excess, up to a limit.
pub(super) fn excess(own: Slots, target: Slots, draining: Slots, limit: usize) -> Slots {
    let excess = own.without(target);
    let left = limit.saturating_sub(draining.len());
    excess.without(draining).iter().rev().take(left).collect()
}

/// Returns the next holders: free slots, and those that this replica has drained, go to the replicas that should hold them.
pub(super) fn next_holders(current: &Holders, targets: &[(&str, Slots)], own: &str, drained: Slots) -> Holders {
    let mut next = current.clone();
    let free = current.free();
    let movable = free.union(drained.common(current.of(own)));
    for slot in (0..SLOTS).filter(|slot| movable.contains(*slot)) {
        let to = targets.iter().find(|(_, slots)| slots.contains(slot)).map(|(replica, _)| *replica);
        next.set(slot, to);
    }
    next
}

/// The hand-overs of a replica in a period, which begins with the first of them.
pub(super) struct Movement {
    ends: Option<Instant>,
    left: usize,
}

impl Movement {
    pub(super) fn new() -> Self {
        Movement { ends: None, left: 0 }
    }

    /// Returns how many slots may be handed over now.
    pub(super) fn allowed(&mut self, held: usize, settings: &Settings, now: Instant) -> usize {
        if self.ends.is_none_or(|ends| now >= ends) {
            self.ends = None;
            self.left = held.div_ceil(settings.movement_part);
        }
        self.left
    }

    /// Records that slots are handed over now.
    pub(super) fn started(&mut self, slots: usize, settings: &Settings, now: Instant) {
        if slots > 0 {
            self.ends.get_or_insert(now + settings.movement_period);
            self.left = self.left.saturating_sub(slots);
        }
    }
}

/// The time between two reads, with a jitter so that replicas do not read at the same time.
pub(super) fn interval(settings: &Settings) -> Duration {
    settings.retry_period.mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movement_period_starts_with_the_first_hand_over() {
        let settings = Settings { movement_part: 4, movement_period: Duration::from_secs(10), ..Settings::default() };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut movement = Movement::new();
        assert_eq!(movement.allowed(128, &settings, at(0)), 32);
        movement.started(0, &settings, at(0));
        // The first hand-over is just before ten seconds have passed since the first call.
        assert_eq!(movement.allowed(128, &settings, at(9)), 32);
        movement.started(32, &settings, at(9));
        assert_eq!(movement.allowed(128, &settings, at(11)), 0);
        assert_eq!(movement.allowed(96, &settings, at(19)), 24);
    }
}
