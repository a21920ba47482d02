//! What tests ask of a server.

mod base;
mod builder;
mod files;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::{Builder, NotBuilt};

use crate::http::{Service, Shared};

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
