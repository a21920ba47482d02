//! Construction of shards.

use std::fmt;
use std::time::Duration;

use super::RING_LABEL;
use super::duty::Labels;
use super::shard::{Options, RingShard};
use crate::client::Client;
use crate::controllers::election::{ConfigError, LeaderElector, LeaderElectorBuilder};

/// The maximum length of the name of a ring, which is a part of label keys, and of a shard, which is a label value.
const MAX_LENGTH: usize = 63;

/// A builder of a [`RingShard`].
pub struct RingShardBuilder {
    client: Client,
    namespace: String,
    ring: String,
    name: String,
    owned: bool,
    lease_duration: Duration,
    renew_deadline: Duration,
    retry_period: Duration,
}

/// A shard that cannot be part of a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingShardError {
    /// The name of the ring is not valid.
    #[error("{0:?} is not the name of a ControllerRing: it must be a DNS subdomain of at most 63 characters")]
    Ring(String),
    /// The name of the shard is not valid.
    #[error(
        "{0:?} is not the name of a shard: it must be a DNS subdomain of at most 63 characters, because it is the name of a \
         Lease and the value of a label; set another one with `shard_name`"
    )]
    Shard(String),
    /// The settings of the Lease are not valid.
    #[error(transparent)]
    Lease(#[from] ConfigError),
}

impl RingShard {
    /// Returns a builder of a shard of this ring, whose Lease is in this namespace.
    pub fn builder(client: &Client, namespace: impl Into<String>, ring: impl Into<String>) -> RingShardBuilder {
        RingShardBuilder {
            client: client.clone(),
            namespace: namespace.into(),
            ring: ring.into(),
            name: hostname::get().unwrap_or_default().to_string_lossy().into_owned(),
            owned: false,
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

impl RingShardBuilder {
    /// Sets the name of the shard and of its Lease, which no other process may have at the same time; the default is the host
    /// name, which is the name of the Pod.
    pub fn shard_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets whether owned kinds are `controlledResources` of the ring, so that their informers read only the objects of this
    /// shard; the default is `false`: they read all objects. Objects of a kind that is not in the ring have no label, and
    /// would not be found.
    pub fn divides_owned(mut self, divides: bool) -> Self {
        self.owned = divides;
        self
    }

    /// Sets the duration in the Lease; the default is 15 seconds. A shard that does not renew its Lease for twice as long is
    /// replaced by the sharder.
    pub fn lease_duration(mut self, duration: Duration) -> Self {
        self.lease_duration = duration;
        self
    }

    /// Sets how long the shard reconciles after its last renewal; the default is 10 seconds.
    pub fn renew_deadline(mut self, deadline: Duration) -> Self {
        self.renew_deadline = deadline;
        self
    }

    /// Sets the time between two attempts to acquire or to renew the Lease; the default is 2 seconds.
    pub fn retry_period(mut self, period: Duration) -> Self {
        self.retry_period = period;
        self
    }

    fn elector(&self) -> LeaderElectorBuilder {
        LeaderElector::builder(&self.client, &self.namespace, &self.name)
            .identity(&self.name)
            .labels([(RING_LABEL, &self.ring)])
            .lease_duration(self.lease_duration)
            .renew_deadline(self.renew_deadline)
            .retry_period(self.retry_period)
    }

    /// Creates the shard. It sends no request before the manager runs.
    ///
    /// # Errors
    /// Returns an error if a name or a duration is not valid.
    pub fn build(self) -> Result<RingShard, RingShardError> {
        if !is_name(&self.ring) {
            return Err(RingShardError::Ring(self.ring));
        }
        if !is_name(&self.name) {
            return Err(RingShardError::Shard(self.name));
        }
        let elector = self.elector().build()?;
        let labels = Labels::new(&self.ring, self.name);
        let RingShardBuilder { client, ring, owned, retry_period, .. } = self;
        Ok(RingShard::new(Options { client, ring, labels, owned, elector, retry_period }))
    }
}

/// Returns whether a text is a DNS subdomain that is short enough for a label.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(|byte| is_end(Some(byte)) || *byte == b'-')
    };
    text.len() <= MAX_LENGTH && text.split('.').all(is_label)
}

impl fmt::Debug for RingShardBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RingShardBuilder")
            .field("ring", &self.ring)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_subdomains_that_fit_into_labels() {
        let longest = "a".repeat(MAX_LENGTH);
        for name in ["a", "my-operator-565df55f4b-5vwpj", "node-1.example.com", "0", &longest] {
            assert!(is_name(name), "{name}");
        }
        let too_long = "a".repeat(MAX_LENGTH + 1);
        for name in ["", "-a", "a-", "A", "a_b", "a..b", ".a", "a.", "ä", "a b", &too_long] {
            assert!(!is_name(name), "{name}");
        }
    }
}
