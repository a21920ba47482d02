//! Metrics of a recorder.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::prometheus::{Kind, Text};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Patched,
    Counted,
    QueueFull,
    Spam,
    Invalid,
    Rejected,
    Failed,
}

const OUTCOMES: [(Outcome, &str); 8] = [
    (Outcome::Created, "created"),
    (Outcome::Patched, "patched"),
    (Outcome::Counted, "counted"),
    (Outcome::QueueFull, "queue_full"),
    (Outcome::Spam, "spam"),
    (Outcome::Invalid, "invalid"),
    (Outcome::Rejected, "rejected"),
    (Outcome::Failed, "failed"),
];

/// The outcomes from which an event is lost.
const DROPPED: [Outcome; 5] = [Outcome::QueueFull, Outcome::Spam, Outcome::Invalid, Outcome::Rejected, Outcome::Failed];

#[derive(Debug, Default)]
pub(super) struct Metrics {
    counts: [AtomicU64; OUTCOMES.len()],
}

impl Metrics {
    pub(super) fn count(&self, outcome: Outcome) {
        self.of(outcome).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self) -> u64 {
        DROPPED.into_iter().map(|outcome| self.of(outcome).load(Ordering::Relaxed)).sum()
    }

    pub(super) fn text(&self, controller: &str) -> String {
        let mut text = Text::default();
        let mut events = text.metric("event_recorder_events_total", Kind::Counter, "Events, by what became of them.");
        for (outcome, result) in OUTCOMES {
            let count = self.of(outcome).load(Ordering::Relaxed);
            events.sample(&[("reporting_controller", controller), ("result", result)], count);
        }
        text.into_string()
    }

    fn of(&self, outcome: Outcome) -> &AtomicU64 {
        &self.counts[outcome as usize]
    }
}
