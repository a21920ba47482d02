//! The status of a shard as metrics and as JSON.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::shard::State;
use crate::controllers::election::{self, LeaderElector};
use crate::prometheus::{Kind, Text};

/// Returns the metrics of a shard in Prometheus' text format.
pub(super) fn metrics_text(state: &State<'_>, elector: &LeaderElector) -> String {
    let labels = [("ring", state.ring), ("shard", state.name)];
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let mut text = Text::default();
    let mut sample = |name, kind, help, value: u64| text.metric(name, kind, help).sample(&labels, value);
    let held = "Whether the shard holds its Lease.";
    sample("ring_shard_lease_held", Kind::Gauge, held, u64::from(state.is_held));
    let drained = "Objects that were given up because the sharder drained them.";
    sample("ring_shard_drained_objects_total", Kind::Counter, drained, load(&state.counts.drained));
    let failed = "Failed requests to give an object up.";
    sample("ring_shard_drain_failures_total", Kind::Counter, failed, load(&state.counts.failed));
    let lost = "How many times the Lease was lost.";
    sample("ring_shard_lease_losses_total", Kind::Counter, lost, load(&state.counts.lost));
    text.into_string() + &election::metrics_text(std::slice::from_ref(elector))
}

/// Returns the status for `/debug/sharding`.
pub(super) fn json(state: &State<'_>) -> Value {
    json!({
        "ring": state.ring,
        "shard": state.name,
        "leaseHeld": state.is_held,
        "reconciling": state.running,
        "releasing": state.releasing,
    })
}
