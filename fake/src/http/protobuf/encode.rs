//! Encoding of messages.
//!
//! As in the Go code of Kubernetes, fields that are no pointers are always written, in the order of their numbers.

use serde_json::{Map, Value};

use super::special;
use super::wire::Writer;
use crate::catalogue::{Field, GoType, Named, SchemaOr, Struct};
use crate::json::base64;

/// Writes the fields of a message.
pub(super) fn message(type_: &'static Struct, object: &Map<String, Value>, out: &mut Writer) {
    for field in type_.fields.iter().filter(|field| field.number > 0) {
        if field.name.is_empty() {
            if let Some(inlined) = field.type_.as_struct() {
                out.message(field.number, |out| message(inlined, object, out));
            }
            continue;
        }
        let value = object.get(field.name).unwrap_or(&Value::Null);
        write_field(field, value, out);
    }
}

fn write_field(field: &'static Field, value: &Value, out: &mut Writer) {
    match &field.type_ {
        GoType::Pointer(inner) if !value.is_null() => write(inner, field.number, value, out),
        GoType::Pointer(_) => {}
        GoType::List(items) => write_items(items, field.number, value, out),
        GoType::Map(_, values) => write_entries(values, field.number, value, out),
        GoType::Bytes | GoType::Any if value.is_null() => {}
        GoType::Named(reference) => match reference.get() {
            Named::Alias(GoType::Map(_, values)) => write_entries(values, field.number, value, out),
            Named::Alias(GoType::List(items)) if field.repeated => write_items(items, field.number, value, out),
            Named::Alias(GoType::List(_) | GoType::Bytes) if value.is_null() => {}
            _ => write(&field.type_, field.number, value, out),
        },
        _ => write(&field.type_, field.number, value, out),
    }
}

fn write_items(items: &'static GoType, number: u32, value: &Value, out: &mut Writer) {
    for item in value.as_array().into_iter().flatten() {
        let item_type = if let GoType::Pointer(inner) = items { inner } else { items };
        write(item_type, number, item, out);
    }
}

fn write_entries(values: &'static GoType, number: u32, value: &Value, out: &mut Writer) {
    for (key, value) in value.as_object().into_iter().flatten() {
        out.message(number, |out| {
            out.bytes(1, key.as_bytes());
            write(values, 2, value, out);
        });
    }
}

/// Writes a value; null is Go's zero value.
fn write(type_: &'static GoType, number: u32, value: &Value, out: &mut Writer) {
    match type_.resolved() {
        GoType::Bool => out.number(number, value.as_bool().unwrap_or_default().into()),
        GoType::Int32 | GoType::Int64 => out.number(number, value.as_i64().unwrap_or_default().cast_unsigned()),
        GoType::Float64 => out.float(number, value.as_f64().unwrap_or_default()),
        GoType::Text => out.bytes(number, value.as_str().unwrap_or_default().as_bytes()),
        GoType::Bytes => {
            let bytes = base64::decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            out.bytes(number, &bytes);
        }
        // A list whose type has a name is a message of its own.
        GoType::List(items) => out.message(number, |out| write_items(items, 1, value, out)),
        GoType::Map(..) | GoType::Any | GoType::Pointer(_) => {}
        GoType::Named(reference) => match reference.get() {
            Named::Struct(inner) => {
                let empty = Map::new();
                out.message(number, |out| message(inner, value.as_object().unwrap_or(&empty), out));
            }
            Named::Special(kind) => out.message(number, |out| special::encode(*kind, value, out)),
            Named::SchemaOr(or, schema) => out.message(number, |out| schema_or(*or, schema.get(), value, out)),
            Named::Alias(_) => {}
        },
    }
}

/// Writes a schema or what is in its place.
fn schema_or(or: SchemaOr, schema: &'static Named, value: &Value, out: &mut Writer) {
    let Named::Struct(schema) = schema else { return };
    if or == SchemaOr::Bool {
        out.number(1, u64::from(value.as_bool().unwrap_or(value.is_object())));
    }
    match value {
        Value::Object(object) => {
            let number = if or == SchemaOr::Bool { 2 } else { 1 };
            out.message(number, |out| message(schema, object, out));
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(object) => out.message(2, |out| message(schema, object, out)),
                    other => out.bytes(2, other.as_str().unwrap_or_default().as_bytes()),
                }
            }
        }
        _ => {}
    }
}
