//! What tests ask of a server.

mod base;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::http::{Service, Shared};
use crate::status::Failure;
use crate::store::Limits;

/// A server in memory. Copies are the same server.
#[derive(Clone)]
pub struct FakeApiServer {
    shared: Arc<Shared>,
}

/// What a server is to begin with.
#[derive(Default)]
pub struct Builder {
    definitions: Vec<String>,
    objects: Vec<Value>,
    namespaces: Vec<String>,
    any_namespace: bool,
    collects: bool,
    history: Option<usize>,
    seed: Option<u64>,
}

/// Why a server was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotBuilt {
    /// A definition is none.
    #[error("a CRD cannot be served: {0}")]
    Definition(String),
    /// An object is refused.
    #[error("an object is refused: {0}")]
    Object(Failure),
    /// An object is of no kind that the server has.
    #[error("an object is of a kind that the server does not have: {api_version}, {kind}; give the builder its CRD")]
    Kind {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
    },
    /// An object cannot be written as JSON.
    #[error("an object cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Builder {
    /// Serves the kinds of CRDs: those that a generated crate embeds, or any other objects.
    ///
    /// # Errors
    /// If one cannot be written as JSON.
    pub fn crds(mut self, crds: impl IntoIterator<Item = impl serde::Serialize>) -> Result<Self, NotBuilt> {
        for crd in crds {
            self.definitions.push(serde_json::to_string(&crd)?);
        }
        Ok(self)
    }

    /// Serves the kinds of CRDs in YAML or JSON, one document or more.
    pub fn crds_yaml(mut self, text: impl Into<String>) -> Self {
        self.definitions.push(text.into());
        self
    }

    /// Begins with an object, which is created as any other.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn object(mut self, object: &impl serde::Serialize) -> Result<Self, NotBuilt> {
        self.objects.push(serde_json::to_value(object)?);
        Ok(self)
    }

    /// Begins with namespaces besides `default` and those of Kubernetes itself.
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces.extend(names.into_iter().map(Into::into));
        self
    }

    /// Takes objects in namespaces that nobody has made.
    pub fn any_namespace(self) -> Self {
        Builder { any_namespace: true, ..self }
    }

    /// Collects garbage: what belongs to objects that are gone goes, too.
    pub fn garbage_collection(self) -> Self {
        Builder { collects: true, ..self }
    }

    /// Keeps so many changes of a kind for watchers, and no more.
    pub fn history(self, changes: usize) -> Self {
        Builder { history: Some(changes), ..self }
    }

    /// Makes uids and generated names the same in each run.
    pub fn seed(self, seed: u64) -> Self {
        Builder { seed: Some(seed), ..self }
    }

    /// Starts the server: it is ready at once.
    ///
    /// # Errors
    /// If a CRD or an object is refused.
    pub fn build(self) -> Result<FakeApiServer, NotBuilt> {
        let mut registry = base::of(self.definitions)?;
        if let Some(most) = self.history {
            registry.store.limits = Limits { least: most, most, window: Duration::ZERO };
        }
        registry.clock = Clock::new();
        registry.random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        registry.any_namespace = self.any_namespace;
        registry.collects = self.collects;
        for name in self.namespaces {
            base::create(&mut registry, base::namespace(&name))?;
        }
        for object in self.objects {
            base::create(&mut registry, object)?;
        }
        registry.settle();
        Ok(FakeApiServer { shared: Shared::new(registry) })
    }
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
