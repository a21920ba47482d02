//! The counts of a controller.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::prometheus::Histogram;

/// The buckets of controller-runtime, in seconds.
const BOUNDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5,
    1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0,
];

/// How a reconciliation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Success,
    RequeueAfter,
    Error,
    TerminalError,
    Panic,
    Timeout,
    Revoked,
}

impl Ending {
    const ALL: [Ending; 7] = [
        Ending::Success,
        Ending::RequeueAfter,
        Ending::Error,
        Ending::TerminalError,
        Ending::Panic,
        Ending::Timeout,
        Ending::Revoked,
    ];
}

#[derive(Debug)]
pub(super) struct Metrics {
    endings: [AtomicU64; Ending::ALL.len()],
    pub(super) active: AtomicU64,
    pub(super) time: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { endings: Default::default(), active: AtomicU64::new(0), time: Histogram::new(BOUNDS) }
    }
}

/// A reconciliation that runs; it ends when this is dropped.
pub(super) struct Active<'m>(&'m AtomicU64);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(super) fn start(&self) -> Active<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        Active(&self.active)
    }

    pub(super) fn end(&self, ending: Ending, took: Duration) {
        self.endings[ending as usize].fetch_add(1, Ordering::Relaxed);
        self.time.observe(took.as_secs_f64());
    }

    pub(super) fn count(&self, endings: &[Ending]) -> u64 {
        endings.iter().map(|ending| self.endings[*ending as usize].load(Ordering::Relaxed)).sum()
    }
}
