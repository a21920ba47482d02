//! Parts of cells.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::kinds::builtin::selector_text;
use crate::metadata::text;
use kube_structural_schema::columns::age;

/// A column: its name, type (with its format), priority and cell.
pub(super) type Definition = (&'static str, &'static str, i64, fn(&Value, Timestamp) -> Value);

pub(super) const AGE: Definition = ("Age", "string", 0, created_ago);

pub(super) const NONE: &str = "<none>";
pub(super) const UNSET: &str = "<unset>";

pub(super) fn created_ago(object: &Value, now: Timestamp) -> Value {
    since(text(object, "creationTimestamp"), now).into()
}

pub(super) fn created_at(object: &Value, _: Timestamp) -> Value {
    text(object, "creationTimestamp").into()
}

/// Returns the time since a timestamp.
pub(super) fn since(timestamp: &str, now: Timestamp) -> String {
    if timestamp.is_empty() { "<unknown>".to_owned() } else { age(timestamp, now) }
}

pub(super) fn str_at<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn text_at(object: &Value, pointer: &str) -> Value {
    str_at(object, pointer).into()
}

/// Returns a text, or another one if it is missing or empty.
pub(super) fn text_or(object: &Value, pointer: &str, other: &str) -> Value {
    match str_at(object, pointer) {
        "" => other.into(),
        text => text.into(),
    }
}

pub(super) fn int_at(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

pub(super) fn number(object: &Value, pointer: &str) -> Value {
    int_at(object, pointer).into()
}

pub(super) fn bool_or(object: &Value, pointer: &str, other: bool) -> Value {
    object.pointer(pointer).and_then(Value::as_bool).unwrap_or(other).into()
}

pub(super) fn items<'v>(object: &'v Value, pointer: &str) -> &'v [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn length(object: &Value, pointer: &str) -> Value {
    items(object, pointer).len().into()
}

/// Returns the texts of a field of items, separated by commas.
pub(super) fn joined(object: &Value, pointer: &str, field: &str) -> String {
    let text = |item: &Value| if field.is_empty() { item.clone() } else { item[field].clone() };
    let texts = items(object, pointer).iter().map(|item| text(item).as_str().unwrap_or_default().to_owned());
    texts.collect::<Vec<_>>().join(",")
}

/// Returns labels as kubectl prints them.
pub(super) fn labels(labels: Option<&Value>) -> Value {
    let labels = labels.and_then(Value::as_object).into_iter().flat_map(Map::iter);
    let mut texts: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    texts.sort();
    if texts.is_empty() { NONE.into() } else { texts.join(",").into() }
}

/// Returns a label selector as kubectl prints it.
pub(super) fn selector(selector: Option<&Value>) -> Value {
    match selector.map(selector_text) {
        Some(text) if !text.is_empty() => text.into(),
        _ => NONE.into(),
    }
}

/// Returns the first `max` texts, and how many there are besides.
pub(super) fn first_of(texts: &[String], max: usize, empty: &str) -> String {
    let shown = texts[..texts.len().min(max)].join(",");
    match texts.len() {
        0 => empty.to_owned(),
        count if count > max => format!("{shown} + {} more...", count - max),
        _ => shown,
    }
}

/// Whether a condition has the status `True`.
pub(super) fn is_true(object: &Value, type_: &str) -> bool {
    items(object, "/status/conditions")
        .iter()
        .any(|condition| condition["type"] == type_ && condition["status"] == "True")
}
