//! Kind-specific changes of objects before validation (`PrepareForCreate`, `PrepareForUpdate`).

use serde_json::{Value, json};

use crate::kinds::{Rules, crd};

/// The finalizer of the namespace controller.
const NAMESPACE_FINALIZER: &str = "kubernetes";

/// Prepares a new object.
pub(crate) fn prepare_for_create(rules: Rules, object: &mut Value) {
    match rules {
        Rules::Namespace => {
            let sent = object.pointer("/spec/finalizers").and_then(Value::as_array);
            let mut finalizers = sent.cloned().unwrap_or_default();
            if !finalizers.contains(&NAMESPACE_FINALIZER.into()) {
                finalizers.push(NAMESPACE_FINALIZER.into());
            }
            object["spec"] = json!({"finalizers": finalizers});
            object["status"] = json!({"phase": "Active"});
            label_namespace(object);
        }
        Rules::Lease => drop_coordination_fields(object),
        Rules::Definition => crd::prepare_for_create(object),
        _ => {}
    }
}

/// Prepares an updated object.
pub(crate) fn prepare_for_update(rules: Rules, object: &mut Value, old: &Value) {
    match rules {
        Rules::Secret => {
            if object.get("type").and_then(Value::as_str).is_none_or(str::is_empty)
                && let Some(type_) = old.get("type")
            {
                object["type"] = type_.clone();
            }
        }
        Rules::Lease => drop_coordination_fields(object),
        Rules::Definition => crd::prepare_for_update(object),
        Rules::Namespace => {
            if let Some(spec) = old.get("spec") {
                object["spec"] = spec.clone();
            }
        }
        _ => {}
    }
}

/// Prepares an object for deletion.
pub(crate) fn prepare_for_delete(rules: Rules, object: &mut Value) {
    if rules == Rules::Namespace {
        object["status"]["phase"] = "Terminating".into();
        crate::metadata::set(object, "deletionGracePeriodSeconds", None);
    }
    if rules == Rules::Definition {
        crate::metadata::set(object, "deletionGracePeriodSeconds", None);
        crd::mark_terminating(object);
    }
}

/// Sets the label of a namespace with its name.
///
/// Source: `SetDefaults_Namespace` of `kubernetes/pkg/apis/core/v1/defaults.go`.
pub(super) fn label_namespace(object: &mut Value) {
    let name = crate::metadata::text(object, "name").to_owned();
    if name.is_empty() {
        return;
    }
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
}

/// Sets the default phase of a namespace.
///
/// Source: `SetDefaults_NamespaceStatus` of `kubernetes/pkg/apis/core/v1/defaults.go`.
pub(super) fn activate_namespace(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let status = fields.entry("status").or_insert(Value::Null);
    if status.is_null() {
        *status = json!({});
    }
    if let Some(status) = status.as_object_mut()
        && matches!(status.get("phase").map(Value::as_str), None | Some(None | Some("")))
        && !status.get("phase").is_some_and(|phase| !phase.is_null() && !phase.is_string())
    {
        status.insert("phase".to_owned(), "Active".into());
    }
}

/// The fields are dropped unless the feature gate `CoordinatedLeaderElection` is enabled.
fn drop_coordination_fields(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("strategy");
        spec.remove("preferredHolder");
    }
}
