//! The task and the registration of a handler.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use kube::Resource;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::EventHandler;
use super::queue::{Counts, Delivery, HandlerMetrics, Queue};
use crate::informer::cache::Cache;
use crate::informer::event::Event;

/// The deliveries to a handler, including resyncs.
pub(crate) struct Deliveries<K> {
    pub(crate) queue: Arc<Queue<K>>,
    cache: Weak<Cache<K>>,
    resync: Option<Interval>,
}

impl<K: Resource + Send + Sync + 'static> Deliveries<K> {
    pub(crate) fn new(queue: Arc<Queue<K>>, cache: &Arc<Cache<K>>, resync: Duration) -> Self {
        let resync = (!resync.is_zero()).then(|| {
            let mut interval = tokio::time::interval_at(Instant::now() + resync, resync);
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            interval
        });
        Deliveries { queue, cache: Arc::downgrade(cache), resync }
    }

    /// Waits for the next event; returns `None` once the handler is removed or the informer has stopped.
    pub(crate) async fn next(&mut self) -> Option<Event<K>> {
        loop {
            let delivery = match &mut self.resync {
                None => self.queue.next().await,
                Some(resync) => tokio::select! {
                    biased;
                    _ = resync.tick() => {
                        if let Some(cache) = self.cache.upgrade() {
                            cache.resync(&self.queue);
                        }
                        continue;
                    }
                    delivery = self.queue.next() => delivery,
                },
            };
            match delivery? {
                Delivery::Event(event, _) => return Some(event),
                Delivery::Synced => self.queue.set_synced(),
            }
        }
    }
}

/// Calls a handler for each event until it is removed or the informer stops.
pub(crate) async fn run<K, H>(mut deliveries: Deliveries<K>, handler: H)
where
    K: Resource + Send + Sync + 'static,
    H: EventHandler<K>,
{
    while let Some(event) = deliveries.next().await {
        let start = Instant::now();
        let call = async {
            match event {
                Event::Added { object, initial } => handler.on_add(object, initial).await,
                Event::Updated { old, new } => handler.on_update(old, new).await,
                Event::Deleted { object, state } => handler.on_delete(object, state).await,
            }
        };
        let counts = &deliveries.queue.counts;
        if AssertUnwindSafe(call).catch_unwind().await.is_err() {
            deliveries.queue.count_panic();
            tracing::error!(handler = deliveries.queue.name(), "a handler panicked; it still receives the next event");
        }
        Counts::add(&counts.worked, start.elapsed());
    }
}

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
    /// HandlerFuncs run as tasks of tokio, and the caller is outside of a tokio runtime.
    #[error("no tokio runtime: add handlers inside of one")]
    NoRuntime,
}
