//! Scopes of quotas, which select pods and claims.
//!
//! Source: `kubernetes/pkg/quota/v1/evaluator/core/{pods,persistent_volume_claims}.go`.

use serde_json::Value;

use crate::kinds::builtin::qos_class;

/// Whether a pod is in a scope.
pub(super) fn contains_pod(requirement: &Value, pod: &Value) -> bool {
    match requirement["scopeName"].as_str().unwrap_or_default() {
        "Terminating" => is_terminating(pod),
        "NotTerminating" => !is_terminating(pod),
        "BestEffort" => is_best_effort(pod),
        "NotBestEffort" => !is_best_effort(pod),
        "PriorityClass" => {
            let class = pod["spec"]["priorityClassName"].as_str().filter(|class| !class.is_empty());
            selects(requirement, &class.into_iter().collect::<Vec<_>>())
        }
        "CrossNamespacePodAffinity" => selects_other_namespaces(pod),
        _ => false,
    }
}

/// Whether a claim is in a scope.
pub(super) fn contains_claim(requirement: &Value, claim: &Value) -> bool {
    if requirement["scopeName"] != "VolumeAttributesClass" {
        return false;
    }
    let names = [
        &claim["spec"]["volumeAttributesClassName"],
        &claim["status"]["currentVolumeAttributesClassName"],
        &claim["status"]["modifyVolumeStatus"]["targetVolumeAttributesClassName"],
    ];
    let names: Vec<&str> = names.into_iter().filter_map(Value::as_str).filter(|name| !name.is_empty()).collect();
    selects(requirement, &names)
}

/// Whether a pod ends after a time.
pub(super) fn is_terminating(pod: &Value) -> bool {
    pod["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|seconds| seconds >= 0)
}

fn is_best_effort(pod: &Value) -> bool {
    qos_class(&pod["spec"]) == "BestEffort"
}

/// Whether a requirement selects one of the values.
fn selects(requirement: &Value, values: &[&str]) -> bool {
    let listed = |value: &&str| requirement["values"].as_array().into_iter().flatten().any(|known| known == *value);
    match requirement["operator"].as_str().unwrap_or_default() {
        "In" => values.iter().any(listed),
        // A claim has several classes, of which one that is not listed is enough.
        "NotIn" => values.is_empty() || !values.iter().all(listed),
        "DoesNotExist" => values.is_empty(),
        _ => !values.is_empty(),
    }
}

/// Whether the affinity of a pod refers to pods in other namespaces.
fn selects_other_namespaces(pod: &Value) -> bool {
    ["podAffinity", "podAntiAffinity"].into_iter().any(|name| {
        let affinity = &pod["spec"]["affinity"][name];
        let items = |list: &str| affinity[list].as_array().into_iter().flatten();
        let required = items("requiredDuringSchedulingIgnoredDuringExecution");
        let preferred = items("preferredDuringSchedulingIgnoredDuringExecution");
        required.chain(preferred.map(|weighted| &weighted["podAffinityTerm"])).any(|term| {
            term["namespaces"].as_array().is_some_and(|names| !names.is_empty())
                || term["namespaceSelector"].is_object()
        })
    })
}
