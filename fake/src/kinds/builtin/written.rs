//! Objects of Kubernetes' own kinds in the form in which Go's structs are written.
//!
//! Source: the tags of `k8s.io/api/core/v1/types.go` and `coordination/v1/types.go`; `stringData` in
//! `kubernetes/pkg/apis/core/v1/conversion.go`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use kube_structural_schema::definition::{self, is_zero};
use serde_json::{Map, Value, json};

use crate::json::time::{self, Layout};
use crate::kinds::Rules;

/// Go does not mind bits that are left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Converts a decoded object as its Go type does: texts become bytes, and defaults are set.
pub(crate) fn fill_in(rules: Rules, object: &mut Value) -> Result<(), String> {
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
            same_bytes(fields, "data")?;
            fold_string_data(fields);
        }
        Rules::ConfigMap => same_bytes(fields, "binaryData")?,
        Rules::Lease => times(fields.get_mut("spec"), &["acquireTime", "renewTime"], Layout::Micros)?,
        Rules::Event(form) => {
            times_of(fields, &["eventTime"], Layout::Micros)?;
            let seconds = ["firstTimestamp", "lastTimestamp"].map(|name| form.name(name));
            times_of(fields, &seconds, Layout::Seconds)?;
            times(fields.get_mut("series"), &["lastObservedTime"], Layout::Micros)?;
        }
        _ => {}
    }
    Ok(())
}

/// Removes empty fields that Go omits, and adds those that it always serializes.
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
        Rules::Event(form) => super::event::as_written(form, fields),
        Rules::Namespace => {
            for name in ["spec", "status"] {
                let part = fields.entry(name).or_insert_with(|| json!({}));
                match part {
                    Value::Object(part) => part.retain(|_, value| !is_zero(value)),
                    Value::Null => *part = json!({}),
                    _ => {}
                }
            }
        }
        Rules::Definition => definition::normalize(fields),
        _ => {}
    }
}

/// Times of an object within, in the form in which Go writes them.
fn times(object: Option<&mut Value>, names: &[&str], layout: Layout) -> Result<(), String> {
    object.and_then(Value::as_object_mut).map_or(Ok(()), |fields| times_of(fields, names, layout))
}

fn times_of(fields: &mut Map<String, Value>, names: &[&str], layout: Layout) -> Result<(), String> {
    for name in names {
        if let Some(Value::String(text)) = fields.get_mut(*name) {
            *text = time::normalised(text, layout)?;
        }
    }
    Ok(())
}

/// Bytes are decoded and encoded again.
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
