//! Fields by which objects of Kubernetes' own kinds can be selected.
//!
//! Source: `AddFieldLabelConversionFunc` in `kubernetes/pkg/apis/*/*/conversion.go`, and the functions of
//! `kubernetes/pkg/registry/*/*/strategy.go` that return the selectable fields of an object.

use kube_structural_schema::object::go;

use crate::kinds::Kind;

/// Fields of core events; `events.k8s.io` has others.
const EVENT: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "type",
    "reportingComponent",
    "source",
];

const REGARDING: &[&str] = &[
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "type",
    "reportingController",
];

const POD: &[&str] = &[
    "spec.nodeName",
    "spec.host",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

/// Returns the fields of a kind in addition to its name and namespace.
fn fields(kind: &Kind) -> &'static [&'static str] {
    match (kind.resource.group.as_str(), kind.resource.resource.as_str()) {
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "secrets") => &["type"],
        ("", "pods") => POD,
        ("", "replicationcontrollers") => &["status.replicas"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "events") => EVENT,
        ("events.k8s.io", "events") => REGARDING,
        ("batch", "jobs") => &["status.successful"],
        ("certificates.k8s.io", "certificatesigningrequests" | "clustertrustbundles") => &["spec.signerName"],
        ("certificates.k8s.io", "podcertificaterequests") => &["spec.signerName", "spec.podName", "spec.nodeName"],
        ("resource.k8s.io", "resourceslices") => &["spec.nodeName", "spec.driver", "spec.pool.name"],
        _ => &[],
    }
}

/// Returns the path of a field in objects, and the value of objects without it; `None` if the kind does not support the field.
pub(super) fn field(kind: &Kind, label: &str) -> Option<(&'static str, &'static str)> {
    let label = fields(kind).iter().find(|known| **known == label)?;
    Some(match *label {
        "spec.host" => ("spec.nodeName", ""),
        "source" => ("source.component", ""),
        "status.successful" => ("status.succeeded", "0"),
        "status.replicas" => ("status.replicas", "0"),
        "spec.hostNetwork" | "spec.unschedulable" => (label, "false"),
        other => (other, ""),
    })
}

/// Returns the error for an unsupported field. Kinds without additional fields list the supported ones.
pub(super) fn unsupported(kind: &Kind, version: &str, label: &str) -> String {
    match (kind.resource.group.as_str(), kind.resource.resource.as_str()) {
        ("batch", "jobs") => format!("field label {} not supported for Job", go::quoted(label)),
        ("resource.k8s.io", "resourceslices") => {
            format!("field label not supported for resource.k8s.io/{version}, Kind=ResourceSlice: {label}")
        }
        _ if kind.is_typed() && fields(kind).is_empty() => {
            let label = go::quoted(label);
            format!("{label} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        }
        _ => format!("field label not supported: {label}"),
    }
}
