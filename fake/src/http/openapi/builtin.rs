//! OpenAPI schemas of built-in kinds.

use kube_structural_schema::{Additional, ListType, Schema};
use serde_json::{Map, Value, json};

/// Returns a schema as OpenAPI v3, with the extensions that kubectl needs for strategic merge patches.
pub(super) fn schema(schema: &Schema) -> Value {
    let mut out = Map::new();
    if let Some(type_) = schema.type_ {
        out.insert("type".to_owned(), type_.as_str().into());
    }
    if let Some(format) = &schema.format {
        out.insert("format".to_owned(), format.as_str().into());
    }
    if !schema.properties.is_empty() {
        let properties = schema.properties.iter().map(|(name, inner)| (name.clone(), self::schema(inner)));
        out.insert("properties".to_owned(), Value::Object(properties.collect()));
    }
    if let Some(items) = &schema.items {
        out.insert("items".to_owned(), self::schema(items));
    }
    if let Some(Additional::Schema(values)) = &schema.additional_properties {
        out.insert("additionalProperties".to_owned(), self::schema(values));
    }
    if schema.preserve_unknown_fields {
        out.insert("x-kubernetes-preserve-unknown-fields".to_owned(), true.into());
    }
    if schema.atomic_map {
        out.insert("x-kubernetes-map-type".to_owned(), "atomic".into());
    }
    list(schema, &mut out);
    Value::Object(out)
}

fn list(schema: &Schema, out: &mut Map<String, Value>) {
    let name = match schema.list_type {
        Some(ListType::Atomic) => "atomic",
        Some(ListType::Set) => "set",
        Some(ListType::Map) => "map",
        None => return,
    };
    out.insert("x-kubernetes-list-type".to_owned(), name.into());
    if let [key, ..] = &schema.list_map_keys[..] {
        out.insert("x-kubernetes-list-map-keys".to_owned(), json!(schema.list_map_keys));
        out.insert("x-kubernetes-patch-merge-key".to_owned(), key.as_str().into());
        out.insert("x-kubernetes-patch-strategy".to_owned(), "merge".into());
    }
}
