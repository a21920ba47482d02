//! Construction of replicas.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::settings::Settings;
use super::shards::Shards;
use crate::client::{Client, ShardKey};
use crate::controllers::election::{ConfigError, Host, default_identity};

/// A builder of [`Shards`].
pub struct ShardsBuilder {
    client: Client,
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    settings: Settings,
    host: Host,
}

/// The longest name of a group: it is the value of a label, and a part of the names of Leases.
const MAX_NAME: usize = 63;

/// Settings that a replica cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardsError {
    /// The name of the group cannot be the value of a label.
    #[error("{0:?} is not a valid name of a group: use at most 63 lower-case letters, digits and hyphens")]
    Name(String),
    /// The movement of slots would never end.
    #[error("the part of the slots that moves in a period is zero: set a number from 1 on")]
    Movement,
    /// The durations or the identity are not valid.
    #[error(transparent)]
    Lease(#[from] ConfigError),
}

impl Shards {
    /// Returns a builder of a replica of the group of this name. The group's Leases are in `namespace`.
    pub fn builder(client: &Client, namespace: impl Into<String>, name: impl Into<String>) -> ShardsBuilder {
        ShardsBuilder {
            client: client.clone(),
            namespace: namespace.into(),
            name: name.into(),
            labels: BTreeMap::new(),
            settings: Settings { identity: default_identity(), ..Settings::default() },
            host: Host::default(),
        }
    }
}

impl ShardsBuilder {
    /// Sets the identity in the Lease of this replica; the default is `<host name>_<uuid>`. It is for information.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.settings.identity = identity.into();
        self
    }

    /// Sets the share of this replica, relative to the others: from 1, the default, to 1000.
    pub fn weight(mut self, weight: u32) -> Self {
        self.settings.set_weight(weight);
        self
    }

    /// Divides the objects by namespace: all objects in a namespace belong to one replica, so that the informers of owned kinds
    /// read only these, too. The default divides the objects of each kind by their uid, which is more even.
    pub fn by_namespace(mut self) -> Self {
        self.settings.key = ShardKey::Namespace;
        self
    }

    /// Sets how long other replicas wait after the last renewal that they have seen; the default is 15 seconds.
    pub fn lease_duration(mut self, duration: Duration) -> Self {
        self.settings.lease_duration = duration;
        self
    }

    /// Sets how long this replica reconciles after its last renewal; the default is 10 seconds.
    pub fn renew_deadline(mut self, deadline: Duration) -> Self {
        self.settings.renew_deadline = deadline;
        self
    }

    /// Sets the time between two renewals, and between two reads of the other replicas' Leases; the default is 2 seconds.
    pub fn retry_period(mut self, period: Duration) -> Self {
        self.settings.retry_period = period;
        self
    }

    /// Sets how long a new replica waits before it gets objects of others; the default is 30 seconds. Objects without a replica
    /// do not wait, unless another replica takes them.
    pub fn settle_time(mut self, time: Duration) -> Self {
        self.settings.settle_time = time;
        self
    }

    /// Limits the movement between replicas that are alive: in each period, this replica hands over one of `part` of its slots,
    /// rounded up. The default is a quarter in 10 seconds.
    pub fn movement(mut self, part: usize, period: Duration) -> Self {
        self.settings.movement_part = part;
        self.settings.movement_period = period;
        self
    }

    /// Limits the time that running reconciliations have when their objects are handed over; the default is 30 seconds. Those
    /// that take longer are dropped.
    pub fn grace_period(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Sets labels of the Lease of this replica.
    pub fn labels<K: Into<String>, V: Into<String>>(mut self, labels: impl IntoIterator<Item = (K, V)>) -> Self {
        self.labels.extend(labels.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    #[cfg(test)]
    pub(super) fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// Creates the replica. It sends no request before it runs.
    ///
    /// # Errors
    /// Returns an error if the settings do not ensure that each object has one replica.
    pub fn build(self) -> Result<Shards, ShardsError> {
        let ShardsBuilder { client, namespace, name, labels, settings, host } = self;
        let is_valid = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        let ends = name.starts_with('-') || name.ends_with('-');
        if name.is_empty() || name.len() > MAX_NAME || ends || !name.as_bytes().iter().all(is_valid) {
            return Err(ShardsError::Name(name));
        }
        if settings.movement_part == 0 {
            return Err(ShardsError::Movement);
        }
        Ok(Shards::new(client, namespace, name, labels, settings, host)?)
    }
}

impl fmt::Debug for ShardsBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ShardsBuilder")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
