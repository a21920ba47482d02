//! Watches: events after a resource version.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use super::list::parse_version;
use super::{ListOptions, Registry, Selection, Target};
use crate::json;
use crate::metadata;
use crate::status::Failure;
use crate::store::{After, Change, Stored};

/// The options of a watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchOptions {
    pub(crate) selection: Selection,
    pub(crate) resource_version: String,
    pub(crate) bookmarks: bool,
    pub(crate) initial_events: Option<bool>,
    /// Whether the timeout has elapsed before the watch starts.
    pub(crate) has_expired: bool,
}

/// A watch: a position in the history of a kind.
pub(crate) struct Watch {
    pub(crate) target: Target,
    selection: Selection,
    /// The revision up to which events were delivered.
    pub(crate) at: u64,
    pub(crate) revisions: Receiver<u64>,
    epoch: u64,
    /// Events that precede those of the history.
    first: Vec<Bytes>,
    pub(crate) bookmarks: bool,
    /// Whether the watch ends after these.
    ends: bool,
}

/// The next step of a watch.
pub(crate) enum Delivery {
    /// Events, one line each.
    Events(Vec<Bytes>),
    /// The end of the watch, with a final event.
    End(Option<Bytes>),
    /// No events yet.
    Pending,
}

/// The maximum number of changes in one step.
const MAX_CHANGES: usize = 512;

impl Registry {
    pub(crate) fn watch(&mut self, target: &Target, options: &WatchOptions) -> Result<Watch, Failure> {
        let version = parse_version(&options.resource_version).map_err(|error| Failure::untyped(error.to_string()))?;
        let from_any = version == 0;
        let current = self.store.revision();
        let initial = options.initial_events.unwrap_or(from_any);
        let space = target.kind.space();
        let mut watch = Watch {
            target: target.clone(),
            selection: options.selection.clone(),
            at: if from_any || initial { current } else { version },
            revisions: self.store.revisions(&space),
            epoch: self.store.epoch(&space),
            first: Vec::new(),
            bookmarks: options.bookmarks,
            ends: options.has_expired || (initial && version > current),
        };
        if options.has_expired {
            watch.first.push(error(&Failure::deadline_exceeded()));
        } else if watch.ends {
            watch.first.push(error(&Failure::too_large_version(version, current)));
        } else if initial {
            let list = ListOptions { selection: options.selection.clone(), ..ListOptions::default() };
            let page = self.list(target, &list)?;
            watch.first.extend(page.items.iter().map(|item| line("ADDED", item)));
            // Only clients that request initial events get the bookmark after them.
            if options.bookmarks && options.initial_events == Some(true) {
                watch.first.push(bookmark(target, current, true));
            }
        }
        Ok(watch)
    }

    /// Returns the next step of a watch.
    pub(crate) fn next(&mut self, watch: &mut Watch) -> Delivery {
        if !watch.first.is_empty() {
            return Delivery::Events(std::mem::take(&mut watch.first));
        }
        let space = watch.target.kind.space();
        if watch.ends || self.store.epoch(&space) != watch.epoch {
            return Delivery::End(None);
        }
        watch.revisions.mark_unchanged();
        let changes = match self.store.changes_after(&space, watch.at, MAX_CHANGES) {
            Ok(changes) => changes,
            Err(compacted) => {
                let oldest = compacted.oldest;
                let failure = Failure::expired(format!("too old resource version: {} ({oldest})", watch.at));
                return Delivery::End(Some(error(&failure)));
            }
        };
        let Some(last) = changes.last() else { return Delivery::Pending };
        watch.at = last.revision;
        let events: Vec<Bytes> = changes.iter().filter_map(|change| Self::event(watch, change)).collect();
        Delivery::Events(events)
    }

    /// Returns the event of a change, if the watch selects it.
    fn event(watch: &Watch, change: &Change) -> Option<Bytes> {
        let target = &watch.target;
        if !target.namespace.is_empty() && *change.key.namespace != *target.namespace {
            return None;
        }
        let read = |stored: &Stored| Self::read_json(&target.kind, target.version(), stored);
        let before = change.before.as_ref().map(|entry| &entry.value);
        if watch.selection.is_everything() {
            return Some(match (&change.after, before) {
                (After::Present(stored), None) => line("ADDED", &read(stored)),
                (After::Present(stored), Some(_)) => line("MODIFIED", &read(stored)),
                (After::Deleted(stored), _) => line("DELETED", &read(stored)),
            });
        }
        let decode = |stored: &Stored| Self::decode(&target.kind, target.version(), stored);
        let selected = |stored: &Stored| watch.selection.selects(&decode(stored));
        let was = before.is_some_and(selected);
        match &change.after {
            After::Present(stored) => match (was, selected(stored)) {
                (false, true) => Some(line("ADDED", &read(stored))),
                (true, true) => Some(line("MODIFIED", &read(stored))),
                (true, false) => {
                    // The last selected state, with the version of this change.
                    let mut object = decode(before?);
                    metadata::set(&mut object, "resourceVersion", Some(change.revision.to_string().into()));
                    Some(line("DELETED", &target.kind.write(target.version(), &object)))
                }
                (false, false) => None,
            },
            After::Deleted(stored) => was.then(|| line("DELETED", &read(stored))),
        }
    }

    /// Returns a bookmark for a watch that has received all events.
    pub(crate) fn bookmark(&self, watch: &Watch) -> Bytes {
        bookmark(&watch.target, self.store.revision(), false)
    }
}

fn line(type_: &str, object: &[u8]) -> Bytes {
    let mut line = Vec::with_capacity(object.len() + 32);
    line.extend_from_slice(b"{\"type\":\"");
    line.extend_from_slice(type_.as_bytes());
    line.extend_from_slice(b"\",\"object\":");
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    line.into()
}

/// The prefix of error events.
const ERROR: &[u8] = br#"{"type":"ERROR""#;

fn error(failure: &Failure) -> Bytes {
    line("ERROR", failure.to_status().to_string().as_bytes())
}

fn bookmark(target: &Target, revision: u64, ends_initial: bool) -> Bytes {
    let mut object = json!({
        "kind": target.kind.names.kind,
        "apiVersion": target.api_version(),
        "metadata": {"resourceVersion": revision.to_string()},
    });
    target.kind.normalize(&mut object);
    if ends_initial {
        object["metadata"]["annotations"] = json!({metadata::INITIAL_EVENTS_END: "true"});
    }
    line("BOOKMARK", object.to_string().as_bytes())
}

impl Watch {
    /// Returns the error events before the first other event.
    pub(crate) fn leading_errors(events: Vec<Bytes>) -> Vec<Bytes> {
        events.into_iter().take_while(|event| event.starts_with(ERROR)).collect()
    }

    /// Replaces the objects of events by another representation.
    pub(crate) fn map_objects(events: Vec<Bytes>, mut convert: impl FnMut(&Value) -> Value) -> Vec<Bytes> {
        let each = |event: Bytes| {
            if event.starts_with(ERROR) {
                return event;
            }
            let value: Value = crate::json::decode_stored(&event);
            // The API server writes the type first; clients may rely on it to decode events without a copy.
            line(value["type"].as_str().unwrap_or_default(), &json::write(&convert(&value["object"])))
        };
        events.into_iter().map(each).collect()
    }
}
