//! Registrations of handlers.

use std::sync::{Arc, Weak};

use kube::Resource;

use super::queue::{HandlerMetrics, Queue};
use crate::informer::cache::Cache;

/// A handle to a handler of an informer. Dropping it does not remove the handler.
pub struct HandlerRegistration {
    handler: Arc<dyn Registered>,
}

trait Registered: Send + Sync {
    fn remove(&self);
    fn has_synced(&self) -> bool;
    fn is_closed(&self) -> bool;
    fn synced(&self) -> tokio::sync::watch::Receiver<bool>;
    fn metrics(&self) -> HandlerMetrics;
}

struct RegisteredHandler<K> {
    queue: Arc<Queue<K>>,
    cache: Weak<Cache<K>>,
}

impl<K: Resource + Send + Sync + 'static> Registered for RegisteredHandler<K> {
    fn remove(&self) {
        match self.cache.upgrade() {
            Some(cache) => cache.remove_handler(&self.queue),
            None => self.queue.close(),
        }
    }

    fn has_synced(&self) -> bool {
        self.queue.has_synced()
    }

    fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    fn synced(&self) -> tokio::sync::watch::Receiver<bool> {
        self.queue.synced()
    }

    fn metrics(&self) -> HandlerMetrics {
        self.queue.metrics()
    }
}

impl HandlerRegistration {
    pub(crate) fn new<K: Resource + Send + Sync + 'static>(queue: &Arc<Queue<K>>, cache: &Arc<Cache<K>>) -> Self {
        HandlerRegistration {
            handler: Arc::new(RegisteredHandler { queue: Arc::clone(queue), cache: Arc::downgrade(cache) }),
        }
    }

    /// Removes the handler. It finishes its current event and receives no more.
    pub fn remove(self) {
        self.handler.remove();
    }

    /// Returns whether the initial state has been delivered to the handler.
    pub fn has_synced(&self) -> bool {
        self.handler.has_synced()
    }

    /// Waits until the initial state has been delivered to the handler. Returns `false` if the handler is removed or the
    /// informer stops before.
    pub async fn synced(&self) -> bool {
        let mut synced = self.handler.synced();
        let ended = synced.wait_for(|synced| *synced || self.handler.is_closed()).await.is_err();
        !ended && self.has_synced()
    }

    /// Returns the metrics of the handler.
    pub fn metrics(&self) -> HandlerMetrics {
        self.handler.metrics()
    }
}

impl std::fmt::Debug for HandlerRegistration {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HandlerRegistration").field("metrics", &self.metrics()).finish()
    }
}

/// An error of adding a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddHandlerError {
    /// The informer has stopped.
    #[error("the informer has stopped")]
    Stopped,
    /// Handlers run as tasks of tokio, and the caller is outside of a tokio runtime.
    #[error("no tokio runtime: add handlers inside of one")]
    NoRuntime,
}
