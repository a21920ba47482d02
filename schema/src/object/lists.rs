//! Uniqueness of items in sets and associative lists.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::FieldError;
use super::go;
use super::path::Path;
use crate::schema::{Additional, ListType, Schema};

/// Returns errors for duplicate items in lists of `x-kubernetes-list-type: set` and `map`.
pub fn validate_lists(schema: &Schema, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check(schema, object, &Path::ROOT, &mut errors);
    errors
}

fn check(schema: &Schema, value: &Value, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                // A name that is a property and a map key is checked for both; duplicate errors are removed later.
                if let Some(property) = schema.properties.get(name) {
                    check(property, value, &path.field(name), errors);
                }
                if let Some(Additional::Schema(values)) = &schema.additional_properties {
                    check(values, value, &path.key(name), errors);
                }
            }
        }
        Value::Array(items) => {
            match schema.list_type {
                Some(ListType::Set) => duplicates(items, items, path, errors),
                Some(ListType::Map) => duplicate_keys(schema, items, path, errors),
                Some(ListType::Atomic) | None => {}
            }
            if let Some(schema) = &schema.items {
                for (index, item) in items.iter().enumerate() {
                    check(schema, item, &path.item(index), errors);
                }
            }
        }
        _ => {}
    }
}

/// Reports the second of equal values, not the third; the error shows the entry of `shown`.
fn duplicates(displayed: &[Value], values: &[Value], path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let mark = if value.is_f64() { "f" } else { "" };
        let times = seen.entry(format!("{mark}{}", go::json(value))).or_default();
        *times += 1;
        if *times == 2 {
            errors.push(FieldError::duplicate(path.item(index).text(), displayed[index].clone()));
        }
    }
}

fn duplicate_keys(schema: &Schema, items: &[Value], path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if let Some(index) = items.iter().position(|item| !item.is_object() && !item.is_null()) {
        let detail = "must be an object for an array of list-type map";
        errors.push(FieldError::invalid(path.item(index).text(), items[index].clone(), detail));
        return;
    }
    let key = |item: &Value| {
        let fields = schema.list_map_keys.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone())));
        Value::Object(fields.collect::<Map<String, Value>>())
    };
    let keys: Vec<Value> = items.iter().map(key).collect();
    // A single key is compared like an item of a set: an integer and a float differ.
    match schema.list_map_keys.as_slice() {
        [name] => {
            let key_value = |key: &Value| key.get(name).unwrap_or(key).clone();
            duplicates(&keys, &keys.iter().map(key_value).collect::<Vec<_>>(), path, errors);
        }
        _ => duplicates(&keys, &keys, path, errors),
    }
}
