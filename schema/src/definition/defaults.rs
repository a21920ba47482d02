//! Validation of defaults in schemas: they have to be valid, and unchanged by pruning.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.

use serde_json::{Value, json};

use super::internal::Spec;
use super::options::Options;
use super::props::{Props, TYPES};
use super::structural;
use crate::cel::validate_rules;
use crate::object::{FieldError, Path, prune_part, validate_part};
use crate::read::properties::read_schema;
use crate::schema::{Additional, Schema, Type};

/// Validates all defaults of a structural schema.
pub(super) fn validate(schema: Props<'_>, path: &Path<'_>, options: &Options) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schema.has_defaults() {
        walk(schema, path, &Place { options, resource: None, steps: Vec::new(), in_metadata: false }, &mut errors);
    }
    errors
}

/// A path element from a resource to one of its values.
#[derive(Clone, Copy)]
enum Step<'d> {
    Field(&'d str),
    Item,
}

#[derive(Clone)]
struct Place<'d> {
    options: &'d Options,
    /// The schema of the enclosing resource; `None` for the root.
    resource: Option<Props<'d>>,
    /// The path in the resource.
    steps: Vec<Step<'d>>,
    in_metadata: bool,
}

impl<'d> Place<'d> {
    fn below(&self, step: Step<'d>, in_metadata: bool) -> Self {
        let steps = self.steps.iter().copied().chain([step]).collect();
        Place { steps, in_metadata: self.in_metadata || in_metadata, ..self.clone() }
    }

    /// Returns the resource with a value at this place.
    ///
    /// Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/surroundingobject.go`.
    fn surrounding_object(&self, value: &Value) -> Value {
        let mut resource = self.steps.iter().rev().fold(value.clone(), |value, step| match step {
            Step::Field(name) => json!({ *name: value }),
            Step::Item => json!([value]),
        });
        for (name, value) in [("kind", "Validation"), ("apiVersion", "validation/v1")] {
            if let Some(fields) = resource.as_object_mut() {
                fields.entry(name).or_insert_with(|| value.into());
            }
        }
        resource
    }
}

fn walk<'d>(schema: Props<'d>, path: &Path<'_>, place: &Place<'d>, errors: &mut Vec<FieldError>) {
    let parts = schema.parts();
    let embeds = place.resource.is_none() || (parts.is_uncommon && schema.flag("x-kubernetes-embedded-resource"));
    let resource = Place { resource: Some(schema), steps: Vec::new(), in_metadata: false, options: place.options };
    let current = if embeds { &resource } else { place };
    // Go treats null as no default.
    if parts.has_default
        && let Some(default) = schema.get("default")
    {
        errors.extend(validate_default(schema, default, &path.field("default").text(), embeds, current));
    }
    if let Some(items) = parts.items {
        walk(items, &path.field("items"), &current.below(Step::Item, false), errors);
    }
    let properties = path.field("properties");
    for (name, inner) in parts.properties.into_iter().flatten() {
        let is_meta = embeds && matches!(name.as_str(), "metadata" | "apiVersion" | "kind");
        walk(Props(inner), &properties.key(name), &current.below(Step::Field(name), is_meta), errors);
    }
}

/// Validates resources in a default, or the resource with a default in its metadata.
fn validate_resources(schema: &Schema, default: &Value, field: &str, place: &Place<'_>) -> Vec<FieldError> {
    let check = place.options.resources;
    let Some(resource) = place.resource.filter(|_| place.in_metadata) else {
        return check(schema, default, field);
    };
    let resource = Schema { embedded_resource: true, ..read_schema(resource.0) };
    let mut texts: Vec<String> = Vec::new();
    for text in check(&resource, &place.surrounding_object(default), "").iter().map(ToString::to_string) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let all = match texts.as_slice() {
        [] => return Vec::new(),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    vec![FieldError::invalid(field, default.clone(), format!("must result in valid metadata: {all}"))]
}

/// Validates the default of a schema.
fn validate_default(raw: Props<'_>, default: &Value, field: &str, embeds: bool, place: &Place<'_>) -> Vec<FieldError> {
    let schema = Schema { embedded_resource: embeds, ..read_schema(raw.0) };
    let mut errors = Vec::new();
    if place.options.pruned_defaults && !place.in_metadata && is_pruned(&schema, default) {
        errors.push(FieldError::invalid(field, default.clone(), "must not have unknown fields"));
    }
    let resource_errors = validate_resources(&schema, default, field, place);
    if !resource_errors.is_empty() {
        errors.extend(resource_errors);
        return errors;
    }
    match raw.type_() {
        // An unknown type is compared like any other.
        type_ if !type_.is_empty() && !TYPES.contains(&type_) => errors.push(unknown_type_error(type_, default, field)),
        _ => errors.extend(validate_value(&schema, default, field)),
    }
    errors
}

fn unknown_type_error(type_: &str, default: &Value, field: &str) -> FieldError {
    let found = Type::of(default).unwrap_or(Type::Object).as_str();
    FieldError::invalid(field, found, format!(" in body must be of type {type_}: \"{found}\""))
}

fn is_pruned(schema: &Schema, default: &Value) -> bool {
    !prune_part(schema, &mut default.clone()).is_empty()
}

/// Returns a schema in which int-or-strings may have any type, as in the API server's validation of defaults.
///
/// Source: `ToKubeOpenAPI` of `apiextensions-apiserver/pkg/apiserver/schema/kubeopenapi.go`.
fn with_any_type(schema: Schema) -> Schema {
    let additional = schema.additional_properties.map(|additional| match additional {
        Additional::Schema(values) => Additional::Schema(Box::new(with_any_type(*values))),
        other => other,
    });
    Schema {
        int_or_string: false,
        properties: schema.properties.into_iter().map(|(name, inner)| (name, with_any_type(inner))).collect(),
        items: schema.items.map(|items| Box::new(with_any_type(*items))),
        additional_properties: additional,
        ..schema
    }
}

fn validate_value(schema: &Schema, default: &Value, field: &str) -> Vec<FieldError> {
    let errors = validate_part(&with_any_type(schema.clone()), default, field);
    if !errors.is_empty() {
        return errors;
    }
    let at_field = |error: FieldError| {
        let field = match error.field.as_str() {
            "<nil>" => field.to_owned(),
            below if below.starts_with('[') => format!("{field}{below}"),
            below => format!("{field}.{below}"),
        };
        FieldError { field, ..error }
    };
    let unchanged = validate_rules(schema, default, Some(default)).errors;
    let errors = if unchanged.is_empty() { validate_rules(schema, default, None).errors } else { unchanged };
    errors.into_iter().map(at_field).collect()
}

/// Returns whether a stored definition has defaults with unknown fields.
///
/// Source: `requirePrunedDefaults`.
pub(super) fn has_unpruned(spec: &Spec<'_>) -> bool {
    spec.schemas().any(|schema| {
        schema.has_defaults() && structural::is_structural(schema) && contains_unpruned(&read_schema(schema.0))
    })
}

fn contains_unpruned(schema: &Schema) -> bool {
    schema.default.as_ref().is_some_and(|default| is_pruned(schema, default))
        || schema.children().any(|(_, inner)| contains_unpruned(inner))
}
