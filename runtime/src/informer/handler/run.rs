//! The task of a handler.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use kube::Resource;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::event_handler::EventHandler;
use super::queue::{Counts, Delivery, Queue};
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
                Delivery::Event(event) => return Some(event),
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
