//! What becomes of an event.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use tokio::time::Instant;

use super::aggregate::Aggregator;
use super::name::Names;
use super::new_event::NewEvent;
use super::reporter::Reporter;
use super::series::{Occurrence, SeriesCache};
use super::spam::SpamFilter;

/// The rules for the events of one reporter.
pub(super) struct Correlator {
    reporter: Reporter,
    names: Names,
    aggregator: Aggregator,
    spam: SpamFilter,
    pub(super) series: SeriesCache,
}

/// What to do about an event.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    /// Write the event of this key.
    Write(String),
    /// Nothing: it was counted.
    Counted,
    /// Nothing: there were too many.
    Spam,
}

impl Correlator {
    pub(super) fn new(reporter: Reporter) -> Self {
        Correlator {
            reporter,
            names: Names::default(),
            aggregator: Aggregator::new(),
            spam: SpamFilter::new(),
            series: SeriesCache::new(),
        }
    }

    /// Aggregates, counts and filters an event.
    pub(super) fn correlate(&mut self, event: NewEvent, time: Timestamp, now: Instant) -> Decision {
        let source = source_key(&event);
        let group = group_key(&event, &source);
        let combined = self.aggregator.combined(&group, &event.note, now);
        let key = if combined.is_some() { group } else { joined([&group, &event.note]) };
        let event = match combined {
            Some(note) => event.with_note(note),
            None => event,
        };
        match self.series.observe(&key, time, now) {
            Occurrence::Second if self.spam.accepts(&source) => Decision::Write(key),
            // The series is written later.
            Occurrence::Second | Occurrence::Further => Decision::Counted,
            Occurrence::First if self.spam.accepts(&source) => {
                self.series.insert(&key, event.into_event(&self.reporter, &self.names, time), now);
                Decision::Write(key)
            }
            Occurrence::First => Decision::Spam,
        }
    }
}

/// The events that share a limit.
fn source_key(event: &NewEvent) -> String {
    joined([&event.type_.to_string(), &reference_key(&event.regarding)])
}

/// The events that are similar.
fn group_key(event: &NewEvent, source: &str) -> String {
    let related = event.related.as_ref().map(reference_key).unwrap_or_default();
    joined([source, &event.reason, &event.action, &related])
}

/// A reference without the resource version: an event about an object that has changed is still the same.
fn reference_key(reference: &ObjectReference) -> String {
    let ObjectReference { api_version, kind, namespace, name, uid, field_path, .. } = reference;
    joined([api_version, kind, namespace, name, uid, field_path].map(|part| part.as_deref().unwrap_or_default()))
}

fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.join("\0")
}
