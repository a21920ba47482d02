//! The API of servers for tests.

mod base;
mod bootstrap;
mod builder;
mod clientset;
mod error;
mod files;
mod ready;
mod state;
mod status;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::Builder;
pub use clientset::{FakeClientset, ServedCrds};
pub use error::BuildError;
pub use state::{Change, ChangeKind, Diff, FieldChange, ObjectKey, State};

use crate::action::{Calls, Reaction, Reactor, Recording};
use crate::auth::User;
use crate::http::{Identity, Service, Shared};

/// The number of times that [`FakeApiServer::settle`] yields to other tasks without seeing a new request before it
/// returns.
pub const SETTLE_TURNS: usize = 100;

/// An in-memory API server. Clones share the server.
#[derive(Clone)]
pub struct FakeApiServer {
    shared: Arc<Shared>,
}

impl FakeApiServer {
    /// Returns a builder.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Creates an independent server with the current objects of this one: the fastest way to give each test its own
    /// server.
    #[must_use]
    pub fn fork(&self) -> FakeApiServer {
        let mut registry = self.shared.registry().fork();
        registry.random = registry.random.fork();
        FakeApiServer { shared: Shared::new(registry) }
    }

    /// Returns the server as a tower service, whose requests are those of a user in the group `system:masters`.
    pub fn service(&self) -> Service {
        Service::new(Arc::clone(&self.shared), Identity::admin())
    }

    /// Returns the server as a tower service, whose requests are those of a user.
    pub fn service_as(&self, user: &User) -> Service {
        Service::new(Arc::clone(&self.shared), Identity::of(user))
    }

    /// Returns the server as a tower service that identifies users by the bearer tokens of their requests, as a server over
    /// TCP does.
    pub fn service_with_credentials(&self) -> Service {
        Service::new(Arc::clone(&self.shared), Identity::Credentials)
    }

    /// Lets the server identify a user by its token.
    #[cfg(feature = "tcp")]
    pub(crate) fn add_user(&self, user: &User) {
        self.shared.registry().add_user(user);
    }

    /// Returns a client of the server with the default namespace `default`. Must be called inside of a tokio runtime,
    /// which runs the client's buffer.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }

    /// Returns a client of the server whose requests are those of a user. The user does not need to be known to the
    /// server. Must be called inside of a tokio runtime.
    ///
    /// ```
    /// use k8s_openapi::api::core::v1::Pod;
    /// use kube::api::{Api, ListParams};
    /// use kube_fake_apiserver::{FakeApiServer, User};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kube_fake_apiserver::BuildError> {
    /// let server = FakeApiServer::builder().rbac().build()?;
    /// let pods: Api<Pod> = Api::default_namespaced(server.client_as(&User::new("jane")));
    /// let error = pods.list(&ListParams::default()).await.expect_err("jane has no permissions");
    /// assert!(error.to_string().contains("User \"jane\" cannot list resource \"pods\""));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_as(&self, user: &User) -> kube::Client {
        kube::Client::new(self.service_as(user), "default")
    }

    /// Starts to record requests.
    pub fn record(&self) -> Recording {
        self.shared.recordings.start()
    }

    /// Injects a reaction to matching requests. Reactions are tried in the order in which they were added.
    ///
    /// ```
    /// use kube_fake_apiserver::{Calls, FakeApiServer, Failure, Reaction};
    ///
    /// # fn main() -> Result<(), kube_fake_apiserver::BuildError> {
    /// let server = FakeApiServer::builder().build()?;
    /// // The next two updates fail with 429.
    /// server.react(Calls::to("update", "configmaps"), Reaction::fail(Failure::too_many_requests(1)).times(2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn react(&self, calls: Calls, reaction: Reaction) -> Reactor {
        Reactor::new(&self.shared.rules, calls, reaction)
    }

    /// Returns all stored objects.
    pub fn state(&self) -> State {
        State::of_registry(&self.shared.registry())
    }

    /// Waits until the server is idle: each request is answered, each watcher has received all events and polls for
    /// more, and no request has arrived while this task yielded [`SETTLE_TURNS`] times.
    ///
    /// On a current-thread runtime, a controller that only waits for its watches has then finished its work. A
    /// controller that sleeps before a retry has not. If a watch response is never read or stalls, this
    /// never returns.
    pub async fn settle(&self) {
        let traffic = &self.shared.traffic;
        let (mut seen, mut turns) = (traffic.started(), 0);
        while turns < SETTLE_TURNS {
            traffic.idle(|space| self.shared.registry().store.last(space)).await;
            tokio::task::yield_now().await;
            turns = if traffic.started() == seen { turns + 1 } else { 0 };
            seen = traffic.started();
        }
    }

    /// Advances the server's clock. From then on, it only moves when it is advanced.
    pub fn advance(&self, by: Duration) {
        self.shared.registry().clock.advance(by);
    }

    /// Ends all watches, as a server does on shutdown.
    pub fn close_watches(&self) {
        let mut registry = self.shared.registry();
        for space in registry.store.space_names() {
            registry.store.close_watches(&space);
        }
    }

    /// Discards the watch history: watches from an earlier version fail with 410.
    pub fn compact(&self) {
        let mut registry = self.shared.registry();
        for space in registry.store.space_names() {
            registry.store.compact(&space);
        }
    }
}

impl fmt::Debug for FakeApiServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FakeApiServer").finish_non_exhaustive()
    }
}
