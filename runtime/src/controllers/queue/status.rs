//! The status of queues, and their metrics as text.

use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

use super::metrics::Metrics;
use super::state::State;
use crate::prometheus::{Kind, Text};

/// The status of a queue.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct QueueStatus {
    /// The name of the queue.
    pub name: String,
    /// The number of ready items by priority, the highest first.
    pub depth: Vec<(i32, usize)>,
    /// The number of items that wait for the end of a delay.
    pub delayed: usize,
    /// The number of items that are being processed.
    pub processing: usize,
    /// The total time for which these have been processed.
    pub unfinished: Duration,
    /// The time for which the oldest of these has been processed.
    pub longest_running: Duration,
    metrics: Metrics,
}

pub(super) fn of<T: Eq + Hash>(name: String, state: &State<T>, metrics: &Metrics, now: Instant) -> QueueStatus {
    let ages = state.ages(now);
    QueueStatus {
        name,
        depth: state.depths(),
        delayed: state.delayed(),
        processing: ages.len(),
        unfinished: ages.iter().sum(),
        longest_running: ages.iter().max().copied().unwrap_or_default(),
        metrics: metrics.clone(),
    }
}

/// Returns the metrics of queues in Prometheus' text format 0.0.4, under the names of client-go.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `workqueue_depth` | gauge | `name`, `priority` |
/// | `workqueue_adds_total`, `workqueue_retries_total` | counter | `name` |
/// | `workqueue_queue_duration_seconds`, `workqueue_work_duration_seconds` | histogram | `name` |
/// | `workqueue_unfinished_work_seconds`, `workqueue_longest_running_processor_seconds` | gauge | `name` |
///
/// The label `priority` is that of controller-runtime; the depth of an empty queue is reported with priority 0.
///
/// Source: `k8s.io/component-base/metrics/prometheus/workqueue`.
pub fn metrics_text(queues: &[QueueStatus]) -> String {
    let mut text = Text::default();
    let mut depth = text.metric("workqueue_depth", Kind::Gauge, "Items in the queue.");
    for queue in queues {
        let empty: &[(i32, usize)] = &[(0, 0)];
        for (priority, items) in if queue.depth.is_empty() { empty } else { &queue.depth } {
            depth.sample(&[("name", &queue.name), ("priority", &priority.to_string())], items);
        }
    }
    let mut adds = text.metric("workqueue_adds_total", Kind::Counter, "Items added to the queue.");
    queues.iter().for_each(|queue| adds.sample(&[("name", &queue.name)], queue.metrics.adds));
    let mut retries = text.metric("workqueue_retries_total", Kind::Counter, "Items added with a delay.");
    queues.iter().for_each(|queue| retries.sample(&[("name", &queue.name)], queue.metrics.retries));
    let mut waited =
        text.metric("workqueue_queue_duration_seconds", Kind::Histogram, "Time for which items were in the queue.");
    queues.iter().for_each(|queue| waited.histogram(&[("name", &queue.name)], &queue.metrics.waited));
    let mut worked =
        text.metric("workqueue_work_duration_seconds", Kind::Histogram, "Time for which items were processed.");
    queues.iter().for_each(|queue| worked.histogram(&[("name", &queue.name)], &queue.metrics.worked));
    let help = "Time for which the items in process have been processed, in total.";
    let mut unfinished = text.metric("workqueue_unfinished_work_seconds", Kind::Gauge, help);
    queues.iter().for_each(|queue| unfinished.sample(&[("name", &queue.name)], queue.unfinished.as_secs_f64()));
    let help = "Time for which the oldest item in process has been processed.";
    let mut longest = text.metric("workqueue_longest_running_processor_seconds", Kind::Gauge, help);
    queues.iter().for_each(|queue| longest.sample(&[("name", &queue.name)], queue.longest_running.as_secs_f64()));
    text.into_string()
}
