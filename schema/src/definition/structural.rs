//! Validation of structural schemas.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/{convert,validation}.go`.

use serde_json::Value;

use super::completeness;
use super::display::is_zero;
use super::props::{Items, Parts, Props, Values};
use crate::object::{FieldError, Path};
use crate::pattern;

/// Returns why a schema cannot be converted to a structural schema.
///
/// Source: `NewStructural`.
pub(super) fn unsupported(schema: Props<'_>) -> Option<String> {
    let parts = schema.parts();
    if !parts.is_uncommon {
        return parts.children().find_map(unsupported);
    }
    let is_set = |name: &str| schema.get(name).is_some_and(|value| !is_zero(value));
    for (name, displayed) in [
        ("id", "id"),
        ("$schema", "schema"),
        ("$ref", "$ref"),
        ("patternProperties", "patternProperties"),
        ("dependencies", "dependencies"),
        ("additionalItems", "additionalItems"),
        ("definitions", "definitions"),
    ] {
        let is_empty = schema.get(name).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
        let counts = name == "additionalItems" && schema.get(name).is_some();
        if counts || (is_set(name) && !is_empty) {
            return Some(format!("OpenAPIV3Schema '{displayed}' is not supported"));
        }
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        return Some("internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined".to_owned());
    }
    let nested = ["not"].into_iter().filter_map(|name| schema.child(name));
    let nested = nested.chain(["allOf", "anyOf", "oneOf"].into_iter().flat_map(|name| schema.schemas(name)));
    let mut nested = nested.chain(schema.properties().map(|(_, inner)| inner)).chain(schema.value_schema());
    if let Some(message) = nested.find_map(unsupported) {
        return Some(message);
    }
    match schema.items() {
        Some(Items::Many([])) | None => None,
        Some(Items::Many(_)) => Some("OpenAPIV3Schema 'items' must be a schema, but is an array".to_owned()),
        Some(Items::One(items)) => unsupported(items),
    }
}

/// Returns whether a schema is structural.
pub(super) fn is_structural(schema: Props<'_>) -> bool {
    unsupported(schema).is_none() && validate(schema, &Path::ROOT).is_empty()
}

/// Returns the reasons why a schema is not structural, sorted by text.
///
/// Source: `ValidateStructural`.
pub(super) fn validate(schema: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    invariants(schema, Level::Root, path, &mut errors);
    completeness::validate(schema, path, &mut errors);
    errors.sort_by_cached_key(ToString::to_string);
    errors
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

fn invariants(schema: Props<'_>, level: Level, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let parts = schema.parts();
    if level != Level::Root && !parts.is_uncommon && !parts.type_.is_empty() {
        return common_invariants(schema, parts, path, errors);
    }
    if schema.type_() == "array" && schema.item().is_none() {
        errors.push(FieldError::required(path.field("items").text(), "must be specified"));
    }
    if let Some(items) = schema.item() {
        invariants(items, Level::Item, &path.field("items"), errors);
    }
    let properties = path.field("properties");
    for (name, inner) in schema.properties() {
        invariants(inner, Level::Field, &properties.key(name), errors);
    }
    if let Some(values) = schema.values() {
        let path = path.field("additionalProperties");
        if level == Level::Root {
            errors.push(FieldError::forbidden(path.text(), "must not be used at the root"));
        }
        if let Values::Schema(inner) = values {
            invariants(inner, Level::Field, &path, errors);
        }
    }
    extensions(schema, path, errors);
    let skips_any_of = is_int_or_string(schema);
    let skips_first = schema.schemas("allOf").next().is_some_and(is_int_or_string);
    value_validation(schema, skips_any_of, skips_first, path, errors);
    type_(schema, level, path, errors);
    metadata(schema, level, path, errors);
    let embeds = schema.flag("x-kubernetes-embedded-resource");
    if embeds && !schema.flag("x-kubernetes-preserve-unknown-fields") && schema.map("properties").is_none() {
        let detail =
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        errors.push(FieldError::required(properties.text(), detail));
    }
}

/// Validates a schema with common keywords only.
fn common_invariants(schema: Props<'_>, parts: Parts<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if parts.type_ == "array" && parts.items.is_none() {
        errors.push(FieldError::required(path.field("items").text(), "must be specified"));
    }
    if let Some(items) = parts.items {
        invariants(items, Level::Item, &path.field("items"), errors);
    }
    let properties = path.field("properties");
    for (name, inner) in parts.properties.into_iter().flatten() {
        invariants(Props(inner), Level::Field, &properties.key(name), errors);
    }
    if !parts.pattern.is_empty() {
        value_validation(schema, false, false, path, errors);
    }
}

fn extensions(schema: Props<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if !schema.flag("x-kubernetes-int-or-string") {
        return;
    }
    for name in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if schema.flag(name) {
            let detail = "must be false if x-kubernetes-int-or-string is true";
            errors.push(FieldError::invalid(path.field(name).text(), true, detail));
        }
    }
}

fn type_(schema: Props<'_>, level: Level, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let (type_, field) = (schema.type_(), path.field("type"));
    let embeds = schema.flag("x-kubernetes-embedded-resource");
    let is_free = schema.flag("x-kubernetes-int-or-string") || schema.flag("x-kubernetes-preserve-unknown-fields");
    if embeds && type_ != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        errors.push(match type_ {
            "" => FieldError::required(field.text(), detail),
            _ => FieldError::invalid(field.text(), type_, detail),
        });
    } else if type_.is_empty() && !is_free {
        let detail = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        errors.push(FieldError::required(field.text(), detail));
    }
    if embeds && schema.values().is_some() {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        errors.push(FieldError::forbidden(path.field("additionalProperties").text(), detail));
    }
    if level == Level::Root && !type_.is_empty() && type_ != "object" {
        errors.push(FieldError::invalid(field.text(), type_, "must be object at the root"));
    }
}

/// Checks the fields of resources that Kubernetes defines: type and metadata.
fn metadata(schema: Props<'_>, level: Level, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let is_resource = level == Level::Root || schema.flag("x-kubernetes-embedded-resource");
    let properties = path.field("properties");
    for name in ["kind", "apiVersion"] {
        if let Some(found) = schema.property(name).filter(|found| is_resource && found.type_() != "string") {
            let field = properties.key(name).field("type").text();
            errors.push(FieldError::invalid(field, found.type_(), "must be string"));
        }
    }
    let Some(metadata) = schema.property("metadata") else { return };
    let path = properties.key("metadata");
    if is_resource && metadata.type_() != "object" {
        errors.push(FieldError::invalid(path.field("type").text(), metadata.type_(), "must be object"));
    }
    if level == Level::Root && specifies_other_fields(metadata) {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        errors.push(FieldError::forbidden(path.text(), detail));
    }
}

fn specifies_other_fields(metadata: Props<'_>) -> bool {
    let names_alone = metadata.properties().all(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
    let Some(fields) = metadata.0.as_object() else { return false };
    fields.iter().any(|(name, value)| match name.as_str() {
        "type" | "default" => false,
        "properties" => !names_alone,
        "additionalProperties" => !value.is_null(),
        name => !is_insignificant(name, value),
    })
}

/// Returns whether a field has no effect on the structural form of a schema, in which nil and empty slices differ.
fn is_insignificant(name: &str, value: &Value) -> bool {
    match name {
        "id" | "$schema" | "$ref" | "patternProperties" | "dependencies" | "additionalItems" | "definitions" => true,
        "enum" | "allOf" | "anyOf" | "oneOf" => is_zero(value),
        "x-kubernetes-list-type" | "x-kubernetes-map-type" => value.is_null(),
        _ => is_zero(value) && !value.is_array(),
    }
}

/// Returns whether a schema is `anyOf` of an integer and a string, without other keywords.
fn is_int_or_string(schema: Props<'_>) -> bool {
    let any_of = schema.list("anyOf");
    any_of.len() == 2 && any_of.iter().zip(["integer", "string"]).all(|(schema, type_)| is_only_type(schema, type_))
}

fn is_only_type(schema: &Value, type_: &str) -> bool {
    Props(schema).type_() == type_
        && schema.as_object().into_iter().flatten().all(|(name, value)| match name.as_str() {
            "type" => true,
            "additionalProperties" => is_zero(value),
            name => is_insignificant(name, value),
        })
}

fn value_validation(
    schema: Props<'_>,
    skips_any_of: bool,
    skips_first: bool,
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
) {
    for name in ["anyOf", "allOf", "oneOf"] {
        if name == "anyOf" && skips_any_of {
            continue;
        }
        for (index, inner) in schema.schemas(name).enumerate() {
            let skips = name == "allOf" && skips_first && index == 0;
            nested(inner, skips, &path.field(name).item(index), errors);
        }
    }
    if let Some(not) = schema.child("not") {
        nested(not, false, &path.field("not"), errors);
    }
    let pattern = schema.text("pattern");
    if let Err(error) = pattern::check_syntax(pattern) {
        let detail = format!("must be a valid regular expression, but isn't: {error}");
        errors.push(FieldError::invalid(path.field("pattern").text(), pattern, detail));
    }
}

/// Source: `validateNestedValueValidation`.
fn nested(schema: Props<'_>, skips_any_of: bool, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    value_validation(schema, skips_any_of, false, path, errors);
    if let Some(items) = schema.item() {
        nested(items, false, &path.field("items"), errors);
    }
    let properties = path.field("properties");
    for (name, inner) in schema.properties() {
        nested(inner, false, &properties.key(name), errors);
    }
    let mut forbid = |name: &str, how: &str| {
        errors.push(FieldError::forbidden(path.field(name).text(), format!("must be {how} to be structural")));
    };
    if !schema.type_().is_empty() {
        forbid("type", "empty");
    }
    if !matches!(schema.values(), None | Some(Values::Allowed(false))) {
        forbid("additionalProperties", "undefined");
    }
    for (name, how) in [
        ("default", "undefined"),
        ("title", "empty"),
        ("description", "empty"),
        ("nullable", "false"),
        ("x-kubernetes-preserve-unknown-fields", "false"),
        ("x-kubernetes-embedded-resource", "false"),
        ("x-kubernetes-int-or-string", "false"),
        ("x-kubernetes-list-map-keys", "empty"),
        ("x-kubernetes-list-type", "undefined"),
        ("x-kubernetes-map-type", "undefined"),
        ("x-kubernetes-validations", "empty"),
    ] {
        let is_set = match how {
            "undefined" => schema.get(name).is_some(),
            _ => schema.get(name).is_some_and(|value| !is_zero(value)),
        };
        if is_set {
            forbid(name, how);
        }
    }
    if schema.property("metadata").is_some() {
        let field = properties.key("metadata").text();
        errors.push(FieldError::forbidden(field, "must not be specified in a nested context"));
    }
}
