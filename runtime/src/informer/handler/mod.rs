//! Handlers: who is told of events, and how.
//!
//! A handler is a type ([`EventHandler`]), some closures ([`Handlers`]) or a stream ([`Events`]). Each has a queue of its own,
//! in order; one that is slow, that panics or that goes away is nobody else's affair.

mod queue;
mod run;
mod stream;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
pub(crate) use queue::Delivery;
pub use queue::{Backlog, HandlerMetrics};
pub(crate) use queue::{Queue, Told};
pub(crate) use run::{Deliveries, run};
pub use run::{HandlerRegistration, NotAdded};
pub use stream::Events;

use super::event::LastState;

/// Is told of events, one after the other. Each method may take its time: events wait in the handler's own queue.
pub trait EventHandler<K>: Send + Sync + 'static {
    /// An object is there; `is_initial` if it was there before the handler began to look.
    fn on_add(&self, object: Arc<K>, is_initial: bool) -> impl Future<Output = ()> + Send {
        let _ = (object, is_initial);
        async {}
    }

    /// An object has changed since the handler was told last. For a resync, both are the same.
    fn on_update(&self, old: Arc<K>, new: Arc<K>) -> impl Future<Output = ()> + Send {
        let _ = (old, new);
        async {}
    }

    /// An object is gone; this is how it was, or how it was seen last.
    fn on_delete(&self, object: Arc<K>, state: LastState) -> impl Future<Output = ()> + Send {
        let _ = (object, state);
        async {}
    }
}

/// Closures as a handler.
///
/// ```
/// # use kube_client_runtime::informer::Handlers;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// let handlers = Handlers::<ConfigMap>::new()
///     .on_add(|object, _| println!("there is {:?}", object.metadata.name))
///     .on_delete(|object, _| println!("gone is {:?}", object.metadata.name));
/// ```
pub struct Handlers<K> {
    on_add: Box<dyn Fn(Arc<K>, bool) + Send + Sync>,
    on_update: Box<dyn Fn(Arc<K>, Arc<K>) + Send + Sync>,
    on_delete: Box<dyn Fn(Arc<K>, LastState) + Send + Sync>,
}

impl<K> Handlers<K> {
    /// A handler that does nothing.
    pub fn new() -> Self {
        Handlers { on_add: Box::new(|_, _| {}), on_update: Box::new(|_, _| {}), on_delete: Box::new(|_, _| {}) }
    }

    /// What to do with an object that is there; `true` if it was there before the handler began to look.
    pub fn on_add(mut self, handler: impl Fn(Arc<K>, bool) + Send + Sync + 'static) -> Self {
        self.on_add = Box::new(handler);
        self
    }

    /// What to do with an object that has changed: what it was, and what it is.
    pub fn on_update(mut self, handler: impl Fn(Arc<K>, Arc<K>) + Send + Sync + 'static) -> Self {
        self.on_update = Box::new(handler);
        self
    }

    /// What to do with an object that is gone.
    pub fn on_delete(mut self, handler: impl Fn(Arc<K>, LastState) + Send + Sync + 'static) -> Self {
        self.on_delete = Box::new(handler);
        self
    }
}

impl<K> Default for Handlers<K> {
    fn default() -> Self {
        Handlers::new()
    }
}

impl<K> std::fmt::Debug for Handlers<K> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Handlers").finish_non_exhaustive()
    }
}

impl<K: Send + Sync + 'static> EventHandler<K> for Handlers<K> {
    async fn on_add(&self, object: Arc<K>, is_initial: bool) {
        (self.on_add)(object, is_initial);
    }

    async fn on_update(&self, old: Arc<K>, new: Arc<K>) {
        (self.on_update)(old, new);
    }

    async fn on_delete(&self, object: Arc<K>, state: LastState) {
        (self.on_delete)(object, state);
    }
}

/// A handler of those objects alone for which a condition holds: one that begins to fulfil it is added, one that ends to is
/// deleted. What client-go calls `FilteringResourceEventHandler`.
#[derive(Clone, Debug)]
pub struct Filtered<F, H> {
    filter: F,
    handler: H,
}

impl<F, H> Filtered<F, H> {
    /// Tells `handler` of the objects for which `filter` holds.
    pub fn new(filter: F, handler: H) -> Self {
        Filtered { filter, handler }
    }
}

impl<K, F, H> EventHandler<K> for Filtered<F, H>
where
    K: Send + Sync + 'static,
    F: Fn(&K) -> bool + Send + Sync + 'static,
    H: EventHandler<K>,
{
    async fn on_add(&self, object: Arc<K>, is_initial: bool) {
        if (self.filter)(&object) {
            self.handler.on_add(object, is_initial).await;
        }
    }

    async fn on_update(&self, old: Arc<K>, new: Arc<K>) {
        match ((self.filter)(&old), (self.filter)(&new)) {
            (true, true) => self.handler.on_update(old, new).await,
            (false, true) => self.handler.on_add(new, false).await,
            // The object is still there, so this is no final state; it is the last that the handler was told.
            (true, false) => self.handler.on_delete(old, LastState::LastKnown).await,
            (false, false) => {}
        }
    }

    async fn on_delete(&self, object: Arc<K>, state: LastState) {
        // What it was when it was told last is not known here; a handler must bear deletions of what it does not know.
        if (self.filter)(&object) {
            self.handler.on_delete(object, state).await;
        }
    }
}

/// What a handler wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerOptions {
    /// A name for metrics and logs.
    pub name: Option<String>,
    /// How much may wait for it.
    pub backlog: Backlog,
    /// How often to be told all objects once more, as updates without a change; by default what the informer says.
    pub resync: Option<Duration>,
}

impl HandlerOptions {
    /// Options with a name.
    pub fn named(name: impl Into<String>) -> Self {
        HandlerOptions { name: Some(name.into()), ..HandlerOptions::default() }
    }

    /// Sets how much may wait.
    pub fn backlog(mut self, backlog: Backlog) -> Self {
        self.backlog = backlog;
        self
    }

    /// Sets how often to be told all objects once more; zero is never.
    pub fn resync(mut self, every: Duration) -> Self {
        self.resync = Some(every);
        self
    }
}
