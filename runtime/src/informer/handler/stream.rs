//! A handler that is a stream of events.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::BoxStream;
use kube::Resource;

use super::queue::Queue;
use super::registration::HandlerRegistration;
use super::run::Deliveries;
use crate::informer::cache::Cache;
use crate::informer::event::Event;

/// A handler that is a stream of events. Dropping it removes the handler. It ends when the informer stops.
pub struct Events<K: Resource + Send + Sync + 'static> {
    events: BoxStream<'static, Event<K>>,
    queue: Arc<Queue<K>>,
    cache: Arc<Cache<K>>,
    /// Keeps the informer running.
    _informer: Arc<dyn Any + Send + Sync>,
}

impl<K: Resource + Send + Sync + 'static> Events<K> {
    pub(crate) fn new(deliveries: Deliveries<K>, cache: &Arc<Cache<K>>, informer: Arc<dyn Any + Send + Sync>) -> Self {
        let queue = Arc::clone(&deliveries.queue);
        let events = futures::stream::unfold(deliveries, |mut deliveries| async move {
            let event = deliveries.next().await?;
            Some((event, deliveries))
        });
        Events { events: Box::pin(events), queue, cache: Arc::clone(cache), _informer: informer }
    }

    #[cfg(feature = "controller")]
    pub(crate) fn queue(&self) -> &Arc<Queue<K>> {
        &self.queue
    }

    /// Returns a handle with the metrics of the stream that can end it.
    pub fn registration(&self) -> HandlerRegistration {
        HandlerRegistration::new(&self.queue, &self.cache)
    }
}

impl<K: Resource + Send + Sync + 'static> Stream for Events<K> {
    type Item = Event<K>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event<K>>> {
        self.events.as_mut().poll_next(context)
    }
}

impl<K: Resource + Send + Sync + 'static> Drop for Events<K> {
    fn drop(&mut self) {
        self.cache.remove_handler(&self.queue);
    }
}

impl<K: Resource + Send + Sync + 'static> std::fmt::Debug for Events<K> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Events").field("metrics", &self.queue.metrics()).finish_non_exhaustive()
    }
}
