//! The initial status of pods, and what admission adds to them.

use serde_json::{Value, json};

use crate::kinds::builtin::qos::qos_class;

/// The seconds for which a pod stays on a node that is not ready or unreachable.
const TOLERATED_SECONDS: i64 = 300;

/// Prepares a new pod.
pub(super) fn prepare_for_create(object: &mut Value) {
    let class = qos_class(&object["spec"]);
    object["status"] = json!({"phase": "Pending", "qosClass": class});
    let is_gated = object["spec"]["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty());
    if is_gated {
        object["status"]["conditions"] = json!([{
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": null,
            "lastTransitionTime": null,
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }]);
    }
    merge_label_keys(object);
    if let Some(spec) = object.get_mut("spec").filter(|spec| spec.is_object()) {
        add_tolerations(spec);
    }
}

/// Prepares an updated pod.
pub(super) fn prepare_for_update(object: &mut Value, old: &Value) {
    if let Some(spec) = object.get_mut("spec").filter(|spec| spec.is_object()) {
        add_tolerations(spec);
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for name in ["priority", "preemptionPolicy", "resources"] {
        if spec.get(name).is_none_or(Value::is_null)
            && let Some(value) = old["spec"].get(name)
        {
            spec.insert(name.to_owned(), value.clone());
        }
    }
}

/// Adds the tolerations that each pod has unless it tolerates the same itself.
fn add_tolerations(spec: &mut Value) {
    let mut all = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let is_empty = |value: &Value| value.as_str().unwrap_or_default().is_empty();
        let tolerates = |toleration: &Value| {
            (toleration["key"] == key || is_empty(&toleration["key"]))
                && (toleration["effect"] == "NoExecute" || is_empty(&toleration["effect"]))
        };
        if !all.iter().any(tolerates) {
            all.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_SECONDS,
            }));
        }
    }
    spec["tolerations"] = all.into();
}

/// Adds the labels that `matchLabelKeys` and `mismatchLabelKeys` name to the selectors beside them.
fn merge_label_keys(object: &mut Value) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let labels = object["metadata"]["labels"].clone();
    let items = |list: Option<&mut Value>, change: &mut dyn FnMut(&mut Value)| {
        list.and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
    };
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = object.pointer_mut(&format!("/spec/affinity/{name}")) else { continue };
        items(affinity.get_mut(REQUIRED), &mut |term| merge_term(term, &labels));
        items(affinity.get_mut(PREFERRED), &mut |weighted| {
            if let Some(term) = weighted.get_mut("podAffinityTerm") {
                merge_term(term, &labels);
            }
        });
    }
    let constraints = object.pointer_mut("/spec/topologySpreadConstraints");
    items(constraints, &mut |constraint| merge_term(constraint, &labels));
}

fn merge_term(term: &mut Value, labels: &Value) {
    let mut added = Vec::new();
    for (list, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        for key in term[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some(value) = labels.get(key) {
                added.push(json!({"key": key, "operator": operator, "values": [value]}));
            }
        }
    }
    if added.is_empty() || !term["labelSelector"].is_object() {
        return;
    }
    let all = term["labelSelector"]["matchExpressions"].as_array().cloned().unwrap_or_default();
    term["labelSelector"]["matchExpressions"] = all.into_iter().chain(added).collect();
}
