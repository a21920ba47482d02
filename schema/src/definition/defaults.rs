//! Defaults in schemas: they have to be valid, and to survive pruning.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.

use serde_json::Value;

use super::internal::Spec;
use super::openapi::TYPES;
use super::props::Props;
use super::structural;
use crate::cel::validate_rules;
use crate::object::{FieldError, Path, prune_part, validate_part};
use crate::read;
use crate::schema::{Additional, Schema};

/// Validates all defaults of a structural schema.
pub(super) fn validate(schema: Props<'_>, path: &Path<'_>, pruned: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schema.has_defaults() {
        walk(schema, path, Place { pruned, is_root: true, in_metadata: false }, &mut errors);
    }
    errors
}

#[derive(Clone, Copy)]
struct Place {
    /// Whether unknown fields are an error.
    pruned: bool,
    is_root: bool,
    in_metadata: bool,
}

fn walk(schema: Props<'_>, path: &Path<'_>, place: Place, errors: &mut Vec<FieldError>) {
    let parts = schema.parts();
    let embeds = place.is_root || (parts.is_uncommon && schema.flag("x-kubernetes-embedded-resource"));
    let below = Place { is_root: false, in_metadata: place.in_metadata && !embeds, ..place };
    // What null stands for, Go takes for no default.
    if parts.has_default
        && let Some(default) = schema.get("default")
    {
        errors.extend(of_schema(schema, default, &path.field("default").text(), embeds, below));
    }
    if let Some(items) = parts.items {
        walk(items, &path.field("items"), below, errors);
    }
    let properties = path.field("properties");
    for (name, inner) in parts.properties.into_iter().flatten() {
        let is_meta = embeds && matches!(name.as_str(), "metadata" | "apiVersion" | "kind");
        let below = Place { in_metadata: below.in_metadata || is_meta, ..below };
        walk(Props(inner), &properties.key(name), below, errors);
    }
}

/// The default of one schema.
fn of_schema(raw: Props<'_>, default: &Value, field: &str, embeds: bool, place: Place) -> Vec<FieldError> {
    let schema = Schema { embedded_resource: embeds, ..read::schema_of(raw.0) };
    let mut errors = Vec::new();
    if place.pruned && !place.in_metadata && is_pruned(&schema, default) {
        errors.push(FieldError::invalid(field, default.clone(), "must not have unknown fields"));
    }
    match raw.type_() {
        // A type that is not one is compared like any other.
        type_ if !type_.is_empty() && !TYPES.contains(&type_) => errors.push(of_unknown_type(type_, default, field)),
        _ => errors.extend(of_value(&schema, default, field)),
    }
    errors
}

fn of_unknown_type(type_: &str, default: &Value, field: &str) -> FieldError {
    let found = match default {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Null | Value::Object(_) => "object",
    };
    FieldError::invalid(field, found, format!(" in body must be of type {type_}: \"{found}\""))
}

fn is_pruned(schema: &Schema, default: &Value) -> bool {
    !prune_part(schema, &mut default.clone()).is_empty()
}

/// A schema in which an int-or-string may be of any type, as the API server has it when it looks at a default.
///
/// Source: `ToKubeOpenAPI` of `apiextensions-apiserver/pkg/apiserver/schema/kubeopenapi.go`.
fn of_any_type(schema: Schema) -> Schema {
    let additional = schema.additional_properties.map(|additional| match additional {
        Additional::Schema(values) => Additional::Schema(Box::new(of_any_type(*values))),
        other => other,
    });
    Schema {
        int_or_string: false,
        properties: schema.properties.into_iter().map(|(name, inner)| (name, of_any_type(inner))).collect(),
        items: schema.items.map(|items| Box::new(of_any_type(*items))),
        additional_properties: additional,
        ..schema
    }
}

fn of_value(schema: &Schema, default: &Value, field: &str) -> Vec<FieldError> {
    let errors = validate_part(&of_any_type(schema.clone()), default, field);
    if !errors.is_empty() {
        return errors;
    }
    let placed = |error: FieldError| {
        let field = match error.field.as_str() {
            "<nil>" => field.to_owned(),
            below if below.starts_with('[') => format!("{field}{below}"),
            below => format!("{field}.{below}"),
        };
        FieldError { field, ..error }
    };
    let unchanged = validate_rules(schema, default, Some(default)).errors;
    let errors = if unchanged.is_empty() { validate_rules(schema, default, None).errors } else { unchanged };
    errors.into_iter().map(placed).collect()
}

/// Whether a definition that is stored has defaults with unknown fields.
///
/// Source: `requirePrunedDefaults`.
pub(super) fn has_unpruned(spec: &Spec<'_>) -> bool {
    spec.schemas()
        .any(|schema| schema.has_defaults() && structural::holds(schema) && holds_unpruned(&read::schema_of(schema.0)))
}

fn holds_unpruned(schema: &Schema) -> bool {
    schema.default.as_ref().is_some_and(|default| is_pruned(schema, default))
        || schema.children().any(|(_, inner)| holds_unpruned(inner))
}
