//! Validation of `metadata`, which is the same for all kinds.
//!
//! Source: `apimachinery/pkg/api/validation/objectmeta.go`.

use kube_structural_schema::object::{FieldError, go, names};
use serde_json::Value;

/// The limit of the size of all annotations.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The fields of `ObjectMeta`.
const FIELDS: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Returns the paths of fields that `metadata` does not have.
pub(super) fn unknown_fields(object: &Value) -> Vec<String> {
    let fields = object.get("metadata").and_then(Value::as_object).into_iter().flatten();
    fields.filter(|(name, _)| !FIELDS.contains(&name.as_str())).map(|(name, _)| format!("metadata.{name}")).collect()
}

/// Returns the error of Go's decoder for labels and annotations that are not strings.
pub(super) fn wrong_type(object: &Value) -> Option<(String, String)> {
    ["annotations", "labels"].into_iter().find_map(|field| {
        let values = object.pointer(&format!("/metadata/{field}"))?.as_object()?;
        let (name, value) = values.iter().find(|(_, value)| !value.is_string() && !value.is_null())?;
        let kind = go::json_kind(value, "string");
        Some((
            format!("metadata.{field}.{name}"),
            format!("json: cannot unmarshal {kind} into Go struct field ObjectMeta.{field} of type string"),
        ))
    })
}

/// Returns the errors of labels and annotations.
pub(super) fn validate(object: &Value) -> Vec<FieldError> {
    let entries = |field: &str| {
        let values = object.pointer(&format!("/metadata/{field}")).and_then(Value::as_object);
        values.into_iter().flatten().map(|(name, value)| (name, value.as_str().unwrap_or_default()))
    };
    let mut errors = Vec::new();
    for (name, value) in entries("labels") {
        let field = "metadata.labels";
        errors
            .extend(names::qualified_name(name).into_iter().map(|detail| FieldError::invalid(field, &**name, detail)));
        errors.extend(names::label_value(value).into_iter().map(|detail| FieldError::invalid(field, value, detail)));
    }
    for (name, _) in entries("annotations") {
        let wrong = names::qualified_name(&name.to_lowercase());
        errors.extend(wrong.into_iter().map(|detail| FieldError::invalid("metadata.annotations", &**name, detail)));
    }
    if entries("annotations").map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long("metadata.annotations", i64::try_from(MAX_ANNOTATIONS).unwrap_or(i64::MAX)));
    }
    errors
}
