//! Validation of pods that their subresources `ephemeralcontainers` and `resize` update.
//!
//! Source: `ValidatePodEphemeralContainersUpdate` and `ValidatePodResize` of `kubernetes/pkg/apis/core/validation`.

use kube_structural_schema::object::FieldError;
use serde_json::Value;

use super::super::diff::diff;
use super::super::field::{Errors, Field};
use crate::kinds::builtin::qos::qos_class;

const MUTABLE: [&str; 2] = ["cpu", "memory"];

/// Validates a pod whose ephemeral containers were replaced: they can only be added.
pub(in super::super) fn validate_ephemeral_containers(pod: &Field<'_>, old: &Value, errors: &mut Errors) {
    super::metadata_and_spec(pod, errors);
    if is_static(pod.value) {
        *errors = vec![FieldError::forbidden("", "static pods do not support ephemeral containers")];
        return;
    }
    let spec = pod.at("spec");
    let containers = spec.at("ephemeralContainers");
    let now = |name: &str| containers.value.as_array().into_iter().flatten().rfind(|now| now["name"] == name);
    for before in old["spec"]["ephemeralContainers"].as_array().into_iter().flatten() {
        let name = before["name"].as_str().unwrap_or_default();
        match now(name) {
            None => {
                containers.forbidden(errors, format!("existing ephemeral containers {name:?} may not be removed\n"));
            }
            Some(now) if now != before => {
                let changes = diff(before, now);
                let detail = format!("existing ephemeral containers {name:?} may not be changed\n{changes}");
                containers.forbidden(errors, detail);
            }
            Some(_) => {}
        }
    }
}

/// Validates a pod whose resources were replaced.
pub(in super::super) fn validate_resize(pod: &Field<'_>, old: &Value, errors: &mut Errors) {
    super::metadata_and_spec(pod, errors);
    let refused = match old["spec"]["os"]["name"].as_str() {
        _ if is_static(old) => Some("static pods cannot be resized"),
        Some("windows") => Some("windows pods cannot be resized"),
        _ => None,
    };
    if let Some(detail) = refused {
        *errors = vec![FieldError::forbidden("", detail)];
        return;
    }
    let (spec, old_spec) = (pod.at("spec"), &old["spec"]);
    let class = &old["status"]["qosClass"];
    if class.as_str().unwrap_or_else(|| qos_class(old_spec)) != qos_class(spec.value) {
        let class = class.as_str().unwrap_or_default();
        spec.invalid_as(errors, class, "Pod QOS Class may not change as a result of resizing");
    }
    let statuses = old["status"]["containerStatuses"].as_array().into_iter().flatten();
    let running = statuses.into_iter().find(|status| !status["state"]["running"].is_null());
    if running.is_some_and(|status| status["resources"].is_null()) {
        spec.forbidden(errors, "Pod running on node without support for resize");
    }
    for list in ["initContainers", "containers"] {
        for (index, container) in spec.items(list).enumerate() {
            let before = &old_spec[list][index];
            if list == "containers" || before["restartPolicy"] == "Always" {
                kept(&container.at("resources"), &before["resources"], errors);
            }
        }
    }
    for (index, container) in spec.items("containers").enumerate() {
        if immutable(container.value) != immutable(&old_spec["containers"][index]) {
            spec.forbidden(errors, "only cpu and memory resources are mutable");
        }
    }
    for (index, container) in spec.items("initContainers").enumerate() {
        let before = &old_spec["initContainers"][index];
        if before["restartPolicy"] != "Always" && container.value != before {
            spec.forbidden(errors, "resources for non-sidecar init containers are immutable");
        } else if immutable(container.value) != immutable(before) {
            container.forbidden(errors, "only cpu and memory resources for init or sidecar containers are mutable");
        }
    }
}

fn is_static(pod: &Value) -> bool {
    pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_some()
}

/// Checks that no request and no limit was removed.
fn kept(resources: &Field<'_>, old: &Value, errors: &mut Errors) {
    for list in ["requests", "limits"] {
        let now = resources.at(list);
        let names = old[list].as_object().into_iter().flatten().map(|(name, _)| name);
        if names.into_iter().any(|name| now.value.get(name).is_none()) {
            now.forbidden(errors, format!("resource {list} cannot be removed"));
        }
    }
}

/// Returns a container without the resources that can be changed.
fn immutable(container: &Value) -> Value {
    let mut container = container.clone();
    for list in ["requests", "limits"] {
        let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) else { continue };
        let Some(entries) = resources.get_mut(list).and_then(Value::as_object_mut) else { continue };
        entries.retain(|name, _| !MUTABLE.contains(&name.as_str()));
        if entries.is_empty() {
            resources.remove(list);
        }
    }
    container
}
