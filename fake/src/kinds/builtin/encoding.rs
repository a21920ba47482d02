//! The encoding of Go structs for built-in kinds.
//!
//! Source: the tags of `k8s.io/api/core/v1/types.go` and `coordination/v1/types.go`; `stringData` in
//! `kubernetes/pkg/apis/core/v1/conversion.go`.

use kube_structural_schema::definition;
use serde_json::{Map, Value, json};

use crate::json::base64;
use crate::json::time::{self, Layout};
use crate::kinds::Rules;

/// Applies the kind-specific decoding to an object: normalizes times of events, and sets defaults.
pub(crate) fn apply_decoding(rules: Rules, object: &mut Value) -> Result<(), String> {
    if rules == Rules::Definition {
        definition::set_defaults(object);
    }
    if rules == Rules::Namespace {
        super::prepare::label_namespace(object);
        super::prepare::activate_namespace(object);
    }
    let Some(fields) = object.as_object_mut() else { return Ok(()) };
    match rules {
        Rules::Secret => {
            if fields.get("type").and_then(Value::as_str).is_none_or(str::is_empty) {
                fields.insert("type".to_owned(), "Opaque".into());
            }
            fold_string_data(fields);
        }
        Rules::Event(form) => {
            normalize_times(fields, &["eventTime"], Layout::Micros)?;
            let seconds = ["firstTimestamp", "lastTimestamp"].map(|name| form.name(name));
            normalize_times(fields, &seconds, Layout::Seconds)?;
            normalize_nested_times(fields.get_mut("series"), &["lastObservedTime"], Layout::Micros)?;
        }
        _ => {}
    }
    Ok(())
}

/// Omits and adds fields as Go's JSON encoder does.
pub(crate) fn normalize(rules: Rules, object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    match rules {
        Rules::Secret | Rules::ConfigMap => {
            for name in ["data", "stringData", "binaryData"] {
                if let Some(Value::Object(entries)) = fields.get_mut(name) {
                    entries.values_mut().filter(|value| value.is_null()).for_each(|value| *value = "".into());
                }
            }
            let is_omitted = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            fields.retain(|name, value| name == "metadata" || !is_omitted(value));
        }
        Rules::Event(form) => super::event::normalize(form, fields),
        Rules::Definition => definition::normalize(fields),
        _ => {}
    }
}

/// Normalizes times of a nested object.
fn normalize_nested_times(object: Option<&mut Value>, names: &[&str], layout: Layout) -> Result<(), String> {
    object.and_then(Value::as_object_mut).map_or(Ok(()), |fields| normalize_times(fields, names, layout))
}

fn normalize_times(fields: &mut Map<String, Value>, names: &[&str], layout: Layout) -> Result<(), String> {
    for name in names {
        if let Some(Value::String(text)) = fields.get_mut(*name) {
            *text = time::normalize(text, layout)?;
        }
    }
    Ok(())
}

/// Moves `stringData`, which is write-only, to `data`.
fn fold_string_data(fields: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert(Value::Null);
    if data.is_null() {
        *data = json!({});
    }
    if let Some(data) = data.as_object_mut() {
        for (name, text) in texts {
            data.insert(name, base64::encode(text.as_str().unwrap_or_default()).into());
        }
    }
}
