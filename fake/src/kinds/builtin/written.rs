//! Objects of Kubernetes' own kinds in the form in which Go's structs are written.
//!
//! Source: the tags of `k8s.io/api/core/v1/types.go` and `coordination/v1/types.go`; `stringData` in
//! `kubernetes/pkg/apis/core/v1/conversion.go`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

use crate::kinds::{Rules, crd};

/// Go does not mind bits that are left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Fields of an event that are written even where they are empty.
fn always() -> [(&'static str, Value); 7] {
    [
        ("eventTime", Value::Null),
        ("firstTimestamp", Value::Null),
        ("lastTimestamp", Value::Null),
        ("involvedObject", json!({})),
        ("source", json!({})),
        ("reportingComponent", "".into()),
        ("reportingInstance", "".into()),
    ]
}

/// Makes of an object that was read what its kind makes of it: texts become bytes, and defaults are filled in.
pub(crate) fn fill_in(rules: Rules, object: &mut Value) -> Result<(), String> {
    let Some(fields) = object.as_object_mut() else { return Ok(()) };
    match rules {
        Rules::Secret => {
            if fields.get("type").and_then(Value::as_str).is_none_or(str::is_empty) {
                fields.insert("type".to_owned(), "Opaque".into());
            }
            same_bytes(fields, "data")?;
            fold_string_data(fields);
        }
        Rules::ConfigMap => same_bytes(fields, "binaryData")?,
        Rules::Definition => {
            if let Some(Value::Object(spec)) = fields.get_mut("spec") {
                crd::fill_in(spec);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Takes away what Go leaves out where it is empty, and adds what it does not.
pub(crate) fn as_written(rules: Rules, object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    match rules {
        Rules::Secret | Rules::ConfigMap => {
            for name in ["data", "stringData", "binaryData"] {
                if let Some(Value::Object(entries)) = fields.get_mut(name) {
                    entries.values_mut().filter(|value| value.is_null()).for_each(|value| *value = "".into());
                }
            }
            let is_left_out = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            fields.retain(|name, value| name == "metadata" || !is_left_out(value));
        }
        Rules::Lease => {
            let spec = fields.entry("spec").or_insert_with(|| json!({}));
            match spec {
                Value::Object(spec) => spec.retain(|_, value| !value.is_null()),
                Value::Null => *spec = json!({}),
                _ => {}
            }
        }
        Rules::Event => event(fields),
        _ => {}
    }
}

fn event(fields: &mut Map<String, Value>) {
    for name in ["involvedObject", "source", "related"] {
        if let Some(Value::Object(inner)) = fields.get_mut(name) {
            inner.retain(|_, value| !is_empty(value));
        }
    }
    // What is pointed to is written, however empty it is.
    let is_pointer = |name: &str| name == "related" || name == "series";
    fields.retain(|name, value| name == "metadata" || (is_pointer(name) && !value.is_null()) || !is_empty(value));
    if let Some(Value::Object(series)) = fields.get_mut("series") {
        series.entry("lastObservedTime").or_insert(Value::Null);
    }
    for (name, empty) in always() {
        fields.entry(name).or_insert(empty);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Bytes are read and written anew.
fn same_bytes(fields: &mut Map<String, Value>, name: &str) -> Result<(), String> {
    let Some(Value::Object(entries)) = fields.get_mut(name) else { return Ok(()) };
    for value in entries.values_mut() {
        if let Value::String(text) = value {
            // Go skips the ends of lines.
            let bytes = BASE64.decode(text.replace(['\r', '\n'], ""));
            let bytes =
                bytes.map_err(|error| format!("illegal base64 data at input byte {}", wrong_at(&error, text)))?;
            *text = BASE64.encode(bytes);
        }
    }
    Ok(())
}

fn wrong_at(error: &base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        // An end that is missing is told where the last group begins.
        _ => text.len() / 4 * 4,
    }
}

/// `stringData` is written to `data`, and never read.
fn fold_string_data(fields: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert(Value::Null);
    if data.is_null() {
        *data = json!({});
    }
    if let Some(data) = data.as_object_mut() {
        for (name, text) in texts {
            data.insert(name, BASE64.encode(text.as_str().unwrap_or_default()).into());
        }
    }
}
