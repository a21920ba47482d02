//! Types of schemas in a few words.

use kube_structural_schema::{Additional, Schema, Type};

/// The way down to what is below lists and maps, as codegen.toml writes it.
pub(super) fn steps(schema: &Schema) -> String {
    let mut steps = String::new();
    let mut schema = schema;
    loop {
        schema = match (&schema.items, &schema.additional_properties) {
            (Some(items), _) => {
                steps.push_str("[]");
                items
            }
            (None, Some(Additional::Schema(values))) if schema.properties.is_empty() => {
                steps.push_str("{}");
                values
            }
            _ => return steps,
        };
    }
}

/// The type in words, with the Rust type where there is one.
pub(super) fn of(schema: &Schema, rust: Option<&str>) -> String {
    let named = |plain: &str| rust.map_or_else(|| plain.to_owned(), |rust| format!("`{rust}`"));
    if schema.int_or_string {
        return "integer or string".to_owned();
    }
    match schema.type_ {
        Some(Type::Array) => match &schema.items {
            Some(items) => format!("list of {}", of(items, rust)),
            None => "list".to_owned(),
        },
        Some(Type::Object) => match &schema.additional_properties {
            Some(Additional::Schema(values)) if schema.properties.is_empty() => format!("map of {}", of(values, rust)),
            _ => named("object"),
        },
        Some(type_) => {
            let format = schema.format.as_ref().map(|format| format!(" ({format})")).unwrap_or_default();
            named(&format!("{}{format}", type_.as_str()))
        }
        None => named("anything"),
    }
}
