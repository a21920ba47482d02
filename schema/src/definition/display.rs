//! Values in messages, as Go formats the API server's internal types as JSON: all fields, by their names in Go.

use serde_json::{Map, Value};

use super::fields::{Presence, RULE, SCHEMA, Shape, Struct, VERSION};
use super::internal::Spec;
use super::props::{Items, Props};
use crate::object::go;

/// Returns whether a field has the zero value of its type. Objects and numbers are pointers: not zero if set.
pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
    }
}

/// Formats `spec.versions`, without values shared by all versions.
pub(super) fn versions(spec: &Spec<'_>) -> String {
    if spec.spec.get("versions").is_none() {
        return NULL.to_owned();
    }
    let versions = spec.versions.iter().map(|version| {
        let mut unshared = version.version.0.clone();
        if let Some(fields) = unshared.as_object_mut() {
            let shared = [
                ("schema", version.schema.is_none()),
                ("subresources", version.subresources.is_none()),
                ("additionalPrinterColumns", version.columns.is_empty()),
                ("selectableFields", version.selectable_fields.is_empty()),
            ];
            shared.into_iter().filter(|(_, is_shared)| *is_shared).for_each(|(name, _)| drop(fields.remove(name)));
        }
        format_struct(&VERSION, &unshared)
    });
    list(versions)
}

/// Formats a schema.
pub(super) fn schema(schema: Props<'_>) -> String {
    format_struct(&SCHEMA, schema.0)
}

/// Formats a rule.
pub(super) fn rule(rule: Props<'_>) -> String {
    format_struct(&RULE, rule.0)
}

/// Formats the `items` of a schema.
pub(super) fn items(of: Props<'_>) -> String {
    match of.items() {
        None => NULL.to_owned(),
        Some(Items::Many([])) => "{\"Schema\":null,\"JSONSchemas\":null}".to_owned(),
        Some(Items::One(inner)) => format!("{{\"Schema\":{},\"JSONSchemas\":null}}", schema(inner)),
        Some(Items::Many(inner)) => {
            let all = list(inner.iter().map(|inner| format_struct(&SCHEMA, inner)));
            format!("{{\"Schema\":null,\"JSONSchemas\":{all}}}")
        }
    }
}

const NULL: &str = "null";

fn format_struct(of: &Struct, value: &Value) -> String {
    let fields = of.fields.iter().map(|field| {
        let inner = Props(value).get(field.json);
        format!("\"{}\":{}", field.go, format_value(&field.shape, inner, value, field.presence == Presence::Set))
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn format_value(shape: &Shape, value: Option<&Value>, parent: &Value, is_pointer: bool) -> String {
    if let Shape::OneOrMany(_) = shape {
        return items(Props(parent));
    }
    let Some(value) = value else {
        return match shape {
            Shape::Text(_) if !is_pointer => "\"\"".to_owned(),
            Shape::Flag if !is_pointer => "false".to_owned(),
            Shape::Integer(_) if !is_pointer => "0".to_owned(),
            _ => NULL.to_owned(),
        };
    };
    match *shape {
        Shape::Struct(of) => format_struct(of, value),
        Shape::List(of, _) => list(value.as_array().into_iter().flatten().map(|item| format_struct(of, item))),
        Shape::Map(of, _) => format_map(value, |inner| format_struct(of, inner)),
        Shape::OrBool(of) => {
            let inner = if value.is_object() { format_struct(of, value) } else { NULL.to_owned() };
            format!("{{\"Allows\":{},\"Schema\":{inner}}}", value != &Value::Bool(false))
        }
        Shape::Dependencies(of) => format_map(value, |inner| match inner {
            Value::Array(_) => format!("{{\"Schema\":null,\"Property\":{}}}", go::json(inner)),
            _ => format!("{{\"Schema\":{},\"Property\":null}}", format_struct(of, inner)),
        }),
        _ => go::json(value),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn format_map(value: &Value, format: impl Fn(&Value) -> String) -> String {
    let empty = Map::new();
    let mut entries: Vec<_> = value.as_object().unwrap_or(&empty).iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    let entries =
        entries.into_iter().map(|(name, inner)| format!("{}:{}", go::json(&name.as_str().into()), format(inner)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}
