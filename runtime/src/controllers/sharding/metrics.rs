//! The metrics of a replica.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::slots::SLOTS;
use crate::prometheus::{Histogram, Kind, Text};

/// The upper bounds of the time of hand-overs, in seconds.
const BOUNDS: &[f64] = &[0.01, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0];

#[derive(Debug)]
pub(super) struct Metrics {
    replicas: AtomicU64,
    received: AtomicU64,
    /// The time from the last start of a reconciliation in a slot until another replica holds it.
    hand_over: Histogram,
    lost: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            replicas: AtomicU64::new(0),
            received: AtomicU64::new(0),
            hand_over: Histogram::new(BOUNDS),
            lost: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    pub(super) fn replicas(&self, alive: usize) {
        self.replicas.store(alive as u64, Ordering::Relaxed);
    }

    pub(super) fn received(&self, slots: usize) {
        self.received.fetch_add(slots as u64, Ordering::Relaxed);
    }

    pub(super) fn handed_over(&self, took: Duration) {
        self.hand_over.observe(took.as_secs_f64());
    }

    pub(super) fn lease_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn replicas_alive(&self) -> u64 {
        self.replicas.load(Ordering::Relaxed)
    }

    pub(super) fn slots_received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn slots_handed_over(&self) -> u64 {
        self.hand_over.count()
    }

    pub(super) fn leases_lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn text(&self, group: &str, held: usize) -> String {
        let mut text = Text::default();
        let labels = [("name", group)];
        let values: [(&str, Kind, &str, u64); 5] = [
            ("sharding_slots", Kind::Gauge, "Slots that are divided between the replicas.", SLOTS as u64),
            ("sharding_slots_held", Kind::Gauge, "Slots that this replica holds.", held as u64),
            ("sharding_replicas", Kind::Gauge, "Replicas that this one sees.", self.replicas_alive()),
            (
                "sharding_slots_received_total",
                Kind::Counter,
                "Slots that this replica received.",
                self.slots_received(),
            ),
            ("sharding_leases_lost_total", Kind::Counter, "Leases that this replica lost.", self.leases_lost()),
        ];
        for (name, kind, help, value) in values {
            text.metric(name, kind, help).sample(&labels, value);
        }
        let help = "Time from the last start of a reconciliation in a slot until another replica holds it.";
        text.metric("sharding_hand_over_seconds", Kind::Histogram, help).histogram(&labels, &self.hand_over);
        text.into_string()
    }
}
