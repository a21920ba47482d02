//! kubectl's annotation with the last configuration of client-side apply.

use kube_structural_schema::object::go;
use serde_json::Value;

use crate::set::Set;
use crate::shape::Shape;
use crate::value::check::check;
use crate::value::compare::compare;
use crate::value::fields::field_set;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns the fields of the last client-side apply that still have the applied values: kubectl may take them over.
pub(crate) fn unchanged_fields(live: &Value, shape: Shape<'_>, api_version: &str) -> Option<Set> {
    let annotation = live.pointer("/metadata/annotations")?.get(LAST_APPLIED)?.as_str()?;
    let last: Value = serde_json::from_str(annotation).ok()?;
    if last.get("apiVersion").and_then(Value::as_str) != Some(api_version) || check(shape, &last, false).is_err() {
        return None;
    }
    let changes = compare(shape, &last, live);
    let set = field_set(shape, &last);
    Some(set.difference(&changes.modified).difference(&changes.added).difference(&changes.removed))
}

/// Updates kubectl's last-applied annotation, if it exists.
pub(crate) fn update(object: &mut Value, config: &Value) {
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let Some(last) = annotations.and_then(|annotations| annotations.get_mut(LAST_APPLIED)) else { return };
    if last.as_str().is_none_or(str::is_empty) {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    *last = Value::String(format!("{}\n", go::json(&config)));
}
