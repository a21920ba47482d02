//! Table columns of built-in kinds.
//!
//! Source: `kubernetes/pkg/printers/internalversion`.

use jiff::Timestamp;
use kube_structural_schema::object::go;
use serde_json::{Value, json};

use super::{Cell, Column, age};
use crate::kinds::crd;
use crate::metadata::text;

type Accessor = fn(&Value, Timestamp) -> Value;

const EVENT: &[(&str, i64, Accessor)] = &[
    ("Last Seen", 0, |object, now| seen(object, now, &["/lastTimestamp", "/deprecatedLastTimestamp"])),
    ("Type", 0, |object, _| text_at(object, "/type")),
    ("Reason", 0, |object, _| text_at(object, "/reason")),
    ("Object", 0, |object, _| about(object)),
    ("Subobject", 1, |object, _| first_text(object, &["/involvedObject/fieldPath", "/regarding/fieldPath"])),
    ("Source", 1, |object, _| source(object)),
    ("Message", 0, |object, _| first_text(object, &["/message", "/note"]).as_str().unwrap_or_default().trim().into()),
    ("First Seen", 1, |object, now| seen(object, now, &["/firstTimestamp", "/deprecatedFirstTimestamp"])),
    ("Count", 1, |object, _| times(object)),
    ("Name", 1, |object, _| text(object, "name").into()),
];

const DEFINITION: &[(&str, i64, Accessor)] = &[
    ("Scope", 0, |object, _| text_at(object, "/spec/scope")),
    ("Versions", 0, |object, _| versions(object)),
    ("Created At", 0, created_at),
    ("Group", 1, |object, _| text_at(object, "/spec/group")),
    ("Kind", 1, |object, _| text_at(object, "/spec/names/kind")),
    ("ShortNames", 1, |object, _| short_names(object)),
    ("Established", 1, |object, _| crd::is_condition_true(object, "Established").into()),
];

/// Returns the columns after the name, or all columns if the name is not the first.
pub(super) fn columns(kind: &str) -> Vec<Column> {
    let columns: &[(&str, i64, Accessor)] = match kind {
        "Namespace" => &[("Status", 0, |object, _| text_at(object, "/status/phase")), ("Age", 0, created_ago)],
        "ConfigMap" => &[("Data", 0, |object, _| count(object, &["data", "binaryData"])), ("Age", 0, created_ago)],
        "Secret" => &[
            ("Type", 0, |object, _| text_at(object, "/type")),
            ("Data", 0, |object, _| count(object, &["data"])),
            ("Age", 0, created_ago),
        ],
        "Lease" => &[("Holder", 0, |object, _| text_at(object, "/spec/holderIdentity")), ("Age", 0, created_ago)],
        "Event" => EVENT,
        "RoleBinding" | "ClusterRoleBinding" => &[("Role", 0, |object, _| role(object)), ("Age", 0, created_ago)],
        "Service" => &[
            ("Type", 0, |object, _| text_at(object, "/spec/type")),
            ("Cluster-IP", 0, |object, _| or_none(text_at(object, "/spec/clusterIP"))),
            ("Age", 0, created_ago),
        ],
        "Pod" => &[("Status", 0, |object, _| text_at(object, "/status/phase")), ("Age", 0, created_ago)],
        "Deployment" => &[
            ("Ready", 0, |object, _| ready(object)),
            ("Up-to-date", 0, |object, _| number(object, "/status/updatedReplicas")),
            ("Available", 0, |object, _| number(object, "/status/availableReplicas")),
            ("Age", 0, created_ago),
        ],
        "ServiceAccount" => &[("Age", 0, created_ago)],
        "CustomResourceDefinition" => DEFINITION,
        "Scale" => &[
            ("Desired", 0, |object, _| number(object, "/spec/replicas")),
            ("Available", 0, |object, _| number(object, "/status/replicas")),
            ("Age", 0, created_ago),
        ],
        _ => &[("Created At", 0, created_at)],
    };
    let column = |(name, priority, accessor): &(&str, i64, Accessor)| {
        let type_ = match *name {
            "Created At" => "date",
            "Age" if kind == "Scale" => "date",
            "Desired" | "Available" if kind == "Scale" => "integer",
            "Established" => "boolean",
            _ => "string",
        };
        let format = if *name == "Name" { "name" } else { "" };
        Column { format: format.to_owned(), cell: Cell::Function(*accessor), ..Column::of(name, type_, *priority) }
    };
    columns.iter().map(column).collect()
}

fn text_at(object: &Value, pointer: &str) -> Value {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().into()
}

fn first_text(object: &Value, pointers: &[&str]) -> Value {
    let mut found = pointers.iter().filter_map(|pointer| object.pointer(pointer).and_then(Value::as_str));
    found.next().unwrap_or_default().into()
}

fn or_none(value: Value) -> Value {
    if value == "" { "<none>".into() } else { value }
}

fn number(object: &Value, pointer: &str) -> Value {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default().into()
}

fn created_ago(object: &Value, now: Timestamp) -> Value {
    age(text(object, "creationTimestamp"), now).into()
}

fn created_at(object: &Value, _: Timestamp) -> Value {
    text(object, "creationTimestamp").into()
}

fn count(object: &Value, fields: &[&str]) -> Value {
    let sizes = fields.iter().map(|field| object[*field].as_object().map_or(0, serde_json::Map::len));
    sizes.sum::<usize>().into()
}

fn ready(object: &Value) -> Value {
    let desired = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    format!("{}/{desired}", number(object, "/status/readyReplicas")).into()
}

fn role(object: &Value) -> Value {
    let part = |name: &str| object["roleRef"][name].as_str().unwrap_or_default();
    format!("{}/{}", part("kind"), part("name")).into()
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
