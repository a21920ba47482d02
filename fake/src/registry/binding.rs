//! Bindings of pods to nodes.
//!
//! Source: `kubernetes/pkg/registry/core/pod/storage/storage.go`, `BindingREST`; `ValidatePodBinding` of
//! `kubernetes/pkg/apis/core/validation/validation.go`.

use kube_structural_schema::object::{FieldError, names};
use serde_json::{Value, json};

use super::requests::success;
use super::update::{uid_mismatch, version_mismatch};
use super::{Context, Registry, Target};
use crate::kinds::Subresource;
use crate::metadata::{self, get, text};
use crate::status::{Failure, GroupResource};

impl Registry {
    /// Returns the pod that a binding names.
    pub(super) fn bound_pod(&self, target: &Target, binding: &Value) -> Result<Target, Failure> {
        let name = text(binding, "name");
        if target.kind.is_binding() {
            let pods = self.kinds.get("", "pods").ok_or_else(Failure::path_not_found)?;
            if name.is_empty() {
                return Err(Failure::bad_request("Name parameter required."));
            }
            let namespace = target.namespace.clone();
            return Ok(Target { namespace, subresource: Subresource::Binding, ..pods.target(name) });
        }
        if name != target.name {
            return Err(Failure::bad_request("name in URL does not match name in Binding object"));
        }
        Ok(target.clone())
    }

    /// Assigns a pod to a node.
    pub(super) fn bind(&mut self, target: &Target, binding: &Value, context: &Context<'_>) -> Result<Value, Failure> {
        validate(binding)?;
        let mut pod = self.get(target)?;
        check_preconditions(target, binding, &pod, context.options.dry_run)?;
        check_unassigned(target, &pod)?;
        pod["spec"]["nodeName"] = binding["target"]["name"].clone();
        if let Some(status) = pod.get_mut("status").and_then(Value::as_object_mut) {
            status.remove("nominatedNodeName");
        }
        for name in ["annotations", "labels"] {
            let Some(added) = get(binding, name).and_then(Value::as_object).filter(|added| !added.is_empty()) else {
                continue;
            };
            let mut all = get(&pod, name).and_then(Value::as_object).cloned().unwrap_or_default();
            all.extend(added.clone());
            metadata::set(&mut pod, name, Some(all.into()));
        }
        set_scheduled(&mut pod["status"]["conditions"], &context.now);
        if !context.options.dry_run {
            self.put(&Target { subresource: Subresource::None, ..target.clone() }, &mut pod);
        }
        Ok(success())
    }
}

/// Sets the condition PodScheduled in its place. Its transition time changes with its status.
fn set_scheduled(conditions: &mut Value, now: &str) {
    let mut condition =
        json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now});
    let Some(list) = conditions.as_array_mut() else {
        *conditions = json!([condition]);
        return;
    };
    match list.iter_mut().find(|known| known["type"] == "PodScheduled") {
        Some(known) => {
            if known["status"] == "True" {
                condition["lastTransitionTime"] = known["lastTransitionTime"].clone();
            }
            *known = condition;
        }
        None => list.push(condition),
    }
}

/// Validates a binding. The errors are not a part of a `Status`.
fn validate(binding: &Value) -> Result<(), Failure> {
    let of_target = |name: &str| binding["target"][name].as_str().unwrap_or_default();
    let (kind, node) = (of_target("kind"), of_target("name"));
    let is_node = matches!(kind, "" | "Node");
    let mut errors = Vec::new();
    if !is_node {
        errors.push(FieldError::not_supported("target.kind", kind, ["Node", "<empty>"]));
    }
    if node.is_empty() {
        errors.push(FieldError::required("target.name", ""));
    } else if is_node {
        let invalid = names::subdomain(node).into_iter();
        errors.extend(invalid.map(|detail| FieldError::invalid("target.name", node, detail)));
    }
    let texts: Vec<String> = errors.iter().map(FieldError::to_string).collect();
    match texts.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::untyped(one)),
        many => Err(Failure::untyped(format!("[{}]", many.join(", ")))),
    }
}

fn check_preconditions(target: &Target, binding: &Value, pod: &Value, dry_run: bool) -> Result<(), Failure> {
    let differs = |name: &str| !text(binding, name).is_empty() && text(binding, name) != text(pod, name);
    let reason = if differs("uid") {
        uid_mismatch(target, dry_run, text(binding, "uid"), text(pod, "uid"))
    } else if differs("resourceVersion") {
        version_mismatch(target, dry_run, text(binding, "resourceVersion"), text(pod, "resourceVersion"))
    } else {
        return Ok(());
    };
    Err(Failure::conflict(&target.kind.resource, &target.name, reason))
}

fn check_unassigned(target: &Target, pod: &Value) -> Result<(), Failure> {
    let name = &target.name;
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let reason = if metadata::is_deleting(pod) {
        format!("pod {name} is being deleted, cannot be assigned to a host")
    } else if !node.is_empty() {
        format!("pod {name} is already assigned to node {node:?}")
    } else if pod["spec"]["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty()) {
        format!("pod {name} has non-empty .spec.schedulingGates")
    } else {
        return Ok(());
    };
    let resource = GroupResource { group: String::new(), resource: "pods/binding".to_owned() };
    Err(Failure::conflict(&resource, name, reason))
}
