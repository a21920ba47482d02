//! Schemas of custom resources as swagger 2.0 and kubectl understand them.
//!
//! Source: `apiextensions-apiserver/pkg/controller/openapi/v2/conversion.go` and `builder/builder.go`.

use serde_json::{Map, Value, json};

use super::reference;
use crate::http::openapi::{Model, meta};
use crate::registry::Registry;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const PRESERVES: &str = "x-kubernetes-preserve-unknown-fields";

/// Returns the schema of a kind. One that preserves unknown fields has no properties, because kubectl would refuse all others.
pub(super) fn schema(model: &Model<'_>, registry: &Registry) -> Value {
    let declared = model.declared(registry).filter(|schema| schema[PRESERVES] != true);
    let mut schema = declared.map_or_else(
        || json!({"type": "object"}),
        |mut schema| {
            convert(&mut schema);
            add_object_fields(&mut schema);
            schema
        },
    );
    add_extensions(&mut schema, model, &model.kind.names.kind);
    schema
}

/// Returns the schema of lists.
pub(super) fn list_schema(model: &Model<'_>) -> Value {
    let names = &model.kind.names;
    let mut schema = json!({
        "description": format!("{} is a list of {}", names.list_kind, names.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": meta::api_version(),
            "kind": meta::kind(),
            "metadata": reference(LIST_META),
            "items": {"description": format!("The {}.", names.plural), "type": "array", "items": reference(&model.name(&names.kind))},
        },
    });
    add_extensions(&mut schema, model, &names.list_kind);
    schema
}

fn add_extensions(schema: &mut Value, model: &Model<'_>, kind: &str) {
    schema["x-kubernetes-group-version-kind"] = json!([model.group_version_kind(kind)]);
    model.add_selectable_fields(schema);
}

/// Removes what swagger 2.0 or kubectl does not understand.
fn convert(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    for unsupported in ["allOf", "anyOf", "oneOf", "not", "default", "$schema", "id"] {
        fields.remove(unsupported);
    }
    let preserves = fields.get(PRESERVES) == Some(&Value::Bool(true));
    let nullable = fields.remove("nullable") == Some(Value::Bool(true));
    if nullable {
        fields.remove("type");
    }
    if nullable || preserves {
        fields.remove("items");
        fields.remove("properties");
    }
    let untyped = match fields.get("type").and_then(Value::as_str) {
        Some("array") => !fields.contains_key("items"),
        Some("object") => preserves,
        _ => false,
    };
    if untyped {
        fields.remove("type");
    }
    filter_required(fields);
    for name in ["items", "additionalProperties"] {
        fields.get_mut(name).into_iter().for_each(convert);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(convert);
    }
    if !preserves && fields.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        add_object_fields(schema);
        let mut required = schema["required"].as_array().cloned().unwrap_or_default();
        for name in ["kind", "apiVersion"] {
            if !required.iter().any(|known| known == name) {
                required.push(name.into());
            }
        }
        schema["required"] = required.into();
    }
}

/// Fields that can be null are not required, because they have no type.
fn filter_required(fields: &mut Map<String, Value>) {
    let is_nullable = |schema: Option<&Value>| schema.is_some_and(|schema| schema["nullable"] == true);
    let properties = fields.get("properties").cloned().unwrap_or_default();
    let Some(Value::Array(required)) = fields.get_mut("required") else { return };
    required.retain(|name| !is_nullable(name.as_str().and_then(|name| properties.get(name))));
    if required.is_empty() || is_nullable(fields.get("additionalProperties")) {
        fields.remove("required");
    }
}

fn add_object_fields(schema: &mut Value) {
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    schema["properties"]["apiVersion"] = meta::api_version();
    schema["properties"]["kind"] = meta::kind();
    schema["properties"]["metadata"] = reference(OBJECT_META);
}
