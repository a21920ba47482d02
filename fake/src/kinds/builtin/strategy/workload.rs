//! The template generation of daemon sets, which is an annotation.

use serde_json::{Value, json};

/// The annotation.
pub(crate) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn template_generation(object: &Value) -> i64 {
    let note = object["metadata"]["annotations"][TEMPLATE_GENERATION].as_str().unwrap_or_default();
    note.parse().unwrap_or_default()
}

/// Sets the template generation, unless it is greater.
pub(super) fn set_template_generation(object: &mut Value, least: i64) {
    let generation = template_generation(object).max(least);
    write(object, generation);
}

/// Keeps the template generation, and increases it if the template changed.
pub(super) fn keep_template_generation(object: &mut Value, old: &Value) {
    let changed = object["spec"]["template"] != old["spec"]["template"];
    write(object, template_generation(old) + i64::from(changed));
}

/// Keeps the template generation, which is a part of the specification.
pub(super) fn keep_annotation(object: &mut Value, old: &Value) {
    write(object, template_generation(old));
}

fn write(object: &mut Value, generation: i64) {
    if !object["metadata"]["annotations"].is_object() {
        object["metadata"]["annotations"] = json!({});
    }
    object["metadata"]["annotations"][TEMPLATE_GENERATION] = generation.to_string().into();
}
