//! The data sources and the finalizer of claims.

use serde_json::{Value, json};

/// Prepares a new claim.
pub(super) fn prepare_for_create(object: &mut Value) {
    drop_unknown_source(object);
    normalize_sources(object);
    super::add_finalizer(object, "kubernetes.io/pvc-protection");
    object["status"] = json!({"phase": "Pending"});
}

/// Drops a source that is neither a claim nor a snapshot, unless it is also given as a reference.
fn drop_unknown_source(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let Some(source) = spec.get("dataSource").filter(|source| !source.is_null()) else { return };
    let group = source["apiGroup"].as_str().unwrap_or_default();
    let is_known = matches!(
        (group, source["kind"].as_str().unwrap_or_default()),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    );
    if !is_known && spec.get("dataSourceRef").is_none_or(Value::is_null) {
        spec.remove("dataSource");
    }
}

/// Copies a source to the other of the two fields that can contain it.
pub(super) fn normalize_sources(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let get = |name: &str| spec.get(name).filter(|value| !value.is_null()).cloned();
    match (get("dataSource"), get("dataSourceRef")) {
        (Some(source), None) => drop(spec.insert("dataSourceRef".to_owned(), source)),
        (None, Some(mut reference)) if reference["namespace"].as_str().unwrap_or_default().is_empty() => {
            reference.as_object_mut().into_iter().for_each(|fields| drop(fields.remove("namespace")));
            spec.insert("dataSource".to_owned(), reference);
        }
        _ => {}
    }
}
