//! Defaulting.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go`.

use serde_json::Value;

use crate::schema::{Additional, Schema};

/// Sets the schema's defaults where a field is absent, or null but not nullable. Null items and map values that are not
/// nullable are set to the default, if there is one.
pub fn apply_defaults(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, property) in &schema.properties {
                if let Some(default) = default_of(property)
                    && fields.get(name).is_none_or(|value| is_invalid_null(value, property))
                {
                    fields.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in fields.iter_mut() {
                match (schema.properties.get(name), &schema.additional_properties) {
                    (Some(property), _) => apply_defaults(property, value),
                    (None, Some(Additional::Schema(values))) => {
                        replace_null(values, value);
                        apply_defaults(values, value);
                    }
                    _ => {}
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                for item in items {
                    replace_null(schema, item);
                    apply_defaults(schema, item);
                }
            }
        }
        _ => {}
    }
}

/// Returns the default, unless it is null.
fn default_of(schema: &Schema) -> Option<&Value> {
    schema.default.as_ref().filter(|default| !default.is_null())
}

fn is_invalid_null(value: &Value, schema: &Schema) -> bool {
    value.is_null() && !schema.nullable
}

fn replace_null(schema: &Schema, value: &mut Value) {
    if is_invalid_null(value, schema)
        && let Some(default) = default_of(schema)
    {
        *value = default.clone();
    }
}

/// Removes null fields that are not nullable and have no default: the API server does so before defaulting.
///
/// Source: `PruneNonNullableNullsWithoutDefaults` in `defaulting/prunenulls.go`.
pub fn prune_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let property = |name: &str| match (schema.properties.get(name), &schema.additional_properties) {
                (Some(property), _) => Some(property),
                (None, Some(Additional::Schema(values))) => Some(&**values),
                _ => None,
            };
            fields.retain(|name, value| {
                !property(name).is_some_and(|schema| is_invalid_null(value, schema) && default_of(schema).is_none())
            });
            for (name, value) in fields.iter_mut() {
                if let Some(schema) = property(name) {
                    prune_nulls(schema, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                items.iter_mut().for_each(|item| prune_nulls(schema, item));
            }
        }
        _ => {}
    }
}
