//! An event before it is sent.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Resource;

use super::name::Names;
use super::reporter::Reporter;

/// The maximum length of a reason, an action and an instance, in bytes.
///
/// Source: `kubernetes/pkg/apis/core/validation/events.go`.
pub(super) const MAX_LENGTH: usize = 128;
/// The maximum length of a note, in bytes.
const MAX_NOTE: usize = 1024;
/// The end of a note that was cut.
const ELLIPSIS: &str = "...";

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// Information only.
    Normal,
    /// Something that may need attention.
    Warning,
}

impl fmt::Display for EventType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        })
    }
}

/// An event to record.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub(super) regarding: ObjectReference,
    pub(super) related: Option<ObjectReference>,
    pub(super) type_: EventType,
    pub(super) reason: String,
    pub(super) action: String,
    pub(super) note: String,
    annotations: BTreeMap<String, String>,
}

/// Returns a reference to an object, for [`NewEvent::new`].
pub fn object_reference<K: Resource>(object: &K, kind: &K::DynamicType) -> ObjectReference {
    ObjectReference { resource_version: object.meta().resource_version.clone(), ..object.object_ref(kind) }
}

impl NewEvent {
    /// Creates an event about an object. Reason and action are short, machine-readable words in upper camel case: why, and what
    /// the controller did or tried. The note is a sentence for people. Texts that are too long for the API server are cut.
    pub fn new(
        regarding: ObjectReference,
        type_: EventType,
        reason: impl Into<String>,
        action: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        NewEvent {
            regarding,
            related: None,
            type_,
            reason: cut(reason.into(), MAX_LENGTH, ""),
            action: cut(action.into(), MAX_LENGTH, ""),
            note: cut(note.into(), MAX_NOTE, ELLIPSIS),
            annotations: BTreeMap::new(),
        }
    }

    /// Sets another object that is concerned, such as one that was created.
    pub fn related(self, object: ObjectReference) -> Self {
        NewEvent { related: Some(object), ..self }
    }

    /// Sets an annotation of the event.
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Returns the event with another note.
    pub(super) fn with_note(self, note: String) -> Self {
        NewEvent { note: cut(note, MAX_NOTE, ELLIPSIS), ..self }
    }

    /// Returns the event as it is sent.
    ///
    /// Source: `makeEvent` of `k8s.io/client-go/tools/events/event_recorder.go`.
    pub(super) fn into_event(self, reporter: &Reporter, names: &Names, time: Timestamp) -> Event {
        let namespace = self.regarding.namespace.clone().filter(|namespace| !namespace.is_empty());
        let metadata = ObjectMeta {
            name: Some(names.next(self.regarding.name.as_deref().unwrap_or_default(), time)),
            namespace: Some(namespace.unwrap_or_else(|| "default".to_owned())),
            annotations: Some(self.annotations).filter(|annotations| !annotations.is_empty()),
            ..ObjectMeta::default()
        };
        Event {
            metadata,
            event_time: Some(MicroTime(time)),
            reporting_controller: Some(reporter.controller.clone()),
            reporting_instance: Some(reporter.instance.clone()),
            action: Some(self.action),
            reason: Some(self.reason),
            regarding: Some(self.regarding),
            related: self.related,
            note: Some(self.note),
            type_: Some(self.type_.to_string()),
            ..Event::default()
        }
    }
}

/// Cuts a text to a length in bytes, between two characters.
pub(super) fn cut(mut text: String, max: usize, end: &str) -> String {
    if text.len() > max {
        let mut length = max - end.len();
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        text.truncate(length);
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("abc".to_owned(), 3, "..."), "abc");
        assert_eq!(cut("abcdefg".to_owned(), 6, "..."), "abc...");
        assert_eq!(cut("äöü".to_owned(), 5, ""), "äö");
        assert_eq!(cut("ab🙂cd".to_owned(), 8, "..."), "ab🙂cd");
        assert_eq!(cut("ab🙂cd".to_owned(), 7, "..."), "ab...");
    }

    #[test]
    fn event_is_in_the_namespace_of_its_object_or_in_default() {
        let (reporter, names) = (Reporter::new("c").unwrap(), Names::default());
        let namespace = |namespace: Option<&str>| {
            let regarding = ObjectReference { namespace: namespace.map(str::to_owned), ..ObjectReference::default() };
            let event = NewEvent::new(regarding, EventType::Normal, "R", "A", "n");
            event.into_event(&reporter, &names, Timestamp::now()).metadata.namespace.unwrap_or_default()
        };
        assert_eq!([Some("a"), None, Some("")].map(namespace), ["a", "default", "default"]);
    }
}
