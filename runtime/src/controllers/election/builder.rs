//! Construction of electors.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::candidate::Candidate;
use super::elector::{LeaderElector, Options};
use super::host::Host;
use super::lock::LeaseLock;
use super::settings::{ConfigError, Settings, default_identity};
use crate::client::Client;
use crate::controllers::events::EventRecorder;

/// A builder of a [`LeaderElector`].
pub struct LeaderElectorBuilder {
    options: Options,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl LeaderElector {
    /// Returns a builder of a candidate for the Lease of this name.
    pub fn builder(client: &Client, namespace: impl Into<String>, name: impl Into<String>) -> LeaderElectorBuilder {
        let options = Options {
            client: client.clone(),
            namespace: namespace.into(),
            name: name.into(),
            settings: Settings { identity: default_identity(), ..Settings::default() },
            events: None,
            host: Host::default(),
        };
        LeaderElectorBuilder { options, labels: BTreeMap::new(), annotations: BTreeMap::new() }
    }
}

impl LeaderElectorBuilder {
    /// Sets the identity, which no other candidate may have; the default is `<host name>_<uuid>`.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.options.settings.identity = identity.into();
        self
    }

    /// Sets how long other candidates wait after the last renewal that they have seen; the default is 15 seconds. A Lease
    /// contains whole seconds: it is rounded up.
    ///
    /// The clock of a candidate may run faster than that of the leader by the ratio of the lease duration to the renew deadline.
    pub fn lease_duration(mut self, duration: Duration) -> Self {
        self.options.settings.lease_duration = duration;
        self
    }

    /// Sets how long the leader acts as such after its last renewal; the default is 10 seconds.
    pub fn renew_deadline(mut self, deadline: Duration) -> Self {
        self.options.settings.renew_deadline = deadline;
        self
    }

    /// Sets the time between two attempts to acquire or to renew the lease; the default is 2 seconds.
    pub fn retry_period(mut self, period: Duration) -> Self {
        self.options.settings.retry_period = period;
        self
    }

    /// Sets whether the lease is released when [`LeaderElector::run`] ends or is cancelled, or when the last
    /// [`Leadership`](super::Leadership) is dropped; the default is `false`: the lease expires. Tasks that the work has spawned
    /// must have stopped by then.
    pub fn release_on_cancel(mut self, release: bool) -> Self {
        self.options.settings.release_on_cancel = release;
        self
    }

    /// Sets labels that the leader writes to the Lease. Other labels are kept.
    pub fn labels<K: Into<String>, V: Into<String>>(mut self, labels: impl IntoIterator<Item = (K, V)>) -> Self {
        self.labels.extend(labels.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// Records an event of the Lease when this candidate becomes the leader, and when it stops leading.
    pub fn events(mut self, recorder: EventRecorder) -> Self {
        self.options.events = Some(recorder);
        self
    }

    /// Lets the control plane select the leader among the candidates (coordinated leader election), where it can: where it does
    /// not serve LeaseCandidates, the candidates compete as usual.
    pub fn coordinated(mut self, candidate: Candidate) -> Self {
        self.options.settings.candidate = Some(candidate);
        self
    }

    /// Sets annotations of a Lease that this candidate creates.
    pub(in crate::controllers) fn annotations(
        mut self,
        annotations: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        self.annotations.extend(annotations);
        self
    }

    pub(in crate::controllers) fn host(mut self, host: Host) -> Self {
        self.options.host = host;
        self
    }

    /// Creates the elector. It sends no request before [`LeaderElector::run`] or [`LeaderElector::acquire`].
    ///
    /// # Errors
    /// Returns an error if the settings do not ensure that there is one leader.
    pub fn build(self) -> Result<LeaderElector, ConfigError> {
        let LeaderElectorBuilder { options, labels, annotations } = self;
        options.settings.validate()?;
        if options.namespace.is_empty() || options.name.is_empty() {
            return Err(ConfigError::Lease);
        }
        let lease = LeaseLock::new(&options.client, &options.namespace, &options.name, labels, annotations);
        Ok(LeaderElector::new(lease, options))
    }
}

impl fmt::Debug for LeaderElectorBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LeaderElectorBuilder").field("settings", &self.options.settings).finish_non_exhaustive()
    }
}
