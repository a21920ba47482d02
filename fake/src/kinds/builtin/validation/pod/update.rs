//! Validation of updates of pods.

use kube_structural_schema::object::FieldError;
use serde_json::Value;

use super::super::diff::diff;
use super::super::field::{Errors, Field};

const MUTABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Validates an update of a pod.
pub(in super::super) fn validate_update(pod: &Field<'_>, old: &Value, errors: &mut Errors) {
    super::metadata_and_spec(pod, errors);
    annotations(&pod.at("metadata.annotations"), &old["metadata"]["annotations"], errors);
    let (spec, old_spec) = (pod.at("spec"), &old["spec"]);
    for list in ["containers", "initContainers"] {
        let count = old_spec[list].as_array().map(Vec::len).unwrap_or_default();
        if spec.at(list).len() != count {
            spec.at(list).forbidden(errors, "pod updates may not add or remove containers");
            return;
        }
        for container in spec.items(list) {
            container.at("image").require(errors);
            super::containers::image_has_no_blanks(&container, errors);
        }
    }
    deadline(&spec, old_spec, errors);
    tolerations(&spec, old_spec, errors);
    gates(&spec, old_spec, errors);
    if spec.value == old_spec {
        return;
    }
    let munged = munged(spec.value, old_spec, &spec, errors);
    if munged != *old_spec {
        spec.forbidden(errors, format!("{MUTABLE}\n{}", diff(old_spec, &munged)));
    }
}

fn annotations(field: &Field<'_>, old: &Value, errors: &mut Errors) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    let (new, old) = (field.value.get(MIRROR), old.get(MIRROR));
    let detail = match (new, old) {
        (Some(_), None) => "may not add mirror pod annotation",
        (new, Some(old)) if new != Some(old) => "may not remove or update mirror pod annotation",
        _ => return,
    };
    errors.push(FieldError::forbidden(format!("{field}[{MIRROR}]"), detail));
}

fn deadline(spec: &Field<'_>, old: &Value, errors: &mut Errors) {
    let (new, old) = (spec.at("activeDeadlineSeconds"), old["activeDeadlineSeconds"].as_i64());
    match (new.value.as_i64(), old) {
        (Some(seconds), _) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            new.invalid(errors, format!("must be between 0 and {}, inclusive", i32::MAX));
        }
        (Some(seconds), Some(before)) if before < seconds => {
            new.invalid(errors, "must be less than or equal to previous value");
        }
        (None, Some(_)) => new.invalid(errors, "must not update from a positive integer to nil value"),
        _ => {}
    }
}

fn without_seconds(toleration: &Value) -> Value {
    let mut toleration = toleration.clone();
    if let Some(fields) = toleration.as_object_mut() {
        fields.remove("tolerationSeconds");
    }
    toleration
}

fn tolerations(spec: &Field<'_>, old: &Value, errors: &mut Errors) {
    let now: Vec<Value> = spec.value["tolerations"].as_array().into_iter().flatten().map(without_seconds).collect();
    let old = old["tolerations"].as_array().into_iter().flatten();
    if old.into_iter().any(|toleration| !now.contains(&without_seconds(toleration))) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        spec.at("tolerations").forbidden(errors, detail);
    }
}

fn gates(spec: &Field<'_>, old: &Value, errors: &mut Errors) {
    let before = old["schedulingGates"].as_array().map(Vec::as_slice).unwrap_or_default();
    for gate in spec.items("schedulingGates") {
        let name = gate.at("name");
        if !before.iter().any(|other| other["name"] == *name.value) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", name.text());
            name.forbidden(errors, detail);
        }
    }
}

/// Returns a specification in which the mutable fields have their old values.
fn munged(spec: &Value, old: &Value, field: &Field<'_>, errors: &mut Errors) -> Value {
    let mut munged = spec.clone();
    for list in ["containers", "initContainers"] {
        for (index, container) in munged.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            copy(container, &old[list][index], "image");
        }
    }
    for name in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        copy(&mut munged, old, name);
    }
    let grace = "terminationGracePeriodSeconds";
    if old[grace].as_i64().is_some_and(|seconds| seconds < 0) && munged[grace] == 1 {
        copy(&mut munged, old, grace);
    }
    if old["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty()) {
        gated(&mut munged, old, field, errors);
    }
    munged
}

/// Allows additions to the selector and affinity of nodes while a pod has scheduling gates.
fn gated(munged: &mut Value, old: &Value, field: &Field<'_>, errors: &mut Errors) {
    let selector = field.at("nodeSelector");
    let removed = |(key, value): (&String, &Value)| selector.value.get(key) != Some(value);
    if old["nodeSelector"].as_object().into_iter().flatten().any(removed) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        selector.invalid(errors, detail);
    }
    copy(munged, old, "nodeSelector");
    let affinity = &old["affinity"]["nodeAffinity"];
    if munged["affinity"].is_object() && old["affinity"].is_object() {
        if affinity.is_null() {
            munged["affinity"].as_object_mut().into_iter().for_each(|fields| drop(fields.remove("nodeAffinity")));
        } else {
            munged["affinity"]["nodeAffinity"] = affinity.clone();
        }
    } else if old["affinity"].is_null() || munged["affinity"].is_null() {
        copy(munged, old, "affinity");
    }
}

/// Gives a field its value in another object.
fn copy(object: &mut Value, from: &Value, name: &str) {
    let Some(fields) = object.as_object_mut() else { return };
    match from.get(name) {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.remove(name)),
    }
}
