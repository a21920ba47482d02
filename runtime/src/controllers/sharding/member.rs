//! A replica with a Lease.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::former::Former;
use super::group::{Failed, Group};
use super::holdings::Holdings;
use super::lease::{Assignment, Holders, Snapshot};
use super::metrics::Metrics;
use super::observed::{Observed, State};
use super::plan::{self, Blocked, Current, Movement, View};
use super::settings::Settings;
use super::slots::Slots;
use crate::controllers::Stop;
use crate::controllers::election::{Host, Leadership, Loss};

/// A replica, from the time at which its Lease was created until it is lost.
pub(super) struct Member {
    /// The last part of the name of its Lease.
    pub(super) name: String,
    pub(super) settings: Arc<Settings>,
    pub(super) host: Host,
    pub(super) group: Group,
    pub(super) lease: Leadership,
    pub(super) holdings: Arc<Holdings>,
    pub(super) metrics: Arc<Metrics>,
    /// Publishes the slots in which reconciliations start.
    pub(super) publish: Box<dyn Fn(Slots) + Send + Sync>,
    pub(super) observed: Observed,
    pub(super) movement: Movement,
    /// The Leases that this process had before.
    pub(super) former: Arc<Former>,
    /// By when this replica gives up all slots, once it leaves.
    pub(super) leaves: Option<Instant>,
}

/// Why a replica is no member any more.
pub(super) enum Ended {
    /// It has given up its slots.
    Left,
    /// Its Lease was lost.
    Lost(Loss),
}

/// The shortest time between two reads.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

impl Member {
    /// Holds slots until the replica is asked to leave and has given them up, or until it loses its Lease.
    pub(super) async fn run(mut self, leave: &Stop) -> Ended {
        let lease = self.lease.clone();
        let ended = {
            let lost = std::pin::pin!(lease.lost());
            let work = std::pin::pin!(self.work(leave));
            match futures::future::select(lost, work).await {
                futures::future::Either::Left((loss, _)) => Ended::Lost(loss),
                futures::future::Either::Right(((), _)) => Ended::Left,
            }
        };
        self.holdings.close();
        (self.publish)(Slots::default());
        if matches!(ended, Ended::Left) {
            self.give_up_lease().await;
        }
        ended
    }

    async fn work(&mut self, leave: &Stop) {
        let mut next = self.host.now();
        loop {
            tokio::select! {
                biased;
                () = leave.clone().wait(), if self.leaves.is_none() => {
                    self.leaves = Some(self.host.now() + self.settings.grace + self.settings.lease_duration);
                }
                () = self.holdings.drained.notified() => self.host.sleep(MIN_INTERVAL).await,
                () = self.host.sleep_until(next) => {}
            }
            let (holds, overtaken) = match self.step().await {
                Ok(holds) => (holds, false),
                Err(error) if error.is_conflict() => (Slots::ALL, true),
                Err(error) => {
                    tracing::warn!(%error, "the slots of the replicas were not read or written");
                    (Slots::ALL, false)
                }
            };
            let is_over = self.leaves.is_some_and(|by| self.host.now() >= by);
            if self.leaves.is_some() && (is_over || (holds.is_empty() && self.holdings.active() == 0)) {
                return;
            }
            let interval = match (overtaken, self.leaves) {
                (true, _) => MIN_INTERVAL.mul_f64(1.0 + fastrand::f64()),
                (false, Some(_)) => self.settings.retry_period / 4,
                (false, None) => plan::interval(&self.settings),
            };
            // A replica whose Lease expires is declared dead at once.
            let expiry = self.observed.next_expiry(&self.name, self.host.now());
            next = expiry.unwrap_or_else(|| self.host.now() + interval).min(self.host.now() + interval);
        }
    }

    /// Returns when a request times out.
    fn limit(&self) -> Instant {
        self.host.now() + self.settings.request_timeout()
    }

    /// Reads the Leases of the group and does what follows from them. Returns the slots of this replica.
    async fn step(&mut self) -> Result<Slots, Failed> {
        let snapshot = self.group.read(self.limit()).await?;
        self.observed.update(&snapshot, self.settings.lease_duration, self.host.now());
        if snapshot.members.get(&self.name).is_none_or(|lease| lease.holder.is_empty()) {
            // Someone has deleted or changed the Lease, and its renewal is about to notice.
            self.holdings.close();
            (self.publish)(Slots::default());
            return Ok(Slots::default());
        }
        let dead = self.declare_dead(&snapshot).await;
        let observed = std::mem::take(&mut self.observed);
        let result = self.divide(&snapshot, &observed, &dead).await;
        self.observed = observed;
        if result.as_ref().is_ok_and(|own| !own.is_empty()) {
            self.observed.assigned();
        }
        result
    }

    /// Declares replicas dead whose Leases have expired or that were this process, and deletes the Leases of those that left
    /// long ago.
    async fn declare_dead(&self, snapshot: &Snapshot) -> BTreeSet<String> {
        let none = BTreeSet::new();
        let view = View {
            settings: &self.settings,
            snapshot,
            observed: &self.observed,
            dead: &none,
            own: &self.name,
            leaving: self.leaves.is_some(),
            now: self.host.now(),
        };
        let until = self.limit();
        let mut expired: BTreeSet<String> = view.expired().into_iter().map(str::to_owned).collect();
        expired.extend(self.former.ended(snapshot));
        let expired = expired.into_iter().map(|replica| async move {
            let lease = snapshot.members.get(&replica);
            match self.group.invalidate(&replica, lease, until).await {
                Ok(()) => {
                    tracing::info!(replica = self.group.lease_of(&replica), "the Lease of a replica has expired");
                    Some(replica)
                }
                // It has renewed its Lease, or another replica has declared it dead.
                Err(error) => {
                    tracing::debug!(replica, %error, "the replica was not declared dead");
                    None
                }
            }
        });
        let garbage = view.garbage().into_iter().map(|replica| async move {
            let version = snapshot.members.get(replica).map(|lease| lease.version.as_str());
            if let Err(error) = self.group.delete(replica, version, until).await {
                tracing::debug!(replica, %error, "the Lease of a replica that has left was not deleted");
            }
        });
        let (expired, garbage) = (futures::future::join_all(expired), futures::future::join_all(garbage));
        let (dead, _) = futures::future::join(expired, garbage).await;
        dead.into_iter().flatten().collect()
    }

    async fn divide(
        &mut self,
        snapshot: &Snapshot,
        observed: &Observed,
        dead: &BTreeSet<String>,
    ) -> Result<Slots, Failed> {
        let (name, settings) = (self.name.clone(), Arc::clone(&self.settings));
        let view = View {
            settings: &settings,
            snapshot,
            observed,
            dead,
            own: &name,
            leaving: self.leaves.is_some(),
            now: self.host.now(),
        };
        let alive = snapshot.members.keys().filter(|replica| view.state(replica) == State::Alive).count();
        let current = match view.current() {
            Current::Holders(current) => current,
            Current::Blocked(reason) => {
                self.metrics.replicas(alive);
                self.blocked(reason);
                return Ok(Slots::default());
            }
        };
        let own = current.of(&name);
        let targets = view.targets(&current);
        let (now, leaving) = (view.now, view.leaving);
        let target = targets.iter().find(|(replica, _)| *replica == name).map_or_else(Slots::default, |(_, of)| *of);
        self.metrics.replicas(alive);
        self.metrics.received(self.holdings.assign(own));
        self.hand_over(own, target, leaving, now);
        (self.publish)(self.holdings.open());
        let (draining, drained) = self.holdings.draining();
        let next = plan::next_holders(&current, &targets, &name, drained);
        // A slot that was to be handed over is kept only after a write, so that no earlier one can still hand it over.
        let kept = draining.common(target);
        let before = snapshot.assignment.as_ref();
        let mut leaves = before.map(|before| before.leaving.clone()).unwrap_or_default();
        let announces = leaving && !own.is_empty() && leaves.insert(name.clone());
        let is_changed = announces
            || before.and_then(|before| before.holders.as_ref()) != Some(&next)
            || before.is_some_and(|before| before.divides != settings.divides());
        if !is_changed && kept.is_empty() {
            return Ok(own);
        }
        self.write(before, (&next, &leaves), own, kept).await
    }

    fn blocked(&self, reason: Blocked<'_>) {
        match reason {
            Blocked::Unassigned => tracing::info!("there is no assignment yet: waiting for other replicas"),
            Blocked::Divided(other) => {
                tracing::warn!(
                    other,
                    own = self.settings.divides(),
                    "other replicas divide the objects in another way"
                );
            }
        }
        self.holdings.close();
        (self.publish)(Slots::default());
    }

    /// Starts no more reconciliations in slots that other replicas should hold, up to the limit of the period.
    fn hand_over(&mut self, own: Slots, target: Slots, leaving: bool, now: Instant) {
        let (draining, _) = self.holdings.draining();
        let limit =
            if leaving { usize::MAX } else { self.movement.allowed(own.len(), &self.settings, now) + draining.len() };
        let excess = plan::excess(own, target, draining, limit);
        self.movement.started(excess.len(), &self.settings, now);
        self.holdings.drain(excess);
    }

    async fn write(
        &self,
        before: Option<&Assignment>,
        (next, leaves): (&Holders, &BTreeSet<String>),
        own: Slots,
        kept: Slots,
    ) -> Result<Slots, Failed> {
        let written = self.group.assign(before, &self.settings.divides(), next, leaves, self.limit()).await?;
        let now_own = written.holders.map(|holders| holders.of(&self.name)).unwrap_or_default();
        for slot in own.without(now_own).iter() {
            self.metrics.handed_over(self.holdings.draining_for(slot).unwrap_or_default());
        }
        self.holdings.keep(kept);
        self.metrics.received(self.holdings.assign(now_own));
        (self.publish)(self.holdings.open());
        Ok(now_own)
    }

    /// Makes the slots that this replica could not hand over available at once, unless reconciliations still run.
    async fn give_up_lease(&self) {
        if self.holdings.active() > 0 {
            tracing::warn!("reconciliations have not ended: the Lease of this replica expires");
            return;
        }
        if let Err(error) = self.lease.clone().release().await {
            tracing::warn!(%error, "the Lease of this replica was not released");
            return;
        }
        if let Err(error) = self.group.delete(&self.name, None, self.limit()).await {
            tracing::debug!(%error, "the Lease of this replica was not deleted");
        }
    }
}
