//! Sets and associative lists in schemas.

use serde_json::Value;

use super::display;
use super::props::{Items, Props};
use crate::object::{ErrorKind, FieldError, Path};

/// Returns the keyword that prevents items of a set from being atomic, and its value in the message.
pub(super) fn is_invalid_set(schema: Props<'_>) -> Option<(&'static str, Value)> {
    if schema.text("x-kubernetes-list-type") != "set" {
        return None;
    }
    let items = schema.item()?;
    let list_type = items.get("x-kubernetes-list-type").cloned().unwrap_or_default();
    match items.type_() {
        "array" if !matches!(list_type.as_str(), None | Some("atomic")) => Some(("x-kubernetes-list-type", list_type)),
        // The API server reports the list type here.
        "object" if items.text("x-kubernetes-map-type") != "atomic" => Some(("x-kubernetes-map-type", list_type)),
        _ => None,
    }
}

/// Checks that an associative list has keys, and its items have their properties.
pub(super) fn map_list(schema: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    const KEYS: &str = "x-kubernetes-list-map-keys";
    let mut errors = Vec::new();
    let (keys_path, items_path) = (path.field(KEYS), path.field("items"));
    let keys: Vec<&str> = schema.texts(KEYS).collect();
    if keys.is_empty() {
        let detail = "must not be empty if x-kubernetes-list-type is map";
        errors.push(FieldError::required(keys_path.text(), detail));
    }
    let items = match schema.items() {
        None => {
            let detail = "must have a schema if x-kubernetes-list-type is map";
            errors.push(FieldError::required(items_path.text(), detail));
            return errors;
        }
        Some(Items::Many(_)) => {
            let displayed = display::items(schema);
            let detail = format!("{displayed}: must only have a single schema if x-kubernetes-list-type is map");
            errors.push(FieldError::new(ErrorKind::Invalid, items_path.text(), detail));
            return errors;
        }
        Some(Items::One(items)) => items,
    };
    if items.type_() != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        errors.push(FieldError::invalid(items_path.field("type").text(), items.type_(), detail));
        return errors;
    }
    let all = || Value::from(keys.clone());
    for (index, key) in keys.iter().enumerate() {
        match items.property(key) {
            Some(property) if matches!(property.type_(), "array" | "object") => {
                let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                let properties = items_path.field("properties");
                let field = properties.key(key).field("type").text();
                errors.push(FieldError::invalid(field, items.type_(), detail));
            }
            Some(_) => {}
            None => {
                let detail = "entries must all be names of item properties";
                errors.push(FieldError::invalid(keys_path.text(), all(), detail));
            }
        }
        if keys[..index].contains(key) {
            errors.push(FieldError::invalid(keys_path.text(), all(), "must not contain duplicate entries"));
        }
    }
    errors
}

/// Checks that items of sets and associative lists are not nullable, and keys are required.
///
/// Source: `validateMapListKeysMapSet`.
pub(super) fn list_keys(schema: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let list_type = schema.text("x-kubernetes-list-type");
    let (Some(items), "set" | "map") = (schema.item(), list_type) else { return Vec::new() };
    let mut errors = Vec::new();
    let items_path = path.field("items");
    if items.flag("nullable") {
        let detail = format!("cannot be nullable when x-kubernetes-list-type is {list_type}");
        errors.push(FieldError::forbidden(items_path.field("nullable").text(), detail));
    }
    if list_type == "set" {
        return errors;
    }
    let properties = items_path.field("properties");
    for key in schema.texts("x-kubernetes-list-map-keys") {
        let Some(property) = items.property(key) else { continue };
        let path = properties.key(key);
        if !items.texts("required").any(|name| name == key) && property.get("default").is_none() {
            let detail =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.push(FieldError::required(path.field("default").text(), detail));
        }
        if property.flag("nullable") {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            errors.push(FieldError::forbidden(path.field("nullable").text(), detail));
        }
    }
    errors
}
