//! Metrics of electors, under the names of Kubernetes' components.
//!
//! Source: `k8s.io/component-base/metrics/prometheus/clientgo/leaderelection/metrics.go`.

use super::elector::LeaderElector;
use crate::prometheus::{Kind, Text};

/// Returns the metrics of electors in Prometheus' text format, for a program to append to its own at `/metrics`.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `leader_election_master_status` | gauge, 1 while this process is the leader, otherwise 0 | `name`, of the Lease |
/// | `leader_election_slowpath_total` | counter, of renewals that read the Lease first | `name` |
pub fn metrics_text(electors: &[LeaderElector]) -> String {
    let mut text = Text::default();
    let mut status = text.metric("leader_election_master_status", Kind::Gauge, "Whether this process is the leader.");
    for elector in electors {
        status.sample(&[("name", elector.name())], u8::from(elector.is_leader()));
    }
    let help = "Renewals that read the Lease first.";
    let mut slow_paths = text.metric("leader_election_slowpath_total", Kind::Counter, help);
    for elector in electors {
        slow_paths.sample(&[("name", elector.name())], elector.slow_paths());
    }
    text.into_string()
}
