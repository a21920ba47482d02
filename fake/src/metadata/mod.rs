//! `metadata` of objects: access, decoding and validation.

mod decode;
mod validate;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use self::decode::normalize;
pub(crate) use self::validate::{NameValidation, deduplicate, validate, validate_update};

/// The finalizer of an object whose dependents are orphaned.
pub(crate) const ORPHAN: &str = "orphan";
/// The finalizer of an object that is deleted after its dependents.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// The annotation of the bookmark after the initial events of a watch.
pub(crate) const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Whether an object is the bookmark after the initial events.
pub(crate) fn ends_initial_events(object: &Value) -> bool {
    get(object, "annotations").is_some_and(|annotations| annotations[INITIAL_EVENTS_END] == "true")
}

/// Returns a string of `metadata`; empty if it does not exist.
pub(crate) fn text<'o>(object: &'o Value, name: &str) -> &'o str {
    object.get("metadata").and_then(|metadata| metadata.get(name)).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn get<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    object.get("metadata")?.get(name)
}

/// Sets or removes a field of `metadata`.
pub(crate) fn set(object: &mut Value, name: &str, value: Option<Value>) {
    let Some(object) = object.as_object_mut() else { return };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        match value {
            Some(value) => drop(metadata.insert(name.to_owned(), value)),
            None => drop(metadata.remove(name)),
        }
    }
}

pub(crate) fn generation(object: &Value) -> i64 {
    get(object, "generation").and_then(Value::as_i64).unwrap_or_default()
}

pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    let items = get(object, "finalizers").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn is_deleting(object: &Value) -> bool {
    get(object, "deletionTimestamp").is_some()
}

/// Returns labels or annotations.
pub(crate) fn texts<'o>(object: &'o Value, name: &str) -> BTreeMap<&'o str, &'o str> {
    let fields = get(object, name).and_then(Value::as_object);
    // Null is decoded as an empty string.
    let text = |value: &'o Value| if value.is_null() { Some("") } else { value.as_str() };
    fields.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect()
}
