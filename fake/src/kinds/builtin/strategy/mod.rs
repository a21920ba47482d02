//! Kind-specific changes of objects before validation, and what the admission plugins that are enabled by default change.
//!
//! Source: `PrepareForCreate` and `PrepareForUpdate` of `kubernetes/pkg/registry/*/*/strategy.go`, and
//! `kubernetes/plugin/pkg/admission`.

mod allocation;
mod claim;
mod job;
mod pod;
mod service;
mod workload;

use serde_json::{Value, json};

pub(crate) use self::allocation::{AllocationError, Used, allocate};
pub(crate) use self::workload::TEMPLATE_GENERATION;
use crate::metadata;

/// Whether objects of a kind have a generation.
pub(crate) fn has_generation(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Pod" | "PodTemplate" | "ReplicationController"),
        "apps" => kind != "ControllerRevision",
        "batch" | "autoscaling" | "admissionregistration.k8s.io" | "flowcontrol.apiserver.k8s.io" => true,
        "resource.k8s.io" => matches!(kind, "DeviceClass" | "DeviceTaintRule" | "ResourceSlice"),
        "policy" => kind == "PodDisruptionBudget",
        "discovery.k8s.io" => kind == "EndpointSlice",
        "networking.k8s.io" => matches!(kind, "Ingress" | "IngressClass" | "NetworkPolicy"),
        "scheduling.k8s.io" => kind == "PriorityClass",
        _ => false,
    }
}

/// Whether an update of an object other than of its status increases its generation.
pub(crate) fn increases_generation(group: &str, kind: &str, object: &Value, old: &Value) -> bool {
    let differs = |name: &str| object.get(name) != old.get(name);
    let metadata_differs = |name: &str| object["metadata"].get(name) != old["metadata"].get(name);
    match (group, kind) {
        ("scheduling.k8s.io", "PriorityClass") => false,
        ("apps", "Deployment") => differs("spec") || metadata_differs("annotations"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            differs("webhooks")
        }
        ("discovery.k8s.io", "EndpointSlice") => {
            ["addressType", "endpoints", "ports"].into_iter().any(differs) || metadata_differs("labels")
        }
        ("storage.k8s.io", "CSIDriver") => differs("spec"),
        ("", "PodTemplate") => differs("template"),
        _ => has_generation(group, kind) && differs("spec"),
    }
}

/// Whether the subresource `status` also writes metadata.
///
/// Source: the strategies of the status without `ResetObjectMetaForStatus` in `kubernetes/pkg/registry/*/*/strategy.go`.
pub(crate) fn status_writes_metadata(group: &str, kind: &str) -> bool {
    match group {
        "" | "apps" | "batch" | "autoscaling" | "policy" => true,
        "certificates.k8s.io" => kind == "CertificateSigningRequest",
        "networking.k8s.io" => kind == "Ingress",
        _ => false,
    }
}

/// Returns the fields of the metadata that the status does not write although it writes the others.
///
/// Source: as of [`status_writes_metadata`]; `GetResetFields` returns the same ones.
pub(crate) fn metadata_kept_by_status(group: &str, kind: &str) -> &'static [&'static str] {
    match (group, kind) {
        ("apps", "Deployment") => &["labels"],
        ("", "Pod") => &["deletionTimestamp", "ownerReferences"],
        _ => &[],
    }
}

/// Keeps what an update of the status must not write although it is in the metadata.
pub(crate) fn keep_metadata(group: &str, kind: &str, object: &mut Value, live: &Value) {
    if (group, kind) == ("apps", "DaemonSet") {
        workload::keep_annotation(object, live);
    }
    for field in metadata_kept_by_status(group, kind) {
        metadata::set(object, field, metadata::get(live, field).cloned());
    }
}

/// Whether the response to a deletion is the deleted object.
///
/// Source: `ReturnDeletedObject` in `kubernetes/pkg/registry/*/*/storage/storage.go`.
pub(crate) fn returns_deleted(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(
            kind,
            "PersistentVolume"
                | "PersistentVolumeClaim"
                | "Pod"
                | "PodTemplate"
                | "ResourceQuota"
                | "Service"
                | "ServiceAccount"
        ),
        "storage.k8s.io" => kind != "CSIStorageCapacity",
        "resource.k8s.io" => true,
        _ => false,
    }
}

/// Whether an update creates an object that does not exist.
pub(crate) fn creates_on_update(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Service" | "Endpoints" | "Event" | "LimitRange"),
        "rbac.authorization.k8s.io" => true,
        "node.k8s.io" => kind == "RuntimeClass",
        "coordination.k8s.io" => kind == "Lease",
        "events.k8s.io" => kind == "Event",
        _ => false,
    }
}

/// Whether an update needs a resource version.
pub(crate) fn needs_resource_version(group: &str, kind: &str) -> bool {
    match group {
        "policy" => kind == "PodDisruptionBudget",
        "storage.k8s.io" => matches!(kind, "CSIDriver" | "CSINode" | "CSIStorageCapacity" | "VolumeAttachment"),
        "admissionregistration.k8s.io" | "coordination.k8s.io" | "apiextensions.k8s.io" => true,
        "node.k8s.io" => kind == "RuntimeClass",
        _ => false,
    }
}

/// Whether a new object may have a status.
///
/// Source: `kubernetes/pkg/registry/core/node/strategy.go`, `dropDisabledFields`.
pub(crate) fn keeps_status(group: &str, kind: &str) -> bool {
    (group, kind) == ("", "Node")
}

/// Prepares a new object, which has a name and a uid, but no status unless its kind keeps it.
pub(crate) fn prepare_for_create(group: &str, kind: &str, object: &mut Value, now: &str) {
    match (group, kind) {
        ("", "Pod") => pod::prepare_for_create(object),
        ("", "Service") => service::prepare_for_create(object),
        ("", "PersistentVolumeClaim") => claim::prepare_for_create(object),
        ("", "PersistentVolume") => {
            add_finalizer(object, "kubernetes.io/pv-protection");
            object["status"] = json!({"phase": "Pending", "lastPhaseTransitionTime": now});
        }
        ("", "Node") => taint_node(object),
        ("storage.k8s.io", "VolumeAttributesClass") => add_finalizer(object, "kubernetes.io/vac-protection"),
        ("apps", "DaemonSet") => workload::set_template_generation(object, 1),
        ("batch", "Job") => job::generate_selector(object),
        ("certificates.k8s.io", "CertificateSigningRequest") => request_user(object),
        _ => {}
    }
}

/// Prepares an updated object. Its status is that of the old one.
pub(crate) fn prepare_for_update(group: &str, kind: &str, object: &mut Value, old: &Value) {
    match (group, kind) {
        ("", "Pod") => pod::prepare_for_update(object, old),
        ("", "Service") => service::prepare_for_update(object, old),
        ("", "PersistentVolumeClaim") => claim::normalize_sources(object),
        ("apps", "DaemonSet") => workload::keep_template_generation(object, old),
        ("certificates.k8s.io", "CertificateSigningRequest") => object["spec"] = old["spec"].clone(),
        _ => {}
    }
}

fn add_finalizer(object: &mut Value, name: &str) {
    let mut all = metadata::finalizers(object);
    if !all.iter().any(|other| other == name) {
        all.push(name.to_owned());
        metadata::set(object, "finalizers", Some(all.into()));
    }
}

/// Adds the taint that a new node has until its controller removes it.
fn taint_node(object: &mut Value) {
    const KEY: &str = "node.kubernetes.io/not-ready";
    let taints = object["spec"]["taints"].as_array().cloned().unwrap_or_default();
    if taints.iter().any(|taint| taint["key"] == KEY && taint["effect"] == "NoSchedule") {
        return;
    }
    let taint = json!({"key": KEY, "effect": "NoSchedule"});
    object["spec"]["taints"] = taints.into_iter().chain([taint]).collect();
}

/// Records the user of a request. All clients of this server are administrators.
fn request_user(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("uid");
        spec.remove("extra");
        spec.insert("username".to_owned(), "admin".into());
        spec.insert("groups".to_owned(), json!(["system:masters", "system:authenticated"]));
    }
}

#[cfg(test)]
mod tests;
