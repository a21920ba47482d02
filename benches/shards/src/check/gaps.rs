//! The time from each change to its reconciliation, and what happened meanwhile.

use std::collections::{BTreeMap, HashMap};

use super::{Call, Event, Run};
use crate::clock::seconds;

/// How long before a change an event may have been that explains a gap: longer than a Lease and the reads of it.
const BEFORE: u64 = 60_000_000_000;
/// A gap that is not explained by an event.
const SHORT: u64 = 1_000_000_000;

/// Events that end a fault.
const ENDS: [&str; 2] = ["continue", "reconnect"];

/// The time from a change to the start of the reconciliation that saw it and ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// When the change was written.
    pub at: u64,
    /// The uid of the object.
    pub uid: String,
    /// The length in nanoseconds.
    pub length: u64,
    /// The replica that reconciled the object before the change.
    pub from: Option<String>,
    /// The replica that reconciled the change.
    pub to: String,
    /// The kind of the last event before the reconciliation, of the former replica if there was one.
    pub cause: String,
    /// That event, and the time from it to the reconciliation.
    pub event: Option<(String, u64)>,
}

impl Gap {
    /// Returns the length in seconds.
    pub fn seconds(&self) -> f64 {
        seconds(self.length)
    }
}

/// Returns the gaps of all changes that were reconciled, longest first.
pub(super) fn gaps(run: &Run, by_uid: &BTreeMap<&str, Vec<Call<'_>>>) -> Vec<Gap> {
    let mut gaps = Vec::with_capacity(run.changes.len());
    let mut positions: HashMap<&str, usize> = HashMap::new();
    for change in &run.changes {
        let Some(calls) = by_uid.get(change.uid.as_str()) else { continue };
        // The changes of an object are in their order, and so are the versions that were reconciled.
        let position = positions.entry(&change.uid).or_default();
        while calls.get(*position).is_some_and(|call| !call.ended || call.version < change.version) {
            *position += 1;
        }
        let Some(call) = calls.get(*position) else { continue };
        if change.at < run.since {
            continue;
        }
        let length = call.start.saturating_sub(change.at);
        let before = calls[..*position].iter().rev().find(|before| before.start < change.at);
        let from = before.map(|before| before.replica.to_owned());
        let event = if length < SHORT { None } else { cause(&run.events, from.as_deref(), change.at, call.start) };
        let of_event = |event: &Event| (event.replica.clone(), call.start - event.at);
        gaps.push(Gap {
            at: change.at,
            uid: change.uid.clone(),
            length,
            from,
            to: call.replica.to_owned(),
            cause: event.map_or("none", |event| &event.what).to_owned(),
            event: event.map(of_event),
        });
    }
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.length));
    gaps
}

/// Returns the last event that explains a gap: one that took the object from the former replica, otherwise one of another
/// replica.
fn cause<'r>(events: &'r [Event], from: Option<&str>, change: u64, reconciled: u64) -> Option<&'r Event> {
    let near = |event: &&Event| event.at <= reconciled && event.at + BEFORE >= change;
    let near = || events.iter().filter(near);
    let is_end = |event: &&Event| ENDS.contains(&event.what.as_str());
    let of = |event: &&Event| from.is_some_and(|from| event.replica == from);
    let latest = |filter: &dyn Fn(&&Event) -> bool| near().filter(filter).max_by_key(|event| event.at);
    // That a replica continues is no cause while another one explains the gap.
    latest(&|event| of(event) && !is_end(event))
        .or_else(|| latest(&|event| !is_end(event)))
        .or_else(|| latest(&|_| true))
}
