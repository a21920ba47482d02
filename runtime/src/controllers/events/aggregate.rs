//! Aggregation of similar events.
//!
//! Source: `EventAggregator` of `k8s.io/client-go/tools/record/events_cache.go`.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::lru::{Lru, MAX_ENTRIES};

/// The number of different notes from which events are combined.
const MAX_EVENTS: usize = 10;
/// How long a similar event is remembered.
const INTERVAL: Duration = Duration::from_secs(600);
/// The start of the note of a combined event.
const PREFIX: &str = "(combined from similar events): ";

/// Recognizes similar events: those that differ only in their note.
pub(super) struct Aggregator {
    groups: Lru<Group>,
}

struct Group {
    notes: HashSet<String>,
    last: Instant,
}

impl Aggregator {
    pub(super) fn new() -> Self {
        Aggregator { groups: Lru::new(MAX_ENTRIES) }
    }

    /// Returns the note of the combined event, if this one is to be combined with others of its group.
    pub(super) fn combined(&mut self, group: &str, note: &str, now: Instant) -> Option<String> {
        let new = || Group { notes: HashSet::new(), last: now };
        let group = self.groups.get_or_insert_with(group, new)?;
        if now.saturating_duration_since(group.last) > INTERVAL {
            group.notes.clear();
        }
        group.last = now;
        group.notes.insert(note.to_owned());
        if group.notes.len() < MAX_EVENTS {
            return None;
        }
        // The set does not grow any further. The notes that were recorded before stay known.
        group.notes.remove(note);
        Some(format!("{PREFIX}{note}"))
    }
}
