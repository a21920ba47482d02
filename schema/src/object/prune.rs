//! Pruning of fields that the schema does not name.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go`.

use serde_json::{Map, Value};

use super::path::Path;
use crate::schema::{Additional, Schema};

/// Removes the fields that the schema does not name, and returns their paths, such as `spec.rules[0].nmae`, in order.
///
/// Preserves `apiVersion`, `kind` and `metadata` of the object and of embedded resources.
pub fn prune(schema: &Schema, object: &mut Value) -> Vec<String> {
    let mut pruner = Pruner::default();
    pruner.value(Some(schema), true, object, &Path::ROOT);
    pruner.unknown.sort();
    pruner.unknown
}

/// Prunes a part of an object, such as a default.
#[cfg(feature = "cel")]
pub(crate) fn prune_part(schema: &Schema, value: &mut Value) -> Vec<String> {
    let mut pruner = Pruner::default();
    pruner.value(Some(schema), schema.embedded_resource, value, &Path::ROOT);
    pruner.unknown
}

#[derive(Default)]
struct Pruner {
    unknown: Vec<String>,
}

/// Returns the schema of a field: `None` if the field is unknown, `Some(None)` if its value has no schema and its
/// fields are unknown.
#[allow(clippy::option_option)]
fn field_schema<'s>(schema: &'s Schema, name: &str) -> Option<Option<&'s Schema>> {
    match (schema.properties.get(name), &schema.additional_properties) {
        (Some(property), _) => Some(Some(property)),
        (None, Some(Additional::Schema(values))) => Some(Some(values)),
        (None, Some(Additional::Any | Additional::None)) => Some(None),
        (None, None) => None,
    }
}

fn is_meta(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

impl Pruner {
    fn value(&mut self, schema: Option<&Schema>, embedded: bool, value: &mut Value, path: &Path<'_>) {
        match (schema, value) {
            (Some(schema), value) if schema.preserve_unknown_fields => self.preserving(schema, embedded, value, path),
            (None, Value::Object(fields)) => {
                fields.keys().for_each(|name| self.unknown.push(path.field(name).text()));
                fields.clear();
            }
            (None, Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(None, false, item, &path.item(index));
                }
            }
            (Some(schema), Value::Object(fields)) => self.fields(schema, embedded, fields, path),
            (Some(schema), Value::Array(items)) => {
                let schema = schema.items.as_deref();
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(schema, schema.is_some_and(|schema| schema.embedded_resource), item, &path.item(index));
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, schema: &Schema, embedded: bool, fields: &mut Map<String, Value>, path: &Path<'_>) {
        fields.retain(|name, value| {
            if embedded && is_meta(name) {
                return true;
            }
            let Some(schema) = field_schema(schema, name) else {
                // The fields of every object are not reported as unknown, even if they are removed.
                if !(path.is_root() && is_meta(name)) {
                    self.unknown.push(path.field(name).text());
                }
                return false;
            };
            self.value(schema, schema.is_some_and(|schema| schema.embedded_resource), value, &path.field(name));
            true
        });
    }

    /// Prunes the fields that a schema names within a value that preserves unknown fields.
    fn preserving(&mut self, schema: &Schema, embedded: bool, value: &mut Value, path: &Path<'_>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut().filter(|(name, _)| !(embedded && is_meta(name))) {
                    if let Some(schema) = field_schema(schema, name) {
                        let embedded = schema.is_some_and(|schema| schema.embedded_resource);
                        self.value(schema, embedded, value, &path.field(name));
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &schema.items {
                    for (index, item) in items.iter_mut().enumerate() {
                        self.preserving(schema, schema.embedded_resource, item, &path.item(index));
                    }
                }
            }
            _ => {}
        }
    }
}
