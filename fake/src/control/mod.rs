//! What tests ask of a server.

mod action;
mod base;
mod builder;
mod clientset;
mod files;
mod reaction;
mod recording;
mod state;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use action::{Action, Calls};
pub use builder::{Builder, NotBuilt};
pub use clientset::{FakeClientset, ServedCrds};
pub(crate) use reaction::{Instead, Plan, Rules};
pub use reaction::{Reaction, Reactor};
pub use recording::Recording;
pub(crate) use recording::Recordings;
pub use state::{Change, Diff, FieldChange, ObjectKey, State, What};

use crate::http::{Service, Shared};

/// How many turns other tasks have before a server counts as settled.
pub const TURNS: usize = 100;

/// A server in memory. Copies are the same server.
#[derive(Clone)]
pub struct FakeApiServer {
    shared: Arc<Shared>,
}

impl FakeApiServer {
    /// A server to be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A server of its own that holds what this one holds now: the quick way to one server for each test.
    #[must_use]
    pub fn fork(&self) -> FakeApiServer {
        let mut registry = self.shared.registry().fork();
        registry.random = registry.random.fork();
        FakeApiServer { shared: Shared::new(registry) }
    }

    /// The server as a tower service.
    pub fn service(&self) -> Service {
        Service::new(Arc::clone(&self.shared))
    }

    /// A client of the server, with `default` as its namespace. Must be called inside of a tokio runtime, which the client
    /// belongs to.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }

    /// Records what is asked of the server from now on.
    pub fn record(&self) -> Recording {
        self.shared.recordings.begin()
    }

    /// Does something else with chosen requests, or something before. What was asked for first comes first.
    ///
    /// ```
    /// use kube_fake_apiserver::{Calls, FakeApiServer, Failure, Reaction};
    ///
    /// # fn main() -> Result<(), kube_fake_apiserver::NotBuilt> {
    /// let server = FakeApiServer::builder().build()?;
    /// // The next two updates are answered with 429.
    /// server.react(Calls::to("update", "configmaps"), Reaction::fail(Failure::too_many_requests(1)).times(2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn react(&self, calls: Calls, reaction: Reaction) -> Reactor {
        Reactor::new(&self.shared.rules, calls, reaction)
    }

    /// Everything that the server holds.
    pub fn state(&self) -> State {
        State::of_registry(&self.shared.registry())
    }

    /// Waits until nothing is under way: each request is answered, each watcher has been told everything and has come back
    /// for more, and nobody has asked for anything new while the runtime's other tasks had [`TURNS`] turns each.
    ///
    /// On a current-thread runtime a controller that only waits for its watches has then done what it had to do. One that
    /// sleeps before it tries again has not. A watcher that nobody reads is waited for without end.
    pub async fn settle(&self) {
        let traffic = &self.shared.traffic;
        let (mut seen, mut turns) = (traffic.begun(), 0);
        while turns < TURNS {
            traffic.quiet(|space| self.shared.registry().store.last(space)).await;
            tokio::task::yield_now().await;
            turns = if traffic.begun() == seen { turns + 1 } else { 0 };
            seen = traffic.begun();
        }
    }

    /// Moves the server's clock; from now on it goes only when it is moved.
    pub fn advance(&self, by: Duration) {
        self.shared.registry().clock.advance(by);
    }

    /// Ends all watches, as a server does that goes away.
    pub fn cut_watches(&self) {
        let mut registry = self.shared.registry();
        for space in registry.store.space_names() {
            registry.store.cut(&space);
        }
    }

    /// Forgets what has happened: who watches from before is told so.
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
