//! Embedded resources: `x-kubernetes-embedded-resource`.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.

use kube_structural_schema::object::{FieldError, names};
use kube_structural_schema::{Additional, Schema};
use serde_json::Value;

use crate::metadata;

/// Whether a schema contains embedded resources.
pub(crate) fn has_embedded(schema: &Schema) -> bool {
    schema.embedded_resource || schema.children().any(|(_, inner)| has_embedded(inner))
}

/// Returns the path of a field.
fn child(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Validates embedded resources in a default of a definition.
///
/// Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.
pub(crate) fn validate_default(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match coerce(schema, &mut value.clone(), path, &mut Vec::new()) {
        Ok(()) => validate(schema, value, path, &mut errors),
        Err(error) => errors.push(*error),
    }
    errors
}

/// Returns the schema and the path of a field.
fn field<'s>(schema: &'s Schema, path: &str, name: &str) -> Option<(String, &'s Schema)> {
    if let Some(inner) = schema.properties.get(name) {
        return Some((child(path, name), inner));
    }
    match &schema.additional_properties {
        Some(Additional::Schema(inner)) => Some((format!("{path}[{name}]"), inner)),
        _ => None,
    }
}

/// Decodes `metadata` of embedded resources, and collects the paths of unknown fields.
///
/// # Errors
/// Returns an error if a field has the wrong type.
pub(crate) fn coerce(
    schema: &Schema,
    value: &mut Value,
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), Box<FieldError>> {
    if schema.embedded_resource && value.is_object() {
        for name in ["apiVersion", "kind"] {
            if let Some(found) = value.get(name).filter(|found| !found.is_string()) {
                return Err(Box::new(FieldError::invalid(child(path, name), found.clone(), "must be a string")));
            }
        }
        if value.get("metadata").is_some() {
            let found = value["metadata"].clone();
            let wrong = |reason: String| Box::new(FieldError::invalid(child(path, "metadata"), found, reason));
            let more = metadata::normalize(value).map_err(wrong)?;
            unknown.extend(more.into_iter().map(|name| child(path, &name)));
        }
    }
    match (value, &schema.items) {
        (Value::Object(fields), _) => fields.iter_mut().try_for_each(|(name, value)| match field(schema, path, name) {
            Some((path, inner)) => coerce(inner, value, &path, unknown),
            None => Ok(()),
        }),
        (Value::Array(items), Some(inner)) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, value)| coerce(inner, value, &format!("{path}[{index}]"), unknown)),
        _ => Ok(()),
    }
}

/// Validates embedded resources.
pub(crate) fn validate(schema: &Schema, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if schema.embedded_resource && value.is_object() {
        api_version(value, &child(path, "apiVersion"), errors);
        kind(value, &child(path, "kind"), errors);
        if value.get("metadata").is_some() {
            validate_metadata(value, path, errors);
        }
    }
    match (value, &schema.items) {
        (Value::Object(fields), _) => {
            for (name, value) in fields {
                if let Some((path, inner)) = field(schema, path, name) {
                    validate(inner, value, &path, errors);
                }
            }
        }
        (Value::Array(items), Some(inner)) => {
            for (index, value) in items.iter().enumerate() {
                validate(inner, value, &format!("{path}[{index}]"), errors);
            }
        }
        _ => {}
    }
}

fn api_version(value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match value.get("apiVersion") {
        None => errors.push(FieldError::required(path, "")),
        Some(Value::String(text)) if text.is_empty() => {
            errors.push(FieldError::invalid(path, "", "must not be empty"));
        }
        Some(Value::String(text)) if text.matches('/').count() > 1 => {
            let detail = format!("unexpected GroupVersion string: {text}");
            errors.push(FieldError::invalid(path, text.as_str(), detail));
        }
        Some(Value::String(_)) => {}
        Some(other) => errors.push(FieldError::invalid(path, other.clone(), "must be a string")),
    }
}

fn kind(value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match value.get("kind") {
        None => errors.push(FieldError::required(path, "")),
        Some(Value::String(text)) if text.is_empty() => {
            errors.push(FieldError::invalid(path, "", "must not be empty"));
        }
        Some(Value::String(text)) => {
            let wrong = names::label_1035(&text.to_lowercase());
            if !wrong.is_empty() {
                let detail = format!("may have mixed case, but should otherwise match: {}", wrong.join(","));
                errors.push(FieldError::invalid(path, text.as_str(), detail));
            }
        }
        Some(other) => errors.push(FieldError::invalid(path, other.clone(), "must be a string")),
    }
}

fn validate_metadata(value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut object = value.clone();
    if metadata::text(&object, "name").is_empty() {
        // The name of an embedded resource is optional.
        metadata::set(&mut object, "name", Some("fakename".into()));
    }
    let namespaced = !metadata::text(&object, "namespace").is_empty();
    let found = metadata::deduplicate(metadata::validate(&object, namespaced, None));
    errors.extend(found.into_iter().map(|error| FieldError { field: child(path, &error.field), ..error }));
}
