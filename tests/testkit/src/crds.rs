//! CRDs and objects of their kinds.

use serde_json::{Value, json};

/// Path of all CRDs.
pub const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Path of the widgets in the namespace `default`.
pub const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";

/// CRD of the kind `Widget`, which uses most features of CRDs.
pub const WIDGET_CRD: &str = include_str!("../crds/widgets.yaml");

/// CRD of the kind `Probe`: as `Widget`, with a scale, selectable fields, columns and a deprecated version.
pub const PROBE_CRD: &str = include_str!("../crds/probes.yaml");

/// Returns the CRD of widgets with an additional field `free`, which keeps unknown fields.
pub fn widget_crd_with_free_field() -> String {
    let free = "free: {x-kubernetes-preserve-unknown-fields: true}\n          status: {type: object,";
    replace(WIDGET_CRD, "status: {type: object,", free)
}

/// Returns the CRD of widgets with the subresource `scale`.
pub fn widget_crd_with_scale() -> String {
    let scale = "{status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}";
    replace(WIDGET_CRD, "{status: {}}", scale)
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the CRD does not contain {from}");
    text.replacen(from, to, 1)
}

/// Returns a widget.
#[allow(clippy::needless_pass_by_value)]
pub fn widget(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec})
}

/// Returns a minimal CRD of a namespaced kind with one version, `v1`.
pub fn definition(group: &str, kind: &str, plural: &str) -> Value {
    definition_with(
        group,
        json!({"kind": kind, "plural": plural}),
        vec![version("v1", true, json!({"type": "object"}))],
    )
}

/// Returns a CRD of a namespaced kind.
///
/// # Panics
/// If `names` has no `plural`.
#[allow(clippy::needless_pass_by_value)]
pub fn definition_with(group: &str, names: Value, versions: Vec<Value>) -> Value {
    let plural = names["plural"].as_str().expect("a plural");
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": versions},
    })
}

/// Returns a served version of a CRD.
#[allow(clippy::needless_pass_by_value)]
pub fn version(name: &str, is_storage: bool, schema: Value) -> Value {
    json!({"name": name, "served": true, "storage": is_storage, "schema": {"openAPIV3Schema": schema}})
}
