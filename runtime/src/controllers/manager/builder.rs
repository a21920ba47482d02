//! The builder of a manager.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Manager;
use super::health::Check;
use crate::client::Client;
use crate::controllers::election::LeaderElector;
use crate::controllers::sharding::Sharding;
use crate::informer::InformerFactory;

/// A builder of a [`Manager`].
pub struct ManagerBuilder {
    manager: Manager,
}

impl ManagerBuilder {
    pub(super) fn new(client: &Client) -> Self {
        let manager = Manager {
            client: client.clone(),
            informers: InformerFactory::new(client.clone()),
            elector: None,
            sharding: None,
            listen: None,
            sync_timeout: Duration::from_secs(120),
            health_checks: Vec::new(),
            ready_checks: Vec::new(),
            metrics: Vec::new(),
            work: Vec::new(),
            bound: watch::Sender::new(None),
        };
        ManagerBuilder { manager }
    }

    /// Sets the factory of the informers, for other settings than the default ones, such as a namespace.
    pub fn informers(mut self, informers: InformerFactory) -> Self {
        self.manager.informers = informers;
        self
    }

    /// Runs the controllers only while this process is the leader. The informers run in all processes, so that a new leader
    /// starts with current caches.
    pub fn leader_election(mut self, elector: LeaderElector) -> Self {
        self.manager.elector = Some(elector);
        self
    }

    /// Runs the controllers in each replica, each for a part of the objects. The informers of their own kinds read only the
    /// objects of this replica.
    ///
    /// With [`leader_election`](Self::leader_election), too, the tasks run in the leader and the controllers in each replica.
    pub fn sharding(mut self, sharding: impl Sharding) -> Self {
        self.manager.sharding = Some(Arc::new(sharding));
        self
    }

    /// Serves metrics and health at this address.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.manager.listen = Some(address.into());
        self
    }

    /// Limits the time for which the informers may take to sync; the default is 2 minutes, as in controller-runtime.
    pub fn sync_timeout(mut self, timeout: Duration) -> Self {
        self.manager.sync_timeout = timeout;
        self
    }

    /// Adds a check to `/healthz`. If it fails, the kubelet restarts the container.
    pub fn health_check(
        mut self,
        name: impl Into<String>,
        check: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.manager.health_checks.push(Check::new(name, Arc::new(check)));
        self
    }

    /// Adds a check to `/readyz`. While it fails, Services send no requests to the Pod.
    pub fn ready_check(
        mut self,
        name: impl Into<String>,
        check: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.manager.ready_checks.push(Check::new(name, Arc::new(check)));
        self
    }

    /// Appends a text in Prometheus' text format to `/metrics`.
    pub fn metrics(mut self, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.manager.metrics.push(Box::new(text));
        self
    }

    /// Creates the manager.
    pub fn build(self) -> Manager {
        self.manager
    }
}

impl fmt::Debug for ManagerBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.manager.fmt(out)
    }
}
