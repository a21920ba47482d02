//! Validation of the status of pods.

use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::super::field::{Errors, Field};
use super::address;

/// Validates an update of the status of a pod.
pub(in super::super) fn validate_status_update(pod: &Field<'_>, old: &Value, errors: &mut Errors) {
    let status = pod.at("status");
    for condition in status.items("conditions") {
        if condition.at("observedGeneration").number() < 0 {
            condition.at("observedGeneration").invalid(errors, "must be a non-negative integer");
        }
        let name = condition.at("type").text();
        if !matches!(name, "PodScheduled" | "Ready" | "Initialized") {
            condition.with("Type", condition.at("type").value).check(errors, names::qualified_name);
        }
    }
    if status.at("observedGeneration").number() < 0 {
        status.at("observedGeneration").invalid(errors, "must be a non-negative integer");
    }
    let nominated = status.at("nominatedNodeName");
    if nominated.value != &old["status"]["nominatedNodeName"] {
        nominated.check_set(errors, names::subdomain);
    }
    if status.at("qosClass").value != &old["status"]["qosClass"] {
        status.at("qosClass").invalid_text(errors, super::super::IMMUTABLE);
    }
    for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
        restarts(&status, list, old, errors);
    }
    addresses(&status, "podIP", "podIPs", old, errors);
    addresses(&status, "hostIP", "hostIPs", old, errors);
}

/// Reports containers that were terminated and run again although they must not be restarted.
fn restarts(status: &Field<'_>, list: &str, old: &Value, errors: &mut Errors) {
    let policy = old["spec"]["restartPolicy"].as_str().unwrap_or_default();
    let is_ephemeral = list == "ephemeralContainerStatuses";
    for (index, before) in old["status"][list].as_array().into_iter().flatten().enumerate() {
        let terminated = &before["state"]["terminated"];
        let failed = terminated["exitCode"].as_i64().unwrap_or_default() != 0;
        let may_restart = policy == "Always" || (policy == "OnFailure" && failed) || restarts_itself(before, list, old);
        if terminated.is_null() || (may_restart && !is_ephemeral) {
            continue;
        }
        let now = status.items(list).find(|now| now.value["name"] == before["name"]);
        if now.is_some_and(|now| now.value["state"]["terminated"].is_null()) {
            let detail = "may not be transitioned to non-terminated state";
            errors.push(FieldError::forbidden(format!("{status}.{list}[{index}].state"), detail));
        }
    }
}

/// Whether the container of a status has a restart policy of its own that allows a restart.
fn restarts_itself(status: &Value, list: &str, pod: &Value) -> bool {
    let containers = if list == "initContainerStatuses" { "initContainers" } else { "containers" };
    let mut all = pod["spec"][containers].as_array().into_iter().flatten();
    let container = all.find(|container| container["name"] == status["name"]);
    container.is_some_and(|container| {
        !container["restartPolicyRules"].is_null()
            || matches!(container["restartPolicy"].as_str(), Some("Always" | "OnFailure"))
    })
}

fn addresses(status: &Field<'_>, single: &str, list: &str, old: &Value, errors: &mut Errors) {
    let (first, all) = (status.at(single), status.at(list));
    if list == "hostIPs" && all.is_empty() {
        return;
    }
    let existing: Vec<Value> =
        old["status"][list].as_array().into_iter().flatten().map(|entry| entry["ip"].clone()).collect();
    let existing = Value::Array(existing);
    for (index, entry) in status.items(list).enumerate() {
        let path = format!("{list}[{index}]");
        address::check(&status.with(&path, entry.at("ip").value), &existing, errors);
    }
    let first_of_list = all.value[0]["ip"].as_str().unwrap_or_default();
    if first.is_empty() != all.is_empty() {
        all.invalid(errors, "podIP and podIPs must either both be set or both be unset");
    } else if !all.is_empty() && first.text() != first_of_list {
        let detail = format!("must be equal to `{single}`");
        errors.push(FieldError::invalid(format!("{all}[0].ip"), first_of_list, detail));
    }
}
