//! Checks of objects that the API server converts into a struct without JSON: results of strategic merge patches and of
//! server-side apply.
//!
//! Source: `apimachinery/pkg/runtime/converter.go`.

use serde_json::Value;

use super::{GoType, Named, Special, Struct, quantity};
use crate::json::base64;
use crate::json::time::{self, Layout};

/// Checks that an object can be converted.
///
/// # Errors
/// Returns the message of the API server for the first field, in the order of the struct, that cannot be converted.
pub(crate) fn convertible(type_: &'static Struct, object: &Value) -> Result<(), String> {
    let Some(fields) = object.as_object() else {
        return Err(format!("cannot restore struct from: {}", kind(object)));
    };
    for field in type_.all_fields().filter(|field| !matches!(field.name, "apiVersion" | "kind")) {
        if let Some(found) = fields.get(field.name) {
            value(&field.type_, found)?;
        }
    }
    Ok(())
}

fn value(type_: &'static GoType, found: &Value) -> Result<(), String> {
    if found.is_null() {
        return Ok(());
    }
    match (type_.resolved(), found) {
        (GoType::Any, _) => Ok(()),
        (GoType::Bytes, Value::String(text)) => {
            base64::decode(text).map(drop).map_err(|error| format!("error decoding from json: {error}"))
        }
        (GoType::List(items), Value::Array(all)) => all.iter().try_for_each(|item| value(items, item)),
        (GoType::Bytes | GoType::List(_), _) => Err(format!("cannot restore slice from {}", kind(found))),
        (GoType::Map(_, values), Value::Object(all)) => all.values().try_for_each(|item| value(values, item)),
        (GoType::Map(..), _) => Err(format!("cannot restore map from {}", kind(found))),
        (GoType::Named(reference), _) => match reference.get() {
            Named::Struct(inner) => convertible(inner, found),
            Named::Special(special) => self::special(*special, found),
            Named::Alias(_) | Named::SchemaOr(..) => Ok(()),
        },
        (simple, _) => {
            self::simple(simple, found).map_err(|error| error.unwrap_or_else(|| cannot_convert(found, type_)))
        }
    }
}

fn cannot_convert(found: &Value, type_: &'static GoType) -> String {
    format!("cannot convert {} to {type_}", kind(found))
}

/// Checks a value of a simple type. Without a message, Go could convert the value, but JSON cannot.
fn simple(type_: &'static GoType, found: &Value) -> Result<(), Option<String>> {
    let is_whole = |number: &serde_json::Number| number.as_f64().is_some_and(|number| number.fract() == 0.0);
    match (type_, found) {
        (GoType::Bool, Value::Bool(_)) | (GoType::Text, Value::String(_)) | (GoType::Float64, Value::Number(_)) => {
            Ok(())
        }
        (GoType::Int32 | GoType::Int64, Value::Number(number)) if is_whole(number) => Ok(()),
        (GoType::Int32 | GoType::Int64, Value::Number(_)) => Err(None),
        (GoType::Text, Value::Number(number)) if number.is_i64() || number.is_u64() => Err(None),
        _ => Err(Some(format!("unrecognized type: {type_}"))),
    }
}

fn special(special: Special, found: &Value) -> Result<(), String> {
    let text = |layout| match found {
        Value::String(text) => time::normalize(text, layout).map(drop),
        _ => Err(format!("json: cannot unmarshal {} into Go value of type string", json_kind(found))),
    };
    match special {
        Special::Time => text(Layout::Seconds),
        Special::MicroTime => text(Layout::Micros),
        Special::Quantity => {
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            quantity::canonical(text.trim()).map(drop)
        }
        Special::IntOrString if !found.is_string() && !found.is_number() => {
            Err(format!("json: cannot unmarshal {} into Go value of type int32", json_kind(found)))
        }
        Special::IntOrString | Special::Duration | Special::Raw => Ok(()),
    }
}

/// Returns the kind of a value as Go names it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(_) => "number",
        other => kind(other),
    }
}
