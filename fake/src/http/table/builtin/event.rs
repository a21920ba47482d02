//! Columns of events and of custom resource definitions.

use jiff::Timestamp;
use kube_structural_schema::object::go;
use serde_json::{Value, json};

use super::cells::{Definition, created_at, text_at};
use crate::kinds::crd;
use crate::metadata::text;
use kube_structural_schema::columns::age;

pub(super) const EVENT: &[Definition] = &[
    ("Last Seen", "string", 0, |object, now| seen(object, now, &["/lastTimestamp", "/deprecatedLastTimestamp"])),
    ("Type", "string", 0, |object, _| text_at(object, "/type")),
    ("Reason", "string", 0, |object, _| text_at(object, "/reason")),
    ("Object", "string", 0, |object, _| about(object)),
    ("Subobject", "string", 1, |object, _| first_text(object, &["/involvedObject/fieldPath", "/regarding/fieldPath"])),
    ("Source", "string", 1, |object, _| source(object)),
    ("Message", "string", 0, |object, _| {
        first_text(object, &["/message", "/note"]).as_str().unwrap_or_default().trim().into()
    }),
    ("First Seen", "string", 1, |object, now| seen(object, now, &["/firstTimestamp", "/deprecatedFirstTimestamp"])),
    ("Count", "string", 1, |object, _| times(object)),
    ("Name", "string name", 1, |object, _| text(object, "name").into()),
];

pub(super) const DEFINITION: &[Definition] = &[
    ("Scope", "string", 0, |object, _| text_at(object, "/spec/scope")),
    ("Versions", "string", 0, |object, _| versions(object)),
    ("Created At", "date", 0, created_at),
    ("Group", "string", 1, |object, _| text_at(object, "/spec/group")),
    ("Kind", "string", 1, |object, _| text_at(object, "/spec/names/kind")),
    ("ShortNames", "string", 1, |object, _| short_names(object)),
    ("Established", "boolean", 1, |object, _| crd::is_condition_true(object, "Established").into()),
];

fn first_text(object: &Value, pointers: &[&str]) -> Value {
    let mut found = pointers.iter().filter_map(|pointer| object.pointer(pointer).and_then(Value::as_str));
    found.next().unwrap_or_default().into()
}

fn versions(object: &Value) -> Value {
    let versions = object.pointer("/spec/versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |version: &Value| {
        let stored = if version["storage"] == json!(true) { "(storage)" } else { "" };
        format!("{}{stored}", go::plain(&version["name"]))
    };
    let mut names: Vec<String> = versions.iter().filter(|version| version["served"] == json!(true)).map(name).collect();
    names.sort();
    names.join(",").into()
}

fn short_names(object: &Value) -> Value {
    let names = object.pointer("/spec/names/shortNames").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).collect::<Vec<_>>().join(",").into()
}

fn about(object: &Value) -> Value {
    let target = ["involvedObject", "regarding"].iter().find_map(|name| object.get(*name)).unwrap_or(&Value::Null);
    let part = |name: &str| target[name].as_str().unwrap_or_default();
    let kind = part("kind").to_lowercase();
    if part("name").is_empty() { kind.into() } else { format!("{kind}/{}", part("name")).into() }
}

/// Returns the component and the instance that reported an event.
fn source(object: &Value) -> Value {
    let first_non_empty = |pointers: &[&str]| {
        let mut found = pointers.iter().filter_map(|pointer| object.pointer(pointer).and_then(Value::as_str));
        found.find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    };
    let component = first_non_empty(&[
        "/source/component",
        "/deprecatedSource/component",
        "/reportingComponent",
        "/reportingController",
    ]);
    let instance = first_non_empty(&["/source/host", "/deprecatedSource/host", "/reportingInstance"]);
    if instance.is_empty() { component.into() } else { format!("{component}, {instance}").into() }
}

/// Returns how often an event was seen, by default once.
fn times(object: &Value) -> Value {
    let pointers = ["/series/count", "/count", "/deprecatedCount"];
    let mut found = pointers.iter().filter_map(|pointer| object.pointer(pointer).and_then(Value::as_i64));
    found.find(|count| *count != 0).unwrap_or(1).into()
}

/// Returns how long ago an event was seen; new events only have the time of their creation.
fn seen(object: &Value, now: Timestamp, pointers: &[&str]) -> Value {
    let mut pointers = pointers.to_vec();
    pointers.push("/eventTime");
    match first_text(object, &pointers).as_str() {
        None | Some("") => "<unknown>".into(),
        Some(text) => age(text, now).into(),
    }
}
