//! Watches: what happens after a version, told to whoever selects it.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use super::list::parse_version;
use super::{ListOptions, Registry, Selection, Target, metadata};
use crate::json;
use crate::status::Failure;
use crate::store::{After, Change, Stored};

/// What a watch is to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchOptions {
    pub(crate) selection: Selection,
    pub(crate) resource_version: String,
    pub(crate) bookmarks: bool,
    pub(crate) initial_events: Option<bool>,
    /// Whether its time was over before it began.
    pub(crate) is_over: bool,
}

/// A watch: a place in the history of a kind.
pub(crate) struct Watch {
    pub(crate) target: Target,
    selection: Selection,
    /// How far the watcher has been told.
    pub(crate) at: u64,
    pub(crate) news: Receiver<u64>,
    era: u64,
    /// What is told before anything else.
    first: Vec<Bytes>,
    pub(crate) bookmarks: bool,
    /// Whether what is told first is all.
    ends: bool,
}

/// What a watcher is told next.
pub(crate) enum Delivery {
    /// Events, a line each.
    Events(Vec<Bytes>),
    /// A last event, and the end.
    End(Option<Bytes>),
    /// Nothing yet.
    Nothing,
}

/// How many changes are looked at in one turn.
const TURN: usize = 512;

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
            news: self.store.news(&space),
            era: self.store.era(&space),
            first: Vec::new(),
            bookmarks: options.bookmarks,
            ends: options.is_over || (initial && version > current),
        };
        if options.is_over {
            watch.first.push(error(&Failure::out_of_time()));
        } else if watch.ends {
            watch.first.push(error(&Failure::too_large_version(version, current)));
        } else if initial {
            let list = ListOptions { selection: options.selection.clone(), ..ListOptions::default() };
            let page = self.list(target, &list)?;
            watch.first.extend(page.items.iter().map(|item| line("ADDED", item)));
            // Only who asks for the first events is told where they end.
            if options.bookmarks && options.initial_events == Some(true) {
                watch.first.push(bookmark(target, current, true));
            }
        }
        Ok(watch)
    }

    /// What a watcher is told now.
    pub(crate) fn next(&mut self, watch: &mut Watch) -> Delivery {
        if !watch.first.is_empty() {
            return Delivery::Events(std::mem::take(&mut watch.first));
        }
        let space = watch.target.kind.space();
        if watch.ends || self.store.era(&space) != watch.era {
            return Delivery::End(None);
        }
        watch.news.mark_unchanged();
        let changes = match self.store.changes_after(&space, watch.at, TURN) {
            Ok(changes) => changes,
            Err(compacted) => {
                let oldest = compacted.oldest;
                let failure = Failure::expired(format!("too old resource version: {} ({oldest})", watch.at));
                return Delivery::End(Some(error(&failure)));
            }
        };
        let Some(last) = changes.last() else { return Delivery::Nothing };
        watch.at = last.revision;
        let events: Vec<Bytes> = changes.iter().filter_map(|change| Self::event(watch, change)).collect();
        Delivery::Events(events)
    }

    /// How a watcher sees a change.
    fn event(watch: &Watch, change: &Change) -> Option<Bytes> {
        let target = &watch.target;
        if !target.namespace.is_empty() && *change.key.namespace != *target.namespace {
            return None;
        }
        let read = |stored: &Stored| Self::read_json(&target.kind, target.version(), stored);
        let before = change.before.as_ref().map(|entry| &entry.value);
        if watch.selection.is_everything() {
            return Some(match (&change.after, before) {
                (After::There(stored), None) => line("ADDED", &read(stored)),
                (After::There(stored), Some(_)) => line("MODIFIED", &read(stored)),
                (After::Gone(stored), _) => line("DELETED", &read(stored)),
            });
        }
        let decode = |stored: &Stored| Self::decode(&target.kind, target.version(), stored);
        let selected = |stored: &Stored| watch.selection.selects(&decode(stored));
        let was = before.is_some_and(selected);
        match &change.after {
            After::There(stored) => match (was, selected(stored)) {
                (false, true) => Some(line("ADDED", &read(stored))),
                (true, true) => Some(line("MODIFIED", &read(stored))),
                (true, false) => {
                    // It is told as it was when it was last selected, at the version at which it no longer is.
                    let mut object = decode(before?);
                    metadata::set(&mut object, "resourceVersion", Some(change.revision.to_string().into()));
                    Some(line("DELETED", &json::write(&object)))
                }
                (false, false) => None,
            },
            After::Gone(stored) => was.then(|| line("DELETED", &read(stored))),
        }
    }

    /// A bookmark for a watcher that has been told everything.
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

/// How an event that is an error begins.
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
    target.kind.as_written(&mut object);
    if ends_initial {
        object["metadata"]["annotations"] = json!({metadata::INITIAL_EVENTS_END: "true"});
    }
    line("BOOKMARK", object.to_string().as_bytes())
}

impl Watch {
    /// The events up to the first that is not an error.
    pub(crate) fn errors_first(events: Vec<Bytes>) -> Vec<Bytes> {
        events.into_iter().take_while(|event| event.starts_with(ERROR)).collect()
    }

    /// The events as another representation of their objects.
    pub(crate) fn converted_events(events: Vec<Bytes>, mut convert: impl FnMut(&Value) -> Value) -> Vec<Bytes> {
        let each = |event: Bytes| {
            let mut value: Value = crate::json::stored(&event);
            if value["type"] != "ERROR" {
                value["object"] = convert(&value["object"]);
            }
            let mut line = json::write(&value);
            line.push(b'\n');
            line.into()
        };
        events.into_iter().map(each).collect()
    }
}
