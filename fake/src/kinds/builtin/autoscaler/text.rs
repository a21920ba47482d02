//! Go's encoding of structs in annotations: fields are in the order of the struct.

use kube_structural_schema::object::go;
use serde_json::Value;

/// The fields of a struct and their encoded values, in order.
pub(super) type Fields<'f> = Vec<(&'f str, String)>;

/// Encodes a struct.
pub(super) fn object(fields: &Fields<'_>) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// Encodes a list.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// Encodes a value whose fields have the order of their names.
pub(super) fn value(value: &Value) -> String {
    go::json(value)
}

/// Encodes the fields of an object with these names that are not empty.
pub(super) fn present<'f>(object: &Value, names: &[&'f str]) -> Fields<'f> {
    let is_set = |field: &&Value| !field.is_null() && *field != "";
    names.iter().filter_map(|name| Some((*name, value(object.get(*name).filter(is_set)?)))).collect()
}

/// Encodes conditions.
pub(super) fn conditions(conditions: &[Value]) -> String {
    list(conditions.iter().map(|condition| {
        let mut fields: Fields<'_> =
            ["type", "status", "lastTransitionTime"].into_iter().map(|name| (name, value(&condition[name]))).collect();
        fields.extend(present(condition, &["reason", "message", "observedGeneration"]));
        object(&fields)
    }))
}
