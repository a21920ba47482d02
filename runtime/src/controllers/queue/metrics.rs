//! The metrics of a queue.

use std::time::Duration;

use crate::prometheus::Histogram;

/// The buckets of component-base (`ExponentialBuckets(10e-9, 10, 10)`), in seconds.
const BOUNDS: &[f64] = &[1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0];

/// Counts of a queue since its creation.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    pub(super) adds: u64,
    pub(super) retries: u64,
    pub(super) waited: Histogram,
    pub(super) worked: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { adds: 0, retries: 0, waited: Histogram::new(BOUNDS), worked: Histogram::new(BOUNDS) }
    }
}

impl Metrics {
    /// Counts an addition. As in client-go, one with a delay is a retry.
    pub(super) fn added(&mut self, queued: bool, delayed: bool) {
        self.adds += u64::from(queued);
        self.retries += u64::from(delayed);
    }

    pub(super) fn promoted(&mut self, items: u64) {
        self.adds += items;
    }

    pub(super) fn taken(&mut self, waited: Duration) {
        self.waited.observe(waited.as_secs_f64());
    }

    pub(super) fn done(&mut self, took: Duration) {
        self.worked.observe(took.as_secs_f64());
    }
}
