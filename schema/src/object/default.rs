//! What the API server fills in.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go`.

use serde_json::Value;

use crate::schema::{Additional, Schema};

/// Fills in the schema's defaults, where a field is absent, and where there is a null that may not be there. A null item or
/// map value that may not be there becomes the default or stays.
pub fn fill_in_defaults(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, property) in &schema.properties {
                if let Some(default) = default_of(property)
                    && fields.get(name).is_none_or(|value| is_misplaced_null(value, property))
                {
                    fields.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in fields.iter_mut() {
                match (schema.properties.get(name), &schema.additional_properties) {
                    (Some(property), _) => fill_in_defaults(property, value),
                    (None, Some(Additional::Schema(values))) => {
                        replace_null(values, value);
                        fill_in_defaults(values, value);
                    }
                    _ => {}
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                for item in items {
                    replace_null(schema, item);
                    fill_in_defaults(schema, item);
                }
            }
        }
        _ => {}
    }
}

/// A default that is null is none.
fn default_of(schema: &Schema) -> Option<&Value> {
    schema.default.as_ref().filter(|default| !default.is_null())
}

fn is_misplaced_null(value: &Value, schema: &Schema) -> bool {
    value.is_null() && !schema.nullable
}

fn replace_null(schema: &Schema, value: &mut Value) {
    if is_misplaced_null(value, schema)
        && let Some(default) = default_of(schema)
    {
        *value = default.clone();
    }
}

/// Removes nulls that may not be there from fields that have no default: the API server does so before it fills in defaults.
///
/// Source: `PruneNonNullableNullsWithoutDefaults` in `defaulting/prunenulls.go`.
pub fn remove_misplaced_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let property = |name: &str| match (schema.properties.get(name), &schema.additional_properties) {
                (Some(property), _) => Some(property),
                (None, Some(Additional::Schema(values))) => Some(&**values),
                _ => None,
            };
            fields.retain(|name, value| {
                !property(name).is_some_and(|schema| is_misplaced_null(value, schema) && default_of(schema).is_none())
            });
            for (name, value) in fields.iter_mut() {
                if let Some(schema) = property(name) {
                    remove_misplaced_nulls(schema, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                items.iter_mut().for_each(|item| remove_misplaced_nulls(schema, item));
            }
        }
        _ => {}
    }
}
