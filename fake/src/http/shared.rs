//! The state of a server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::metrics::Metrics;
use super::openapi::v2;
use super::traffic::Traffic;
use crate::action::{Recordings, Rules};
use crate::catalogue::Catalogue;
use crate::json::depth;
use crate::registry::Registry;

/// The state that all clients of a server share.
pub(crate) struct Shared {
    registry: Mutex<Registry>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) recordings: Recordings,
    pub(crate) traffic: Traffic,
    /// The facts about the built-in kinds.
    pub(super) catalogue: &'static Catalogue,
    /// The last OpenAPI v2 document.
    pub(super) openapi: v2::Cache,
    pub(super) metrics: Metrics,
}

impl Shared {
    pub(crate) fn new(registry: Registry) -> Arc<Self> {
        Arc::new(Shared {
            catalogue: Catalogue::of(registry.kinds.release),
            registry: Mutex::new(registry),
            rules: Arc::default(),
            recordings: Recordings::default(),
            traffic: Traffic::default(),
            openapi: v2::Cache::default(),
            metrics: Metrics::default(),
        })
    }

    /// Runs `work` with a stack that is large enough for the deepest stored object.
    pub(super) fn with_stack<T>(&self, work: impl FnOnce() -> T) -> T {
        let levels = self.registry().levels;
        depth::with_stack_for(levels, work)
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        // A request that panics does not leave a partial write.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
