//! Series: the same event again.
//!
//! Source: `k8s.io/client-go/tools/events/event_broadcaster.go`.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::events::v1::{Event, EventSeries};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use tokio::time::Instant;

use super::lru::{Lru, MAX_ENTRIES};

/// How long a series lasts after its last event, and how often that is checked.
pub(super) const FINISH_TIME: Duration = Duration::from_secs(6 * 60);
/// The interval in which series are written, so that the API server does not delete them (`--event-ttl`).
pub(super) const REFRESH_TIME: Duration = Duration::from_secs(30 * 60);

/// The events that were recorded lately, by key.
pub(super) struct SeriesCache {
    events: Lru<Recorded>,
}

struct Recorded {
    event: Event,
    last: Instant,
    /// The count that the API server has.
    written: i32,
}

/// What an occurrence of an event is.
#[derive(Debug, PartialEq)]
pub(super) enum Occurrence {
    /// The first one: the event has to be created.
    First,
    /// The second one: the event becomes a series, which has to be written.
    Second,
    /// A further one, which is counted.
    Further,
}

impl SeriesCache {
    pub(super) fn new() -> Self {
        SeriesCache { events: Lru::new(MAX_ENTRIES) }
    }

    /// Counts an occurrence of a known event.
    pub(super) fn observe(&mut self, key: &str, time: Timestamp, now: Instant) -> Occurrence {
        let Some(recorded) = self.events.get_mut(key) else { return Occurrence::First };
        recorded.last = now;
        let last_observed_time = MicroTime(time);
        if let Some(series) = &mut recorded.event.series {
            *series = EventSeries { count: series.count.saturating_add(1), last_observed_time };
            return Occurrence::Further;
        }
        recorded.event.series = Some(EventSeries { count: 2, last_observed_time });
        Occurrence::Second
    }

    /// Remembers an event that is created.
    pub(super) fn insert(&mut self, key: &str, event: Event, now: Instant) {
        self.events.insert(key, Recorded { event, last: now, written: 1 });
    }

    /// Forgets an event that the API server does not have.
    pub(super) fn forget(&mut self, key: &str) {
        self.events.remove(key);
    }

    /// Returns an event as it has to be written.
    pub(super) fn event(&self, key: &str) -> Option<Event> {
        self.events.peek(key).map(|recorded| recorded.event.clone())
    }

    /// Remembers that the API server has this count.
    pub(super) fn written(&mut self, key: &str, count: i32) {
        if let Some(recorded) = self.events.get_mut(key) {
            recorded.written = count;
        }
    }

    /// Returns the keys of all series.
    pub(super) fn series(&self) -> Vec<String> {
        self.filtered(|recorded| recorded.event.series.is_some())
    }

    /// Returns the keys of the series whose count was not written.
    pub(super) fn pending(&self) -> Vec<String> {
        self.filtered(|recorded| recorded.event.series.as_ref().is_some_and(|series| series.count != recorded.written))
    }

    /// Returns the keys of the events that have not occurred for a while.
    pub(super) fn finished(&self, now: Instant) -> Vec<String> {
        self.filtered(|recorded| now.saturating_duration_since(recorded.last) > FINISH_TIME)
    }

    fn filtered(&self, matches: impl Fn(&Recorded) -> bool) -> Vec<String> {
        let mut keys = self.events.keys();
        keys.retain(|key| self.events.peek(key).is_some_and(&matches));
        keys
    }
}
