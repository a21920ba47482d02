//! What the two versions of OpenAPI express differently.
//!
//! Source: `kube-openapi/pkg/openapiconv`, `kube-openapi/pkg/common`.

use serde_json::{Value, json};

use crate::catalogue::{Field, GoType, Named, Omit, Special};

/// A version of OpenAPI.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    V2,
    V3,
}

impl Form {
    /// Returns a reference to a definition.
    pub(super) fn reference(self, name: &str) -> Value {
        let folder = if self == Form::V2 { "definitions" } else { "components/schemas" };
        json!({"$ref": format!("#/{folder}/{name}")})
    }

    /// Returns the schema of a property. Only version 3 has defaults; nothing may be beside its references.
    pub(super) fn property(self, schema: Value, field: &'static Field) -> Value {
        if self == Form::V2 {
            return schema;
        }
        let mut schema = if schema.get("$ref").is_some() { json!({"allOf": [schema]}) } else { schema };
        if let Some(default) = default(field) {
            schema["default"] = default;
        }
        schema
    }

    /// Returns the definition of a type whose encoding is code.
    pub(super) fn special(self, special: Special, name: &str) -> Value {
        match (special, self) {
            (Special::Quantity, Form::V3) => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            (Special::IntOrString, Form::V3) => {
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
            }
            (Special::IntOrString, Form::V2) => json!({"type": "string", "format": "int-or-string"}),
            (Special::Time | Special::MicroTime, _) => json!({"type": "string", "format": "date-time"}),
            (Special::Duration | Special::Quantity, _) => json!({"type": "string"}),
            (Special::Raw, _) if name == "apiextensions/v1.JSON" => json!({}),
            (Special::Raw, _) => json!({"type": "object"}),
        }
    }
}

/// Returns the default that the Go struct declares, or the zero value of a field that is always encoded.
fn default(field: &'static Field) -> Option<Value> {
    if let Some(default) = field.default {
        return serde_json::from_str(default).ok();
    }
    match field.type_.resolved() {
        GoType::Named(named) => matches!(named.get(), Named::Struct(_)).then(|| json!({})),
        _ if field.omit != Omit::Never => None,
        GoType::Bool => Some(false.into()),
        GoType::Int32 | GoType::Int64 | GoType::Float64 => Some(0.into()),
        GoType::Text => Some("".into()),
        _ => None,
    }
}
