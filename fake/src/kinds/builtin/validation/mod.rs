//! Validation of built-in kinds with the messages of the API server.
//!
//! A message can contain the internal Go struct of a value. Where that is large, as in a changed pod template, it contains the
//! JSON of the object instead.

mod address;
mod address_space;
mod apps;
mod autoscaling;
mod batch;
mod certificates;
mod cluster;
mod cron;
mod diff;
mod field;
mod job_policies;
mod job_status;
pub(crate) mod labels;
mod names;
mod network;
mod node_selector;
mod percent;
mod pod;
mod rbac;
mod registration;
mod resources;
pub(crate) mod service;
mod storage;
mod storage_classes;
mod webhook;

use kube_structural_schema::object::FieldError;
use kube_structural_schema::object::names as rules;
use serde_json::Value;

use self::field::{Errors, Field};
use crate::metadata::NameValidation;

const IMMUTABLE: &str = "field is immutable";

/// Returns the rules for the names of objects of a kind, and for prefixes of generated names.
pub(crate) fn name_rules(group: &str, kind: &str) -> (NameValidation, NameValidation) {
    match (group, kind) {
        ("", "Service" | "Namespace") | ("apps", "StatefulSet") => (rules::label, label_prefix),
        ("networking.k8s.io", "IPAddress") => (address_space::address_name, address_space::address_name),
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _)
        | ("certificates.k8s.io", "CertificateSigningRequest") => (rules::path_segment, rules::path_segment_prefix),
        _ => (rules::subdomain, rules::subdomain_prefix),
    }
}

fn label_prefix(text: &str) -> Vec<String> {
    rules::label(&rules::mask_trailing_dash(text))
}

/// Validates a new object without its metadata.
pub(crate) fn validate(group: &str, kind: &str, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let root = Field::root(object);
    finalizers(&root, &mut errors);
    match group {
        "apps" => apps::validate(kind, &root, &mut errors),
        "" if kind == "Pod" => pod::validate(&root, &mut errors),
        "" if kind == "PersistentVolumeClaim" => storage::claim_spec(&root.at("spec"), &mut errors),
        "batch" if kind == "Job" => batch::job(&root, &mut errors),
        _ => either(group, kind, &root, None, &mut errors),
    }
    errors
}

/// Validates an update of an object without its metadata.
pub(crate) fn validate_update(group: &str, kind: &str, object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let root = Field::root(object);
    finalizers(&root, &mut errors);
    match (group, kind) {
        ("apps", _) => apps::validate_update(kind, &root, old, &mut errors),
        ("", "Pod") => pod::validate_update(&root, old, &mut errors),
        ("", "PersistentVolumeClaim") => storage::update_claim(&root, old, &mut errors),
        ("", "PersistentVolume") => storage::update_volume(&root, old, &mut errors),
        ("", "Service") => service::validate_update(&root, old, &mut errors),
        ("batch", "Job") => batch::validate_update(&root, old, &mut errors),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificates::update(&root, old, false, &mut errors),
        ("", "Node") => {
            cluster::node(&root, &mut errors);
            cluster::update_node(&root, old, &mut errors);
        }
        _ => either(group, kind, &root, Some(old), &mut errors),
    }
    hide_values(group, kind, &mut errors);
    errors
}

/// Validates a pod whose subresource `ephemeralcontainers` was updated, without its metadata.
pub(crate) fn validate_ephemeral_containers(pod: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    pod::validate_ephemeral_containers(&Field::root(pod), old, &mut errors);
    errors
}

/// Validates a pod whose subresource `resize` was updated, without its metadata.
pub(crate) fn validate_resize(pod: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    pod::validate_resize(&Field::root(pod), old, &mut errors);
    errors
}

/// Fields whose immutability is declared in their type, which hides the new value.
///
/// Source: `+k8s:immutable` in `k8s.io/api/*/v1/types.go`.
const DECLARED_IMMUTABLE: [(&str, &str, &str); 9] = [
    ("storage.k8s.io", "StorageClass", "provisioner"),
    ("storage.k8s.io", "StorageClass", "parameters"),
    ("storage.k8s.io", "StorageClass", "reclaimPolicy"),
    ("storage.k8s.io", "StorageClass", "volumeBindingMode"),
    ("storage.k8s.io", "VolumeAttachment", "spec"),
    ("networking.k8s.io", "IPAddress", "spec.parentRef"),
    ("node.k8s.io", "RuntimeClass", "handler"),
    ("discovery.k8s.io", "EndpointSlice", "addressType"),
    ("resource.k8s.io", "ResourceClaim", "spec"),
];

fn hide_values(group: &str, kind: &str, errors: &mut Errors) {
    for error in errors.iter_mut().filter(|error| error.detail == IMMUTABLE) {
        if DECLARED_IMMUTABLE.contains(&(group, kind, error.field.as_str())) {
            error.value = Some(Value::Null);
        }
    }
}

/// Validates a new or updated object of a kind whose rules hardly differ between the two.
fn either(group: &str, kind: &str, root: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    match (group, kind) {
        ("", "PodTemplate") => pod::validate_template(&root.at("template"), errors),
        ("", "ReplicationController") => apps::replication_controller(root, errors),
        ("", "Service") => service::validate(root, old, errors),
        ("", "Endpoints") => network::endpoints(root, old, errors),
        ("", "Node") => cluster::node(root, errors),
        ("", "PersistentVolume") => storage::volume(root, errors),
        ("", "ResourceQuota") => cluster::quota(root, old, errors),
        ("", "LimitRange") => cluster::limit_range(root, errors),
        ("batch", "CronJob") => batch::cron_job(root, old, errors),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler(root, old, errors),
        ("policy", "PodDisruptionBudget") => autoscaling::budget(root, errors),
        ("networking.k8s.io", "Ingress") => network::ingress(root, old.is_none(), errors),
        ("networking.k8s.io", "IngressClass") => network::ingress_class(root, old, errors),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(root, old, errors),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(root, old, errors),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rbac::role(root, kind == "Role", errors),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            rbac::binding(root, kind == "RoleBinding", old, errors);
        }
        ("scheduling.k8s.io", "PriorityClass") => cluster::priority_class(root, old, errors),
        ("storage.k8s.io", "StorageClass") => cluster::storage_class(root, old, errors),
        ("storage.k8s.io", "CSIDriver") => cluster::driver(root, old, errors),
        ("storage.k8s.io", "CSINode") => cluster::csi_node(root, errors),
        ("storage.k8s.io", "CSIStorageCapacity") => storage_classes::capacity(root, old, errors),
        ("storage.k8s.io", "VolumeAttributesClass") => storage_classes::attributes(root, old, errors),
        ("networking.k8s.io", "IPAddress") => address_space::address(root, old, errors),
        ("networking.k8s.io", "ServiceCIDR") => address_space::network(root, old, errors),
        ("apiregistration.k8s.io", "APIService") => registration::service(root, errors),
        ("resource.k8s.io", "ResourceClaim") if old.is_some() => {
            root.at("spec").immutable(errors, old.map_or(&Value::Null, |old| &old["spec"]));
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding") => {
            webhook::policy_binding(root, kind == "ValidatingAdmissionPolicyBinding", errors);
        }
        ("storage.k8s.io", "VolumeAttachment") => cluster::attachment(root, old, errors),
        ("node.k8s.io", "RuntimeClass") => cluster::runtime_class(root, old, errors),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificates::request(root, errors),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            webhook::configuration(root, errors);
        }
        _ => {}
    }
}

/// Validates an update of the status of an object.
pub(crate) fn validate_status(group: &str, kind: &str, object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let root = Field::root(object);
    match (group, kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") | ("", "ReplicationController") => {
            apps::validate_status(&root, old, &mut errors);
        }
        ("", "Pod") => pod::validate_status_update(&root, old, &mut errors),
        ("", "Service") => service::validate_status(&root, old, &mut errors),
        ("", "PersistentVolumeClaim") => storage::claim_status(&root, &mut errors),
        ("", "ResourceQuota") => cluster::quota_status(&root, &mut errors),
        ("", "Node") => cluster::update_node(&root, old, &mut errors),
        ("batch", "Job") => job_status::validate(&root, old, &mut errors),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler_status(&root, &mut errors),
        ("policy", "PodDisruptionBudget") => autoscaling::budget_status(&root, &mut errors),
        ("networking.k8s.io", "Ingress") => network::ingress_status(&root, old, &mut errors),
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            certificates::update(&root, old, false, &mut errors);
        }
        _ => {}
    }
    errors
}

/// Validates an update of a certificate signing request through `approval`.
pub(crate) fn validate_approval(object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    certificates::update(&Field::root(object), old, true, &mut errors);
    errors
}

/// Validates that finalizers are standard or have a domain.
fn finalizers(object: &Field<'_>, errors: &mut Errors) {
    let metadata = object.at("metadata");
    for finalizer in metadata.items("finalizers") {
        let name = finalizer.text();
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            finalizer.invalid(errors, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

#[cfg(test)]
mod tests;
