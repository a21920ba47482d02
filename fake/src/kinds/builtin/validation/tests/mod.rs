mod batch;
mod cluster;
mod network;
mod pods;
mod workloads;

use serde_json::{Value, json};

use super::{validate, validate_status, validate_update};
use crate::kinds::builtin::defaults;

/// Sets the defaults of an object and returns the errors of its creation.
fn errors(group: &str, kind: &str, mut object: Value) -> Vec<String> {
    let version = if group == "autoscaling" { "v2" } else { "v1" };
    defaults::apply(group, version, kind, &mut object);
    validate(group, kind, &object).iter().map(ToString::to_string).collect()
}

/// Returns the errors of an update, which is given as a change of an object with defaults.
fn update_errors(group: &str, kind: &str, mut object: Value, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let version = if group == "autoscaling" { "v2" } else { "v1" };
    defaults::apply(group, version, kind, &mut object);
    let old = object.clone();
    change(&mut object);
    validate_update(group, kind, &object, &old).iter().map(ToString::to_string).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]}})
}

fn workload() -> Value {
    json!({
        "metadata": {"name": "w"},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template()},
    })
}

fn pod(change: impl FnOnce(&mut Value)) -> Value {
    let mut pod = template();
    pod["metadata"]["name"] = "p".into();
    change(&mut pod["spec"]);
    pod
}
