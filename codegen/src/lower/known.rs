//! Shapes that all of Kubernetes shares, told by their properties.

use kube_structural_schema::{Schema, Type};

use crate::api::{Known, Use};

/// The type that already exists for this object, if its properties are exactly those.
pub(super) fn of(schema: &Schema, place: &Use) -> Option<Known> {
    if schema.keeps_unknown() || schema.embedded_resource || !schema.enumeration.is_empty() {
        return None;
    }
    let names: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    let segment = place.segment();
    match names.as_slice() {
        ["lastTransitionTime", "message", "observedGeneration", "reason", "status", "type"] => is_condition(schema).then_some(Known::Condition),
        ["matchExpressions", "matchLabels"] => is_label_selector(schema).then_some(Known::LabelSelector),
        ["name"] if segment != "name" => is_local_reference(schema).then_some(Known::LocalObjectReference),
        ["key", "name", "optional"] if is_key_selector(schema) => match segment {
            "secretKeyRef" => Some(Known::SecretKeySelector),
            "configMapKeyRef" => Some(Known::ConfigMapKeySelector),
            _ => None,
        },
        _ => None,
    }
}

fn is_condition(schema: &Schema) -> bool {
    let required = ["lastTransitionTime", "message", "reason", "status", "type"];
    required.iter().all(|name| schema.required.contains(*name))
        && !schema.required.contains("observedGeneration")
        && is(schema, "lastTransitionTime", Type::String)
        && schema.properties["lastTransitionTime"].format.as_deref() == Some("date-time")
        && is(schema, "message", Type::String)
        && is(schema, "observedGeneration", Type::Integer)
        && is(schema, "reason", Type::String)
        && is(schema, "status", Type::String)
        && is(schema, "type", Type::String)
}

fn is_label_selector(schema: &Schema) -> bool {
    let strings = |schema: &Schema| schema.type_ == Some(Type::String) && !schema.nullable;
    let expressions = &schema.properties["matchExpressions"];
    let labels = &schema.properties["matchLabels"];
    let requirement = expressions.items.as_deref().is_some_and(|items| {
        let names: Vec<&str> = items.properties.keys().map(String::as_str).collect();
        names == ["key", "operator", "values"]
            && items.required.contains("key")
            && items.required.contains("operator")
            && !items.required.contains("values")
            && !items.keeps_unknown()
            && !items.nullable
            && is(items, "key", Type::String)
            && is(items, "operator", Type::String)
            && is(items, "values", Type::Array)
            && items.properties["values"].items.as_deref().is_some_and(strings)
    });
    let map_of_strings = matches!(&labels.additional_properties, Some(kube_structural_schema::Additional::Schema(values)) if strings(values));
    requirement && map_of_strings && schema.required.is_empty() && !expressions.nullable && !labels.nullable && labels.properties.is_empty()
}

/// `name` optional, as core/v1 has it: other kinds of references require it or say more.
fn is_local_reference(schema: &Schema) -> bool {
    is(schema, "name", Type::String) && schema.required.is_empty() && schema.atomic_map && has_no_limits(schema, "name")
}

fn is_key_selector(schema: &Schema) -> bool {
    is(schema, "key", Type::String)
        && is(schema, "name", Type::String)
        && is(schema, "optional", Type::Boolean)
        && schema.required.len() == 1
        && schema.required.contains("key")
        && ["key", "name"].iter().all(|name| has_no_limits(schema, name))
}

/// A property that is plainly of this type.
fn is(schema: &Schema, name: &str, type_: Type) -> bool {
    let property = &schema.properties[name];
    property.type_ == Some(type_) && !property.nullable && !property.int_or_string
}

fn has_no_limits(schema: &Schema, name: &str) -> bool {
    let property = &schema.properties[name];
    property.limits == kube_structural_schema::Limits::default() && property.enumeration.is_empty() && property.rules.is_empty()
}
