//! The goals that were set for ratios.

use super::{Report, Row};

/// A limit for a ratio.
pub(super) struct Goal {
    comparison: &'static str,
    /// The start of the case; empty for all cases.
    case: &'static str,
    measure: &'static str,
    ours: &'static str,
    peer: &'static str,
    pub(super) limit: f64,
    pub(super) text: &'static str,
}

pub(super) const GOALS: [Goal; 11] = [
    goal("generation", "", "CPU time, s", "ours", "kopium", 0.5, "generation costs at most half of kopium's CPU time"),
    goal("check", "", "CPU time, ms", "ours", "kopium", 1.0, "types are checked in less CPU time than kopium's"),
    goal("types", "types", "lines", "ours", "kopium", 1.0, "types have fewer lines than kopium's"),
    goal("calls", "", "allocations", "ours", "kube", 1.0, "a call allocates no more often than kube's"),
    goal("lookups", "", "get_ns", "ours", "kube", 1.2, "a read by name costs at most 1.2 of kube's"),
    goal(
        "informers",
        "sync of 10000",
        "steady_mb",
        "ours",
        "client-go",
        0.6,
        "decoded caches use at most 0.6 of client-go's memory",
    ),
    goal(
        "informers",
        "sync of 10000",
        "steady_mb",
        "ours, compact",
        "client-go",
        0.4,
        "compact caches use at most 0.4 of client-go's memory",
    ),
    goal(
        "informers",
        "sync of 10000",
        "steady_mb",
        "ours, compressed",
        "client-go",
        0.4,
        "compressed caches use at most 0.4 of client-go's memory",
    ),
    goal(
        "controllers",
        "",
        "change_cpu_us",
        "ours",
        "controller-runtime",
        1.0,
        "a change costs less CPU time than controller-runtime's",
    ),
    goal(
        "controllers",
        "",
        "change_cpu_us",
        "ours",
        "kube",
        1.0,
        "a change costs less CPU time than kube's Controller's",
    ),
    goal(
        "suites",
        "",
        "time_s",
        "ours",
        "kube-apiserver",
        0.5,
        "test suites take at most half of the time on the in-memory server",
    ),
];

const fn goal(
    comparison: &'static str,
    case: &'static str,
    measure: &'static str,
    ours: &'static str,
    peer: &'static str,
    limit: f64,
    text: &'static str,
) -> Goal {
    Goal { comparison, case, measure, ours, peer, limit, text }
}

impl Goal {
    /// Returns the greatest median ratio of the rows that the goal concerns.
    pub(super) fn measured(&self, report: &Report) -> Option<f64> {
        let rows = report.comparisons.iter().filter(|(name, _)| name == self.comparison).flat_map(|(_, rows)| rows);
        let concerned = rows.filter(|row| self.concerns(row));
        concerned.map(|row| row.ratio.median).reduce(f64::max)
    }

    fn concerns(&self, row: &Row) -> bool {
        row.case.starts_with(self.case) && row.measure == self.measure && row.ours == self.ours && row.peer == self.peer
    }
}
