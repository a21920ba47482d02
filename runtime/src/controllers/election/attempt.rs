//! One attempt to acquire or to renew a lease.
//!
//! Source: `tryAcquireOrRenew`, `tryCoordinatedRenew` and `tryRelease` of
//! `k8s.io/client-go/tools/leaderelection/leaderelection.go`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::host::Host;
use super::lock::{LeaseLock, Read};
use super::record::LeaderElectionRecord;
use super::settings::Settings;
use crate::client::Error;

/// What an elector knows of its lease.
pub(super) struct Election {
    pub(super) lock: LeaseLock,
    host: Host,
    settings: Arc<Settings>,
    observed: Option<Observed>,
    /// The holder, for [`leader`](super::LeaderElector::leader).
    leader: watch::Sender<Option<String>>,
    /// How many renewals read the lease first.
    slow_paths: Arc<AtomicU64>,
    /// Whether the control plane selects the leader.
    pub(super) coordinated: bool,
}

/// The record, and when it was last seen to change.
struct Observed {
    record: LeaderElectionRecord,
    raw: Value,
    at: Instant,
}

/// Why a lease is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To become the leader.
    Acquire,
    /// To stay the leader.
    Renew,
}

/// A successful attempt.
pub(super) struct Acquired {
    /// When the request was sent: at the earliest time at which other candidates can have seen the renewed lease.
    pub(super) at: Instant,
    /// The transitions in the lease.
    pub(super) transitions: i32,
}

/// Why an attempt did not acquire or renew the lease.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{0} holds it, and it has not expired")]
    Held(String),
    #[error("the control plane prefers {0}")]
    Preferred(String),
    #[error("the control plane has not selected this candidate")]
    NotSelected,
    #[error("it has expired")]
    Expired,
    #[error("the request timed out")]
    TimedOut,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Election {
    pub(super) fn new(lock: LeaseLock, host: Host, settings: Arc<Settings>, slow_paths: Arc<AtomicU64>) -> Self {
        let leader = watch::Sender::new(None);
        Election { lock, host, settings, observed: None, leader, slow_paths, coordinated: false }
    }

    /// Returns the identity of the holder, and its changes.
    pub(super) fn leader(&self) -> watch::Receiver<Option<String>> {
        self.leader.subscribe()
    }

    /// Tries once. No request lasts longer than `until`.
    pub(super) async fn attempt(&mut self, purpose: Purpose, until: Instant) -> Result<Acquired, Refused> {
        if self.coordinated { self.renew_coordinated(until).await } else { self.acquire_or_renew(purpose, until).await }
    }

    async fn acquire_or_renew(&mut self, purpose: Purpose, until: Instant) -> Result<Acquired, Refused> {
        if let Some(record) = self.held() {
            let renewed = self.renewed(&record);
            match self.update(&renewed, until).await {
                Ok(acquired) => return Ok(acquired),
                Err(refused) => tracing::debug!(%refused, "the lease is read before it is renewed"),
            }
        }
        let read = match self.get(until).await {
            Err(Refused::Failed(error)) if error.is_not_found() => {
                let first = self.first_record();
                return self.create(&first, until).await;
            }
            read => read?,
        };
        let record = self.observe(read);
        let holder = &record.holder_identity;
        if *holder == self.settings.identity {
            self.slow_paths.fetch_add(1, Ordering::Relaxed);
            let renewed = self.renewed(&record);
            return self.update(&renewed, until).await;
        }
        // During a term, even a free lease is a loss: another leader may have acquired and released it.
        if purpose == Purpose::Renew || (!holder.is_empty() && self.is_valid()) {
            return Err(Refused::Held(record.holder_identity));
        }
        let transitions = record.leader_transitions.saturating_add(1);
        let taken = LeaderElectionRecord { leader_transitions: transitions, ..self.new_record() };
        self.update(&taken, until).await
    }

    async fn renew_coordinated(&mut self, until: Instant) -> Result<Acquired, Refused> {
        let read = match self.get(until).await {
            Err(Refused::Failed(error)) if error.is_not_found() => return Err(Refused::NotSelected),
            read => read?,
        };
        let record = self.observe(read);
        if record.holder_identity.is_empty() {
            return Err(Refused::NotSelected);
        }
        if !self.is_valid() {
            return Err(Refused::Expired);
        }
        if record.holder_identity != self.settings.identity {
            return Err(Refused::Held(record.holder_identity));
        }
        if let Some(preferred) = record.preferred_holder {
            return Err(Refused::Preferred(preferred));
        }
        self.slow_paths.fetch_add(1, Ordering::Relaxed);
        let mut renewed = self.renewed(&record);
        renewed.strategy.clone_from(&record.strategy);
        if record.acquire_time.is_none() {
            // The control plane removes the time when it selects another holder, and leaves the transitions as they are.
            renewed.acquire_time = renewed.renew_time;
            renewed.leader_transitions = record.leader_transitions.saturating_add(1);
        }
        self.update(&renewed, until).await
    }

    /// Makes the lease available to others at once, if this elector holds it.
    pub(super) async fn release(&mut self, until: Instant) -> Result<(), Refused> {
        loop {
            let read = match self.get(until).await {
                Err(Refused::Failed(error)) if error.is_not_found() => return Ok(()),
                read => read?,
            };
            let record = self.observe(read);
            if record.holder_identity != self.settings.identity {
                return Ok(());
            }
            let free = LeaderElectionRecord {
                holder_identity: String::new(),
                lease_duration: Some(std::time::Duration::from_secs(1)),
                leader_transitions: record.leader_transitions,
                ..self.new_record()
            };
            match self.update(&free, until).await {
                // A renewal may have been executed although it was cancelled.
                Err(Refused::Failed(error)) if error.is_conflict() && self.host.now() < until => {}
                result => return result.map(|_| ()),
            }
        }
    }

    /// Returns the record if this elector holds the lease by what it knows, so that it can renew it without reading it.
    fn held(&self) -> Option<LeaderElectionRecord> {
        let observed = self.observed.as_ref()?;
        let is_own = observed.record.holder_identity == self.settings.identity && self.lock.is_known();
        (is_own && self.is_valid()).then(|| observed.record.clone())
    }

    /// Whether the lease is valid: less than its duration has passed since it was seen to change.
    fn is_valid(&self) -> bool {
        self.observed.as_ref().is_some_and(|observed| {
            let duration = observed.record.lease_duration.unwrap_or(self.settings.lease_duration);
            self.host.now() < observed.at + duration
        })
    }

    /// Returns a record of this elector that starts now.
    fn new_record(&self) -> LeaderElectionRecord {
        let now = self.wall_clock();
        LeaderElectionRecord {
            holder_identity: self.settings.identity.clone(),
            lease_duration: Some(self.settings.lease_duration),
            acquire_time: Some(now),
            renew_time: Some(now),
            ..LeaderElectionRecord::default()
        }
    }

    /// Returns a record for a lease that does not exist. If it was deleted, its transitions continue.
    fn first_record(&self) -> LeaderElectionRecord {
        let last = self.observed.as_ref().map(|observed| &observed.record);
        let transitions = last.map_or(0, |last| {
            let is_own = last.holder_identity == self.settings.identity;
            last.leader_transitions.saturating_add(i32::from(!is_own))
        });
        LeaderElectionRecord { leader_transitions: transitions, ..self.new_record() }
    }

    fn renewed(&self, record: &LeaderElectionRecord) -> LeaderElectionRecord {
        let LeaderElectionRecord { acquire_time, leader_transitions, .. } = *record;
        LeaderElectionRecord { acquire_time, leader_transitions, ..self.new_record() }
    }

    /// Returns the time in microseconds, as a Lease contains it. It differs from that in the record: others see a renewal only
    /// if the record changes.
    fn wall_clock(&self) -> Timestamp {
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default();
        let last = self.observed.as_ref().and_then(|observed| observed.record.renew_time);
        let next = now.checked_add(SignedDuration::from_micros(1)).unwrap_or(now);
        if last == Some(now) { next } else { now }
    }

    /// Returns the record, and remembers when it was seen to change.
    fn observe(&mut self, read: Read) -> LeaderElectionRecord {
        if self.observed.as_ref().is_none_or(|observed| observed.raw != read.raw) {
            self.set_observed(read, self.host.now());
        }
        self.observed.as_ref().map(|observed| observed.record.clone()).unwrap_or_default()
    }

    fn set_observed(&mut self, read: Read, at: Instant) {
        let holder = Some(read.record.holder_identity.clone()).filter(|holder| !holder.is_empty());
        self.observed = Some(Observed { record: read.record, raw: read.raw, at });
        self.leader.send_if_modified(|leader| {
            let changed = *leader != holder;
            *leader = holder;
            changed
        });
    }

    async fn get(&mut self, until: Instant) -> Result<Read, Refused> {
        let limit = self.limit(until);
        self.host.within(limit, Box::pin(self.lock.get())).await.unwrap_or_timed_out()
    }

    async fn create(&mut self, record: &LeaderElectionRecord, until: Instant) -> Result<Acquired, Refused> {
        let (sent, limit) = (self.host.now(), self.limit(until));
        let read = self.host.within(limit, Box::pin(self.lock.create(record))).await.unwrap_or_timed_out()?;
        Ok(self.acquired(read, sent))
    }

    async fn update(&mut self, record: &LeaderElectionRecord, until: Instant) -> Result<Acquired, Refused> {
        let (sent, limit) = (self.host.now(), self.limit(until));
        let read = self.host.within(limit, Box::pin(self.lock.update(record))).await.unwrap_or_timed_out()?;
        Ok(self.acquired(read, sent))
    }

    fn acquired(&mut self, read: Read, sent: Instant) -> Acquired {
        let transitions = read.record.leader_transitions;
        self.set_observed(read, sent);
        Acquired { at: sent, transitions }
    }

    /// Returns when the next request times out.
    fn limit(&self, until: Instant) -> Instant {
        until.min(self.host.now() + self.settings.request_timeout())
    }
}

trait OrTimedOut<T> {
    fn unwrap_or_timed_out(self) -> Result<T, Refused>;
}

impl<T> OrTimedOut<T> for Option<Result<T, Error>> {
    fn unwrap_or_timed_out(self) -> Result<T, Refused> {
        self.map_or(Err(Refused::TimedOut), |result| result.map_err(Refused::Failed))
    }
}
