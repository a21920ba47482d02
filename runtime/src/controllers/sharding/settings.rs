//! The settings of a replica.

use std::time::Duration;

use super::lease::MAX_WEIGHT;
use super::slots::SLOTS;
use crate::client::ShardKey;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) identity: String,
    pub(super) weight: u32,
    pub(super) key: ShardKey,
    pub(super) lease_duration: Duration,
    pub(super) renew_deadline: Duration,
    pub(super) retry_period: Duration,
    /// How long a replica is seen to renew its Lease before it gets slots of others.
    pub(super) settle_time: Duration,
    /// A replica hands over one of this number of its slots, at least one, in each period.
    pub(super) movement_part: usize,
    pub(super) movement_period: Duration,
    /// The time that reconciliations have when their slot is handed over.
    pub(super) grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            identity: String::new(),
            weight: 1,
            key: ShardKey::Uid,
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
            settle_time: Duration::from_secs(30),
            movement_part: 4,
            movement_period: Duration::from_secs(10),
            grace: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Returns what all replicas of a group must have in common.
    pub(super) fn divides(&self) -> String {
        let field = match self.key {
            ShardKey::Uid => "uid",
            ShardKey::Namespace => "namespace",
        };
        format!("{field}/{SLOTS}")
    }

    pub(super) fn set_weight(&mut self, weight: u32) {
        self.weight = weight.clamp(1, MAX_WEIGHT);
    }

    /// Returns the timeout of a request, as in leader election.
    pub(super) fn request_timeout(&self) -> Duration {
        (self.renew_deadline / 2).max(Duration::from_secs(1)).min(self.renew_deadline)
    }
}
