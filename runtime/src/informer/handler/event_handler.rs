//! The trait of event handlers, and its implementations.

use std::future::Future;
use std::sync::Arc;

use crate::informer::event::FinalState;

/// A handler of events, called for one event after the other. Methods may take long: events wait in the handler's queue.
pub trait EventHandler<K>: Send + Sync + 'static {
    /// Called for an added object; `is_initial` is true if the object is part of the initial state.
    fn on_add(&self, object: Arc<K>, is_initial: bool) -> impl Future<Output = ()> + Send {
        let _ = (object, is_initial);
        async {}
    }

    /// Called for an updated object. In a resync, both states are the same.
    fn on_update(&self, old: Arc<K>, new: Arc<K>) -> impl Future<Output = ()> + Send {
        let _ = (old, new);
        async {}
    }

    /// Called for a deleted object, with its final or last known state.
    fn on_delete(&self, object: Arc<K>, state: FinalState) -> impl Future<Output = ()> + Send {
        let _ = (object, state);
        async {}
    }
}

/// A handler of closures, as client-go's `ResourceEventHandlerFuncs`.
///
/// ```
/// # use kube_client_runtime::informer::HandlerFuncs;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// let handler = HandlerFuncs::<ConfigMap>::new()
///     .on_add(|object, _| println!("added {:?}", object.metadata.name))
///     .on_delete(|object, _| println!("deleted {:?}", object.metadata.name));
/// ```
pub struct HandlerFuncs<K> {
    on_add: Box<dyn Fn(Arc<K>, bool) + Send + Sync>,
    on_update: Box<dyn Fn(Arc<K>, Arc<K>) + Send + Sync>,
    on_delete: Box<dyn Fn(Arc<K>, FinalState) + Send + Sync>,
}

impl<K> HandlerFuncs<K> {
    /// Creates a handler that does nothing.
    pub fn new() -> Self {
        HandlerFuncs { on_add: Box::new(|_, _| {}), on_update: Box::new(|_, _| {}), on_delete: Box::new(|_, _| {}) }
    }

    /// Sets the closure for added objects. Its second argument is true if the object is part of the initial state.
    pub fn on_add(mut self, handler: impl Fn(Arc<K>, bool) + Send + Sync + 'static) -> Self {
        self.on_add = Box::new(handler);
        self
    }

    /// Sets the closure for updated objects. Its arguments are the old and the new state.
    pub fn on_update(mut self, handler: impl Fn(Arc<K>, Arc<K>) + Send + Sync + 'static) -> Self {
        self.on_update = Box::new(handler);
        self
    }

    /// Sets the closure for deleted objects.
    pub fn on_delete(mut self, handler: impl Fn(Arc<K>, FinalState) + Send + Sync + 'static) -> Self {
        self.on_delete = Box::new(handler);
        self
    }
}

impl<K> Default for HandlerFuncs<K> {
    fn default() -> Self {
        HandlerFuncs::new()
    }
}

impl<K> std::fmt::Debug for HandlerFuncs<K> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HandlerFuncs").finish_non_exhaustive()
    }
}

impl<K: Send + Sync + 'static> EventHandler<K> for HandlerFuncs<K> {
    async fn on_add(&self, object: Arc<K>, is_initial: bool) {
        (self.on_add)(object, is_initial);
    }

    async fn on_update(&self, old: Arc<K>, new: Arc<K>) {
        (self.on_update)(old, new);
    }

    async fn on_delete(&self, object: Arc<K>, state: FinalState) {
        (self.on_delete)(object, state);
    }
}

/// A handler of the objects that pass a filter, as client-go's `FilteringResourceEventHandler`: an object that starts to
/// pass is added, one that stops to pass is deleted.
#[derive(Clone, Debug)]
pub struct FilteringHandler<F, H> {
    filter: F,
    handler: H,
}

impl<F, H> FilteringHandler<F, H> {
    /// Creates a handler that calls `handler` for the objects that pass `filter`.
    pub fn new(filter: F, handler: H) -> Self {
        FilteringHandler { filter, handler }
    }
}

impl<K, F, H> EventHandler<K> for FilteringHandler<F, H>
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
            // The object still exists, so this is not its final state; it is the last one that the handler received.
            (true, false) => self.handler.on_delete(old, FinalState::Unknown).await,
            (false, false) => {}
        }
    }

    async fn on_delete(&self, object: Arc<K>, state: FinalState) {
        // Whether the handler received the object is not known here; handlers must tolerate deletions of unknown objects.
        if (self.filter)(&object) {
            self.handler.on_delete(object, state).await;
        }
    }
}
