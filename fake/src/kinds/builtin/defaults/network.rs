//! Defaults of services, endpoints, network policies and ingress classes.

use serde_json::{Value, json};

use super::{default, default_text, each, has, set, text, within};

/// The default timeout of a session affinity by client IP.
const AFFINITY_SECONDS: i64 = 10_800;

pub(super) fn service(object: &mut Value) {
    within(object, "spec", service_spec);
    if object.pointer("/spec/type").and_then(Value::as_str) == Some("LoadBalancer") {
        within(object, "status", |status| {
            within(status, "loadBalancer", |balancer| {
                each(balancer, "ingress", |ingress| {
                    if !text(ingress, "ip").is_empty() {
                        default(ingress, "ipMode", "VIP");
                    }
                });
            });
        });
    }
}

fn service_spec(spec: &mut Value) {
    default_text(spec, "sessionAffinity", "None");
    match text(spec, "sessionAffinity") {
        "None" => remove(spec, "sessionAffinityConfig"),
        "ClientIP" if spec.pointer("/sessionAffinityConfig/clientIP/timeoutSeconds").is_none_or(Value::is_null) => {
            set(spec, "sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": AFFINITY_SECONDS}}));
        }
        _ => {}
    }
    default_text(spec, "type", "ClusterIP");
    each(spec, "ports", |port| {
        default_text(port, "protocol", "TCP");
        let number = port["port"].as_i64().unwrap_or_default();
        let target = &port["targetPort"];
        if target.is_null() || *target == 0 || *target == "" {
            set(port, "targetPort", number);
        }
    });
    let kind = text(spec, "type").to_owned();
    let has_external_ips = spec["externalIPs"].as_array().is_some_and(|ips| !ips.is_empty());
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || (kind == "ClusterIP" && has_external_ips) {
        default_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(name);
    }
}

pub(super) fn endpoints(object: &mut Value) {
    each(object, "subsets", |subset| each(subset, "ports", |port| default_text(port, "protocol", "TCP")));
}

pub(super) fn endpoint_slice(object: &mut Value) {
    each(object, "ports", |port| {
        default(port, "name", "");
        default(port, "protocol", "TCP");
    });
}

pub(super) fn policy(object: &mut Value) {
    within(object, "spec", |spec| {
        let list = |name: &str| spec[name].as_array().is_some_and(|items| !items.is_empty());
        if !list("policyTypes") {
            let types = if list("egress") { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
            set(spec, "policyTypes", types);
        }
        for direction in ["ingress", "egress"] {
            each(spec, direction, |rule| each(rule, "ports", |port| default(port, "protocol", "TCP")));
        }
    });
}

pub(super) fn ingress_class(object: &mut Value) {
    within(object, "spec", |spec| {
        if has(spec, "parameters") {
            within(spec, "parameters", |parameters| default(parameters, "scope", "Cluster"));
        }
    });
}
