//! Defaults of a definition, without the fields that the schema or `metadata` does not declare.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/{prune,surroundingobject}.go`.

use kube_structural_schema::object::prune;
use kube_structural_schema::{Additional, Schema};
use serde_json::{Value, json};

use super::embedded;

/// A step from the root of an object to one of its values.
enum Step {
    Field(String),
    Item,
}

/// Removes from all defaults of a schema the fields that would be pruned from an object.
pub(super) fn prune_defaults(schema: &mut Schema) {
    if has_default(schema) {
        // Pruning does not depend on defaults.
        let root = Schema { embedded_resource: true, ..schema.clone() };
        walk(&root, schema, &mut Vec::new());
    }
}

fn has_default(schema: &Schema) -> bool {
    schema.default.is_some() || schema.children().any(|(_, inner)| has_default(inner))
}

fn walk(root: &Schema, schema: &mut Schema, steps: &mut Vec<Step>) {
    if let Some(default) = schema.default.take() {
        schema.default = pruned_default(root, default, steps);
    }
    for (name, inner) in &mut schema.properties {
        steps.push(Step::Field(name.clone()));
        walk(root, inner, steps);
        steps.pop();
    }
    if let Some(items) = &mut schema.items {
        steps.push(Step::Item);
        walk(root, items, steps);
        steps.pop();
    }
    if let Some(Additional::Schema(values)) = &mut schema.additional_properties {
        steps.push(Step::Field("*".to_owned()));
        walk(root, values, steps);
        steps.pop();
    }
}

/// Returns the part of a default that remains in an object.
fn pruned_default(root: &Schema, default: Value, steps: &[Step]) -> Option<Value> {
    let mut object = steps.iter().rev().fold(default, |value, step| match step {
        Step::Field(name) => json!({ name: value }),
        Step::Item => json!([value]),
    });
    // Undecodable defaults were rejected when the definition was created.
    let _ = embedded::coerce(root, &mut object, "", &mut Vec::new());
    prune(root, &mut object);
    let mut found = Some(object);
    for step in steps {
        found = match (step, found?) {
            (Step::Field(name), Value::Object(mut fields)) => fields.remove(name),
            (Step::Item, Value::Array(items)) => items.into_iter().next(),
            _ => None,
        };
    }
    found
}
