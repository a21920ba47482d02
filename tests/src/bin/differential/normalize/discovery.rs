//! Normalizes discovery: removes kinds and groups that only one server has, hashes and addresses.

use serde_json::Value;

/// Builtin groups that both servers support completely.
const GROUPS: [&str; 3] = ["apiextensions.k8s.io", "coordination.k8s.io", "events.k8s.io"];

/// Resources of the core group that both servers support completely.
const RESOURCES: [&str; 4] = ["configmaps", "events", "namespaces", "secrets"];

/// Normalizes a response of discovery; other responses are unchanged.
pub(super) fn normalize(body: &mut Value) {
    match body.get("kind").and_then(Value::as_str) {
        Some("APIVersions") => {
            for cidrs in list(body, "serverAddressByClientCIDRs") {
                cidrs["serverAddress"] = "address".into();
            }
        }
        Some("APIGroupList") => retain(body, "groups", |group| is_compared(group["name"].as_str())),
        Some("APIResourceList") => {
            if body["groupVersion"] == "v1" {
                retain(body, "resources", |resource| is_core(resource["name"].as_str()));
            }
            sort(body, "resources", "name");
        }
        Some("APIGroupDiscoveryList") => normalize_aggregated(body),
        _ => {}
    }
}

fn normalize_aggregated(body: &mut Value) {
    retain(body, "items", |group| {
        let name = group["metadata"]["name"].as_str();
        name.is_none() || is_compared(name)
    });
    for group in list(body, "items") {
        if let Some(metadata) = group["metadata"].as_object_mut() {
            metadata.remove("creationTimestamp");
        }
        let is_of_core = group["metadata"].get("name").is_none();
        for version in list(group, "versions").filter(|_| is_of_core) {
            retain(version, "resources", |resource| is_core(resource["resource"].as_str()));
        }
        list(group, "versions").for_each(|version| sort(version, "resources", "resource"));
    }
}

fn list<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> + use<'v> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn retain(value: &mut Value, name: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(items) = value.get_mut(name).and_then(Value::as_array_mut) {
        items.retain(keep);
    }
}

/// Sorts kinds of a group: their order depends on when the server discovered them.
fn sort(value: &mut Value, name: &str, by: &str) {
    if let Some(items) = value.get_mut(name).and_then(Value::as_array_mut) {
        items.sort_by_key(|item| item[by].as_str().unwrap_or_default().to_owned());
    }
}

fn is_compared(group: Option<&str>) -> bool {
    group.is_some_and(|name| name.starts_with("word-") || GROUPS.contains(&name))
}

fn is_core(resource: Option<&str>) -> bool {
    resource.is_some_and(|name| RESOURCES.contains(&name.split('/').next().unwrap_or_default()))
}
