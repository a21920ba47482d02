//! Checks that need no API server: list maps and sets.
//!
//! Source of the rules: `structured-merge-diff/typed/validate.go`, `helpers.go` (`keyedAssociativeListItemToPathElement`).

use std::collections::HashMap;

use serde_json::Value;

use super::shape::{Below, Field, Key, Shape, Topology};
use super::{ConfigurationError, Fields};
use crate::decode::depth;
use crate::decode::stack;
use crate::types::Json;

/// Checks the lists of a configuration.
pub(super) fn check(fields: &Fields, shape: &Shape) -> Result<(), ConfigurationError> {
    if let Some(error) = fields.error() {
        return Err(error.clone());
    }
    let json: &Value = fields.json();
    stack::with_stack_for(depth::of_value(json), || object(json, shape, ""))
}

fn object(value: &Value, shape: &Shape, path: &str) -> Result<(), ConfigurationError> {
    let Value::Object(fields) = value else { return Ok(()) };
    for (name, value) in fields {
        if let Some(field) = shape.field(name) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self::field(value, field, &path)?;
        }
    }
    Ok(())
}

fn field(value: &Value, field: &Field, path: &str) -> Result<(), ConfigurationError> {
    match (field.topology, value) {
        (Topology::Map(keys), Value::Array(items)) => map(items, keys, field, path)?,
        (Topology::Set, Value::Array(items)) => set(items, field, path)?,
        _ => {}
    }
    match (field.below, value) {
        (Below::Object(shape), value) => object(value, shape, path),
        (Below::Items(shape), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, item)| object(item, shape, &format!("{path}[{index}]")))
        }
        (Below::Values(shape), Value::Object(values)) => {
            values.iter().try_for_each(|(key, value)| object(value, shape, &format!("{path}.{key}")))
        }
        _ => Ok(()),
    }
}

fn map(items: &[Value], keys: &'static [Key], field: &Field, path: &str) -> Result<(), ConfigurationError> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (second, item) in items.iter().enumerate() {
        let identity = identity(item, keys)
            .map_err(|key| ConfigurationError::MissingKey { path: format!("{path}[{second}]"), key: key.to_owned() })?;
        if let Some(first) = seen.insert(identity.clone(), second) {
            let keys = if field.secret { "[redacted]".to_owned() } else { identity };
            return Err(ConfigurationError::DuplicateKey { path: path.to_owned(), keys, first, second });
        }
    }
    Ok(())
}

/// Returns the keys of an item as text, or the name of a key that is missing.
pub(super) fn identity(item: &Value, keys: &'static [Key]) -> Result<String, &'static str> {
    let mut texts = Vec::new();
    for Key { name, default } in keys {
        let value = match (item.get(*name).filter(|value| !value.is_null()), default) {
            (Some(value), _) => scalar(value),
            (None, Some(default)) => {
                serde_json::from_str(default).map_or_else(|_| (*default).to_owned(), |value| scalar(&value))
            }
            (None, None) => return Err(name),
        };
        texts.push(format!("{name}={value}"));
    }
    Ok(texts.join(","))
}

/// Returns a value as text that is equal for an integer and a float of the same value.
pub(super) fn scalar(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.as_i64().is_none() && value.as_u64().is_none() => number.to_string(),
        _ => {
            let levels = depth::of_value(value);
            stack::with_stack_for(levels, || value.to_string())
        }
    }
}

fn set(items: &[Value], field: &Field, path: &str) -> Result<(), ConfigurationError> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (second, item) in items.iter().enumerate() {
        let text = scalar(item);
        if let Some(first) = seen.insert(text.clone(), second) {
            let value = if field.secret { "[redacted]".to_owned() } else { text };
            return Err(ConfigurationError::DuplicateItem { path: path.to_owned(), value, first, second });
        }
    }
    Ok(())
}

/// Returns a copy of a configuration for debug output, without the values that are hidden.
pub(super) fn visible(fields: &Fields, shape: &Shape) -> Json {
    let mut copy = fields.json().clone();
    stack::with_stack_for(depth::of_value(&copy), || hide(&mut copy, shape));
    copy
}

fn hide(value: &mut Value, shape: &Shape) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let Some(field) = shape.field(name) else { continue };
        if field.secret {
            drop(Json::from(std::mem::replace(value, Value::from("[redacted]"))));
            continue;
        }
        match (field.below, value) {
            (Below::Object(shape), value) => hide(value, shape),
            (Below::Items(shape), Value::Array(items)) => items.iter_mut().for_each(|item| hide(item, shape)),
            (Below::Values(shape), Value::Object(values)) => values.values_mut().for_each(|value| hide(value, shape)),
            _ => {}
        }
    }
}
