//! Fields of services that depend on each other.
//!
//! Source: `kubernetes/pkg/registry/core/service/strategy.go`, and `normalizeClusterIPs` and `patchAllocatedValues` of
//! `pkg/registry/core/service/storage/storage.go`.

use serde_json::{Map, Value, json};

use crate::kinds::builtin::validation::service::{is_external, needs_health_check};

fn spec_mut(service: &mut Value) -> Option<&mut Map<String, Value>> {
    service.get_mut("spec")?.as_object_mut()
}

fn kind(service: &Value) -> &str {
    service["spec"]["type"].as_str().unwrap_or_default()
}

fn needs_node_port(service: &Value) -> bool {
    matches!(kind(service), "NodePort" | "LoadBalancer")
}

/// Prepares a new service.
pub(super) fn prepare_for_create(service: &mut Value) {
    normalize_ips(service, None);
}

/// Prepares an updated service.
pub(super) fn prepare_for_update(service: &mut Value, old: &Value) {
    keep_allocated(service, old);
    normalize_ips(service, Some(old));
    drop_dependent(service, old);
}

/// Keeps what was allocated if a client that replaces the service does not send it.
fn keep_allocated(service: &mut Value, old: &Value) {
    let keeps_ip = kind(service) != "ExternalName" && kind(old) != "ExternalName";
    let keeps_ports = needs_node_port(service) && needs_node_port(old);
    let keeps_health = needs_health_check(service) && needs_health_check(old);
    let Some(spec) = spec_mut(service) else { return };
    let is_empty = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(_) => false,
    };
    for name in ["clusterIP", "clusterIPs"] {
        if let Some(value) = old["spec"].get(name).filter(|_| keeps_ip && is_empty(spec.get(name))) {
            spec.insert(name.to_owned(), value.clone());
        }
    }
    if keeps_health && is_empty(spec.get("healthCheckNodePort")) {
        spec.insert("healthCheckNodePort".to_owned(), old["spec"]["healthCheckNodePort"].clone());
    }
    if keeps_ports {
        keep_node_ports(spec, old);
    }
}

/// Keeps the node ports of ports by their names, unless another port uses them.
fn keep_node_ports(spec: &mut Map<String, Value>, old: &Value) {
    let before = old["spec"]["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(Value::Array(ports)) = spec.get_mut("ports") else { return };
    let number = |port: &Value| port["nodePort"].as_i64().unwrap_or_default();
    let used: Vec<i64> = ports.iter().map(number).filter(|port| *port != 0).collect();
    for port in ports.iter_mut().filter(|port| number(port) == 0) {
        let name = |port: &Value| port["name"].as_str().unwrap_or_default().to_owned();
        // The last of several ports with one name counts.
        let found = before.iter().rev().find(|other| name(other) == name(port)).map(number);
        if let Some(found) = found.filter(|found| *found != 0 && !used.contains(found)) {
            port["nodePort"] = found.into();
        }
    }
}

/// Makes `clusterIP` and `clusterIPs` consistent: a client may know only the first.
fn normalize_ips(service: &mut Value, old: Option<&Value>) {
    let Some(spec) = spec_mut(service) else { return };
    let single = spec.get("clusterIP").and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = spec.get("clusterIPs").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(old) = old else {
        if !single.is_empty() && list.is_empty() {
            spec.insert("clusterIPs".to_owned(), json!([single]));
        }
        return;
    };
    let old_single = old["spec"]["clusterIP"].as_str().unwrap_or_default();
    let old_list = old["spec"]["clusterIPs"].as_array().cloned().unwrap_or_default();
    if list.is_empty() && !old_list.is_empty() && single == old_single {
        spec.insert("clusterIPs".to_owned(), old_list.into());
        return;
    }
    let is_cleared = single.is_empty() && !old_single.is_empty();
    if is_cleared && list == old_list {
        spec.remove("clusterIPs");
    } else if single != old_single && list == old_list {
        spec.insert("clusterIPs".to_owned(), json!([single]));
    }
}

/// Drops fields that the new type does not have, if the client did not change them.
fn drop_dependent(service: &mut Value, old: &Value) {
    let (now, before) = (service.clone(), old);
    let same = |name: &str| now["spec"].get(name) == before["spec"].get(name);
    let mut dropped: Vec<&str> = Vec::new();
    if kind(before) != "ExternalName" && kind(&now) == "ExternalName" {
        if same("clusterIP") && same("clusterIPs") {
            dropped.extend(["clusterIP", "clusterIPs"]);
        }
        dropped.extend(["ipFamilies", "ipFamilyPolicy"].into_iter().filter(|name| same(name)));
    }
    if needs_health_check(before) && !needs_health_check(&now) && same("healthCheckNodePort") {
        dropped.push("healthCheckNodePort");
    }
    if kind(before) == "LoadBalancer" && kind(&now) != "LoadBalancer" {
        let fields = ["allocateLoadBalancerNodePorts", "loadBalancerClass"];
        dropped.extend(fields.into_iter().filter(|name| same(name)));
    }
    if is_external(before) && !is_external(&now) && same("externalTrafficPolicy") {
        dropped.push("externalTrafficPolicy");
    }
    let drops_ports = needs_node_port(before) && !needs_node_port(&now) && has_same_node_ports(&now, before);
    if let Some(spec) = spec_mut(service) {
        dropped.into_iter().for_each(|name| drop(spec.remove(name)));
        if let Some(Value::Array(ports)) = spec.get_mut("ports").filter(|_| drops_ports) {
            ports.iter_mut().filter_map(Value::as_object_mut).for_each(|port| drop(port.remove("nodePort")));
        }
    }
    if kind(&now) != "LoadBalancer"
        && let Some(status) = service.get_mut("status").and_then(Value::as_object_mut)
    {
        status.insert("loadBalancer".to_owned(), json!({}));
    }
}

/// Whether a service has no node ports that it did not have before.
fn has_same_node_ports(now: &Value, before: &Value) -> bool {
    let ports = |service: &Value| -> Vec<i64> {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| port["nodePort"].as_i64().filter(|port| *port != 0)).collect()
    };
    let before = ports(before);
    ports(now).iter().all(|port| before.contains(port))
}
