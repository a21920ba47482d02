//! The recorder of events.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use kube::Resource;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::correlate::Correlator;
use super::metrics::{Metrics, Outcome};
use super::new_event::{EventType, NewEvent, object_reference};
use super::reporter::Reporter;
use super::sink::Sink;
use super::worker::{Message, Worker};
use crate::client::Client;

/// The maximum number of events that wait to be written.
///
/// Source: `maxQueuedEvents` of `k8s.io/client-go/tools/events/event_broadcaster.go`.
const MAX_QUEUED: usize = 1000;

/// Records events about objects. Cheap to clone; all clones share one queue, which a task writes to the API server.
#[derive(Clone)]
pub struct EventRecorder {
    queue: mpsc::Sender<Message>,
    metrics: Arc<Metrics>,
    controller: String,
}

impl EventRecorder {
    /// Creates a recorder and starts its task, which ends after all clones are dropped and their events are written.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub fn new(client: &Client, reporter: Reporter) -> Self {
        let (queue, messages) = mpsc::channel(MAX_QUEUED);
        let (metrics, controller) = (Arc::new(Metrics::default()), reporter.controller.clone());
        let correlator = Correlator::new(reporter);
        let worker = Worker { correlator, sink: Sink::new(client), metrics: metrics.clone() };
        tokio::spawn(worker.run(messages));
        EventRecorder { queue, metrics, controller }
    }

    /// Records an event about an object; see [`NewEvent::new`] and [`record`](Self::record).
    pub fn event<K: Resource<DynamicType: Default>>(
        &self,
        regarding: &K,
        type_: EventType,
        reason: impl Into<String>,
        action: impl Into<String>,
        note: impl Into<String>,
    ) {
        let regarding = object_reference(regarding, &K::DynamicType::default());
        self.record(NewEvent::new(regarding, type_, reason, action, note));
    }

    /// Records an event. It returns at once: the event is written in the background, and dropped if the queue is full. An event
    /// without a reason or an action, which the API server would reject, is logged and dropped.
    pub fn record(&self, event: NewEvent) {
        if event.reason.is_empty() || event.action.is_empty() {
            self.metrics.count(Outcome::Invalid);
            tracing::error!(?event, "an event has no reason or no action and was dropped");
            return;
        }
        let message = Message::Event(Box::new(event), Timestamp::now(), Instant::now());
        if self.queue.try_send(message).is_err() {
            self.metrics.count(Outcome::QueueFull);
            tracing::warn!("the queue of events is full: an event was dropped");
        }
    }

    /// Waits until all events that were recorded before are written or dropped, with the counts of their series.
    pub async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Returns the number of events that were dropped: the queue was full, there were too many of an object, or they could not
    /// be written.
    pub fn dropped(&self) -> u64 {
        self.metrics.dropped()
    }

    /// Returns the metric `event_recorder_events_total{reporting_controller, result}` in Prometheus' text format, for a program
    /// to append to its own at `/metrics`. Results: `created`, `patched` (the count of a series), `counted` (not written yet);
    /// and of dropped events `queue_full`, `spam`, `invalid`, `rejected`, `failed`. client-go has no such metric.
    pub fn metrics_text(&self) -> String {
        self.metrics.text(&self.controller)
    }
}

impl fmt::Debug for EventRecorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EventRecorder").field("controller", &self.controller).finish_non_exhaustive()
    }
}
