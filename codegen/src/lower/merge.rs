//! How server-side apply merges a value.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>

use kube_structural_schema::{ListType, Note, Schema, Type, Version};

use crate::api::Merge;

/// Returns how server-side apply merges the value of a property.
pub(crate) fn of(schema: &Schema) -> Merge {
    match (schema.type_, schema.list_type) {
        (Some(Type::Array), Some(ListType::Set)) => Merge::Set,
        (Some(Type::Array), Some(ListType::Map)) => {
            let default = |key: &String| schema.items.as_ref()?.properties.get(key)?.default.clone();
            let default = |key: &String| default(key).filter(|default| !default.is_null());
            Merge::Map(schema.list_map_keys.iter().map(|key| (key.clone(), default(key))).collect())
        }
        (Some(Type::Array), _) => Merge::Atomic,
        (Some(Type::Object), _) if schema.atomic_map => Merge::Atomic,
        _ => Merge::Granular,
    }
}

/// Reports conditions that several managers cannot apply.
pub(super) fn atomic_conditions(kind: &str, version: &Version) -> Option<Note> {
    let conditions = version.schema.properties.get("status")?.properties.get("conditions")?;
    let is_atomic = conditions.type_ == Some(Type::Array) && of(conditions) == Merge::Atomic;
    is_atomic.then(|| Note {
        place: version.place.clone(),
        text: format!(
            "{kind}.status.conditions is an atomic list: with server-side apply, a manager replaces the conditions of \
             all others; controllers that share it need x-kubernetes-list-type: map with the key `type`"
        ),
    })
}
