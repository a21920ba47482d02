//! The status of controllers, and their metrics as text.

use std::fmt;
use std::sync::atomic::Ordering;

use super::metrics::{Ending, Metrics};
use crate::controllers::queue::{self, QueueStatus};
use crate::informer::InformerStatus;
use crate::prometheus::{Histogram, Kind, Text};

/// The status of a controller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControllerStatus {
    /// The name of the controller.
    pub name: String,
    /// Whether the controller is running: its informers have synced, and it has not been asked to stop.
    pub running: bool,
    /// The number of workers.
    pub workers: usize,
    /// The number of workers that are reconciling.
    pub active: u64,
    /// The number of reconciliations that succeeded.
    pub successes: u64,
    /// The number of reconciliations that succeeded and asked for another one.
    pub requeues: u64,
    /// The number of reconciliations that failed, including those that panicked or exceeded the timeout.
    pub errors: u64,
    /// The number of those that are not retried.
    pub terminal_errors: u64,
    /// The number of reconciliations that panicked.
    pub panics: u64,
    /// The number of reconciliations that exceeded the timeout.
    pub timeouts: u64,
    /// The number of reconciliations that were dropped because the object is no longer reconciled by this replica.
    pub revoked: u64,
    /// The status of the queue; `None` before the first run.
    pub queue: Option<QueueStatus>,
    /// The informers whose objects the controller reconciles or watches.
    pub informers: Vec<InformerStatus>,
    time: Histogram,
}

pub(super) struct Parts {
    pub(super) name: String,
    pub(super) workers: usize,
    pub(super) queue: Option<(bool, QueueStatus)>,
    pub(super) informers: Vec<InformerStatus>,
}

pub(super) fn of(parts: Parts, metrics: &Metrics) -> ControllerStatus {
    ControllerStatus {
        name: parts.name,
        running: parts.queue.as_ref().is_some_and(|(running, _)| *running),
        workers: parts.workers,
        active: metrics.active.load(Ordering::Relaxed),
        successes: metrics.count(&[Ending::Success]),
        requeues: metrics.count(&[Ending::RequeueAfter]),
        errors: metrics.count(&[Ending::Error, Ending::TerminalError, Ending::Panic, Ending::Timeout]),
        terminal_errors: metrics.count(&[Ending::TerminalError]),
        panics: metrics.count(&[Ending::Panic]),
        timeouts: metrics.count(&[Ending::Timeout]),
        revoked: metrics.count(&[Ending::Revoked]),
        queue: parts.queue.map(|(_, queue)| queue),
        informers: parts.informers,
        time: metrics.time.clone(),
    }
}

impl ControllerStatus {
    /// Returns whether all informers are ready. A controller that waits to be elected is ready.
    pub fn is_ready(&self) -> bool {
        self.informers.iter().all(InformerStatus::is_ready)
    }
}

impl fmt::Display for ControllerStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = if self.running { "running" } else { "not running" };
        write!(out, "{}: {running}", self.name)?;
        for informer in self.informers.iter().filter(|informer| !informer.is_ready()) {
            write!(out, "; {informer}")?;
        }
        Ok(())
    }
}

/// Returns the metrics of controllers and their queues in Prometheus' text format 0.0.4, under the names of
/// controller-runtime and client-go.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `controller_runtime_reconcile_total` | counter | `controller`, `result`: `success`, `error`, `requeue_after` |
/// | `controller_runtime_reconcile_errors_total` and the same with `terminal_reconcile_errors`, `reconcile_panics`, `reconcile_timeouts` | counter | `controller` |
/// | `controller_runtime_reconcile_time_seconds` | histogram | `controller` |
/// | `controller_runtime_max_concurrent_reconciles`, `controller_runtime_active_workers` | gauge | `controller` |
/// | `workqueue_*` | | see [`queue::metrics_text`] |
///
/// Source: `sigs.k8s.io/controller-runtime/pkg/internal/controller/metrics`.
pub fn metrics_text(controllers: &[ControllerStatus]) -> String {
    let mut text = Text::default();
    let mut total = text.metric("controller_runtime_reconcile_total", Kind::Counter, "Reconciliations, by result.");
    for of in controllers {
        for (result, count) in [("success", of.successes), ("error", of.errors), ("requeue_after", of.requeues)] {
            total.sample(&[("controller", &of.name), ("result", result)], count);
        }
    }
    for (name, kind, help, value) in OF_CONTROLLERS {
        let mut metric = text.metric(name, *kind, help);
        controllers.iter().for_each(|of| metric.sample(&[("controller", &of.name)], value(of)));
    }
    let mut time =
        text.metric("controller_runtime_reconcile_time_seconds", Kind::Histogram, "Time of reconciliations.");
    controllers.iter().for_each(|of| time.histogram(&[("controller", &of.name)], &of.time));
    let queues: Vec<QueueStatus> = controllers.iter().filter_map(|of| of.queue.clone()).collect();
    text.into_string() + &queue::metrics_text(&queues)
}

type OfController = fn(&ControllerStatus) -> u64;

const OF_CONTROLLERS: &[(&str, Kind, &str, OfController)] = &[
    ("controller_runtime_reconcile_errors_total", Kind::Counter, "Reconciliations that failed.", |of| of.errors),
    (
        "controller_runtime_terminal_reconcile_errors_total",
        Kind::Counter,
        "Reconciliations that failed and are not retried.",
        |of| of.terminal_errors,
    ),
    ("controller_runtime_reconcile_panics_total", Kind::Counter, "Reconciliations that panicked.", |of| of.panics),
    (
        "controller_runtime_reconcile_timeouts_total",
        Kind::Counter,
        "Reconciliations that exceeded the timeout.",
        |of| of.timeouts,
    ),
    ("controller_runtime_max_concurrent_reconciles", Kind::Gauge, "Workers.", |of| of.workers as u64),
    ("controller_runtime_active_workers", Kind::Gauge, "Workers that are reconciling.", |of| of.active),
];
