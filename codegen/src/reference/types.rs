//! Types of schemas in words.

use kube_structural_schema::{Additional, Schema, Type};

/// Writes the path steps through lists and maps, as in codegen.toml. Returns whether there are any.
pub(super) fn write_steps(path: &mut String, schema: &Schema) -> bool {
    let mut schema = schema;
    let length = path.len();
    loop {
        schema = match (&schema.items, &schema.additional_properties) {
            (Some(items), _) => {
                path.push_str("[]");
                items
            }
            (None, Some(Additional::Schema(values))) if schema.properties.is_empty() => {
                path.push_str("{}");
                values
            }
            _ => return path.len() > length,
        };
    }
}

/// The schema below lists and maps.
pub(super) fn innermost(schema: &Schema) -> &Schema {
    match (&schema.items, &schema.additional_properties) {
        (Some(items), _) => innermost(items),
        (None, Some(Additional::Schema(values))) if schema.properties.is_empty() => innermost(values),
        _ => schema,
    }
}

/// The type in words; `rust` is the Markdown of its Rust type.
pub(super) fn of(schema: &Schema, rust: Option<&str>) -> String {
    let named = |plain: &str| rust.unwrap_or(plain).to_owned();
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
