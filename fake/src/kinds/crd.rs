//! Custom resource definitions: kinds that come, change and go while the server runs.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresourcedefinition`, `pkg/controller/{status,establish,finalizer}`.

pub(super) mod written;

use std::sync::Arc;

use kube_structural_schema::object::{FieldError, prune_defaults};
use kube_structural_schema::{Names, Scope, Version, read_document};
use serde_json::{Map, Value, json};

use crate::registry::metadata;
use crate::status::Failure;

/// Keeps a definition until the objects of its kind are gone.
pub(crate) const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What a definition says.
pub(crate) struct Definition {
    pub(crate) group: String,
    pub(crate) names: Names,
    pub(crate) scope: Scope,
    /// The versions, newest first.
    pub(crate) versions: Arc<[Version]>,
    /// Which of them objects are stored in.
    pub(crate) storage: usize,
}

/// The kind that an object defines.
///
/// # Errors
/// What is wrong with the definition.
pub(crate) fn parse(object: &Value) -> Result<Definition, Failure> {
    let name = metadata::text(object, "name");
    let refused = |what: String| {
        let error = FieldError::invalid("spec", Value::Null, what);
        Failure::invalid("CustomResourceDefinition", "apiextensions.k8s.io", name, &[error])
    };
    let found = read_document("the request", object.clone()).map_err(|problems| refused(problems.to_string()))?;
    let crd = found.crds.into_iter().next().ok_or_else(|| refused("there is no definition".to_owned()))?;
    if crd.conversion_webhook {
        return Err(refused("conversion by webhook is not supported by this server; use strategy: None".to_owned()));
    }
    let mut versions = crd.versions;
    versions.iter_mut().for_each(|version| prune_defaults(&mut version.schema));
    let stored: Vec<usize> = (0..versions.len()).filter(|&index| versions[index].storage).collect();
    if lifts_selectable_fields(&versions) {
        let what = "may only be set when validations.schema is included";
        let error = FieldError::invalid("spec.selectableFields", "", what);
        return Err(Failure::invalid("CustomResourceDefinition", "apiextensions.k8s.io", name, &[error]));
    }
    let [storage] = stored[..] else {
        return Err(refused("must have exactly one version marked as storage version".to_owned()));
    };
    Ok(Definition { group: crd.group, names: crd.names, scope: crd.scope, versions: versions.into(), storage })
}

/// Fills in what a definition may leave out.
///
/// Source: `apiextensions/v1/defaults.go`.
pub(crate) fn fill_in(spec: &mut Map<String, Value>) {
    let is_left_out = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value == "");
    if let Some(Value::Object(names)) = spec.get_mut("names") {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if is_left_out(names.get("singular")) {
            names.insert("singular".to_owned(), kind.to_lowercase().into());
        }
        if is_left_out(names.get("listKind")) && !kind.is_empty() {
            names.insert("listKind".to_owned(), format!("{kind}List").into());
        }
    }
    if is_left_out(spec.get("conversion")) {
        spec.insert("conversion".to_owned(), json!({"strategy": "None"}));
    }
}

/// The API server lifts what all versions share out of them, and then misses the schema that it is checked against, unless
/// the versions share that, too.
fn lifts_selectable_fields(versions: &[Version]) -> bool {
    let [first, rest @ ..] = versions else { return false };
    !first.selectable_fields.is_empty()
        && rest.iter().all(|version| version.selectable_fields == first.selectable_fields)
        && rest.iter().any(|version| version.schema != first.schema)
}

/// Says that a definition goes as soon as the objects of its kind are gone.
pub(crate) fn mark_terminating(object: &mut Value) {
    let since = metadata::text(object, "deletionTimestamp").to_owned();
    let Some(conditions) = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut) else { return };
    if !conditions.iter().any(|condition| condition["type"] == "Terminating") {
        conditions.push(json!({
            "type": "Terminating",
            "status": "True",
            "reason": "InstanceDeletionInProgress",
            "message": "CustomResource deletion is in progress",
            "lastTransitionTime": since,
        }));
    }
}

/// The status of a definition whose kind is served.
pub(crate) fn status(object: &Value, definition: &Definition, now: &str) -> Value {
    let condition = |type_: &str, reason: &str, message: &str| json!({"type": type_, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now});
    let storage = definition.versions[definition.storage].name.clone();
    let mut stored: Vec<Value> =
        object.pointer("/status/storedVersions").and_then(Value::as_array).cloned().unwrap_or_default();
    if !stored.iter().any(|version| version.as_str() == Some(&storage)) {
        stored.push(storage.into());
    }
    let before = object.pointer("/status/conditions").and_then(Value::as_array);
    let is_established = before.into_iter().flatten().any(|condition| condition["type"] == "Established");
    let conditions = match before {
        Some(before) if is_established => Value::Array(before.clone()),
        _ => json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
    };
    json!({
        "acceptedNames": object["spec"]["names"],
        "conditions": conditions,
        "storedVersions": stored,
    })
}
