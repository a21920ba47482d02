//! A handler at work, and what its owner holds of it.

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

/// What comes for a handler, resyncs among it.
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

    /// The next event; `None` once the handler is removed or the informer has stopped.
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

/// Tells a handler what comes, until there is nothing more to come.
pub(crate) async fn run<K, H>(mut deliveries: Deliveries<K>, handler: H)
where
    K: Resource + Send + Sync + 'static,
    H: EventHandler<K>,
{
    while let Some(event) = deliveries.next().await {
        let began = Instant::now();
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
            tracing::error!(
                handler = deliveries.queue.name(),
                "a handler panicked; it gets the next event all the same"
            );
        }
        Counts::add(&counts.worked, began.elapsed());
    }
}

/// A handler that has been added to an informer. Dropping this leaves it there.
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

struct In<K> {
    queue: Arc<Queue<K>>,
    cache: Weak<Cache<K>>,
}

impl<K: Resource + Send + Sync + 'static> Registered for In<K> {
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
        HandlerRegistration { handler: Arc::new(In { queue: Arc::clone(queue), cache: Arc::downgrade(cache) }) }
    }

    /// Removes the handler. It is told nothing more, except for the event that it is at.
    pub fn remove(self) {
        self.handler.remove();
    }

    /// Whether the handler has been told everything that was there in the beginning.
    pub fn has_synced(&self) -> bool {
        self.handler.has_synced()
    }

    /// Waits for that. `false`: the handler was removed, or the informer stopped, before.
    pub async fn synced(&self) -> bool {
        let mut synced = self.handler.synced();
        let ended = synced.wait_for(|synced| *synced || self.handler.is_closed()).await.is_err();
        !ended && self.has_synced()
    }

    /// How the handler fares.
    pub fn metrics(&self) -> HandlerMetrics {
        self.handler.metrics()
    }
}

impl std::fmt::Debug for HandlerRegistration {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HandlerRegistration").field("metrics", &self.metrics()).finish()
    }
}

/// Why a handler was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdded {
    /// The informer has stopped.
    #[error("the informer has stopped: nothing can be added to it any more")]
    Stopped,
    /// Handlers run as tasks of tokio, and this thread is in none of its runtimes.
    #[error("there is no tokio runtime here: add handlers from inside one")]
    NoRuntime,
}
