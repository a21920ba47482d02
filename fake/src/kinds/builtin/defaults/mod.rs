//! Defaulting of built-in kinds, as far as it is code: the defaults that the schemas declare are set by the decoder.
//!
//! Source: `SetObjectDefaults_*` of `kubernetes/pkg/apis/*/v1/zz_generated.defaults.go` and `defaults.go` beside it.

mod admission;
mod autoscaling;
mod flow_control;
mod image;
mod network;
mod pod;
mod resources;
mod storage;
mod volumes;
mod workloads;

use serde_json::{Map, Value, json};

/// Sets the defaults of a decoded object.
pub(crate) fn apply(group: &str, version: &str, kind: &str, object: &mut Value) {
    match (group, kind) {
        ("", "Pod") => pod::pod(object),
        ("", "PodTemplate") => within(object, "template", pod::template),
        ("", "ReplicationController") => workloads::replication_controller(object),
        ("", "Service") => network::service(object),
        ("", "Endpoints") => network::endpoints(object),
        ("", "PersistentVolume") => storage::volume(object),
        ("", "PersistentVolumeClaim") => storage::claim(object),
        ("", "LimitRange") => within(object, "spec", |spec| each(spec, "limits", resources::limit)),
        ("", "ResourceQuota") => resources::quota(object),
        ("", "Node") => resources::node(object),
        ("apps", "Deployment") => workloads::deployment(object),
        ("apps", "StatefulSet") => workloads::stateful_set(object),
        ("apps", "DaemonSet") => workloads::daemon_set(object),
        ("apps", "ReplicaSet") => workloads::replica_set(object),
        ("batch", "Job") => workloads::job(object),
        ("batch", "CronJob") => workloads::cron_job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler(version, object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(object),
        ("networking.k8s.io", "IngressClass") => network::ingress_class(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(object),
        ("scheduling.k8s.io", "PriorityClass") => default(object, "preemptionPolicy", "PreemptLowerPriority"),
        ("storage.k8s.io", "StorageClass") => storage::class(object),
        ("storage.k8s.io", "CSIDriver") => storage::driver(object),
        ("storage.k8s.io", "VolumeAttachment") => storage::attachment(object),
        ("admissionregistration.k8s.io", _) => admission::apply(kind, object),
        ("flowcontrol.apiserver.k8s.io", _) => flow_control::apply(kind, object),
        ("apiregistration.k8s.io", "APIService") => {
            within(object, "spec", |spec| within(spec, "service", |service| default(service, "port", 443)));
        }
        ("certificates.k8s.io", "PodCertificateRequest") => {
            within(object, "spec", |spec| default(spec, "maxExpirationSeconds", 86400));
        }
        _ => {}
    }
}

fn binding(object: &mut Value) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    within(object, "roleRef", |role| default_text(role, "apiGroup", GROUP));
    each(object, "subjects", |subject| {
        if matches!(text(subject, "kind"), "User" | "Group") {
            default_text(subject, "apiGroup", GROUP);
        }
    });
}

/// Sets a field that is absent or null.
fn default(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut()
        && fields.get(name).is_none_or(Value::is_null)
    {
        fields.insert(name.to_owned(), value.into());
    }
}

/// Sets a text that is absent or empty.
fn default_text(object: &mut Value, name: &str, value: &str) {
    if text(object, name).is_empty() {
        set(object, name, value);
    }
}

/// Sets a number that is absent or zero.
fn default_number(object: &mut Value, name: &str, value: i64) {
    if object.get(name).and_then(Value::as_i64).unwrap_or_default() == 0 {
        set(object, name, value);
    }
}

fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

fn text<'o>(object: &'o Value, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a field exists and is not null.
fn has(object: &Value, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

/// Changes a nested object, if it exists.
fn within(object: &mut Value, name: &str, change: impl FnOnce(&mut Value)) {
    if let Some(inner) = object.get_mut(name).filter(|inner| inner.is_object()) {
        change(inner);
    }
}

/// Changes a nested object, which is created if it does not exist.
fn within_new(object: &mut Value, name: &str, change: impl FnOnce(&mut Value)) {
    default(object, name, json!({}));
    within(object, name, change);
}

/// Changes the items of a list.
fn each(object: &mut Value, name: &str, change: impl FnMut(&mut Value)) {
    if let Some(Value::Array(items)) = object.get_mut(name) {
        items.iter_mut().for_each(change);
    }
}

/// Returns a map as it is, or an empty one.
fn entries(object: &Value, name: &str) -> Map<String, Value> {
    object.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Adds the entries of one map that another does not have. The result is omitted if it is empty.
fn add_entries(object: &mut Value, name: &str, from: Map<String, Value>) {
    let mut all = from;
    all.extend(entries(object, name));
    if !all.is_empty() {
        set(object, name, all);
    }
}

#[cfg(test)]
mod tests;
