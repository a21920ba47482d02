//! Defaults of a definition as the server applies them: without fields that the schema or metadata does not have.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/defaulting/{prune,surroundingobject}.go`.

use kube_structural_schema::object::prune;
use kube_structural_schema::{Additional, Schema};
use serde_json::{Value, json};

use crate::registry::embedded;

/// A step from the root to a part of an object.
enum Step {
    Field(String),
    Item,
}

/// Prunes all defaults of a schema as the objects with these defaults would be pruned.
pub(super) fn pruned(schema: &mut Schema) {
    if holds_default(schema) {
        // Objects lose what they lose whatever the defaults are.
        let root = Schema { embedded_resource: true, ..schema.clone() };
        walk(&root, schema, &mut Vec::new());
    }
}

fn holds_default(schema: &Schema) -> bool {
    schema.default.is_some() || schema.children().any(|(_, inner)| holds_default(inner))
}

fn walk(root: &Schema, schema: &mut Schema, steps: &mut Vec<Step>) {
    if let Some(default) = schema.default.take() {
        schema.default = kept(root, default, steps);
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

/// A default after pruning.
fn kept(root: &Schema, default: Value, steps: &[Step]) -> Option<Value> {
    let mut object = steps.iter().rev().fold(default, |value, step| match step {
        Step::Field(name) => json!({ name: value }),
        Step::Item => json!([value]),
    });
    // Invalid defaults were rejected when the definition was written.
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
