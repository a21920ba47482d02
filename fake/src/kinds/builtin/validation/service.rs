//! Validation of services.
//!
//! Source: `kubernetes/pkg/apis/core/validation/validation.go`.

use std::net::IpAddr;

use kube_structural_schema::object::{FieldError, names};
use serde_json::Value;

use super::field::{Errors, Field};
use super::{address, labels};

const MAX_AFFINITY_SECONDS: i64 = 86_400;
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES: [&str; 2] = ["Cluster", "Local"];
const SET_ONCE: &str = "may not change once set";

/// Whether a service has no cluster IP.
pub(crate) fn is_headless(service: &Value) -> bool {
    service["spec"]["clusterIPs"].as_array().is_some_and(|ips| ips.len() == 1 && ips[0] == "None")
}

/// Whether a service can be reached from outside of the cluster.
pub(crate) fn is_external(service: &Value) -> bool {
    match service["spec"]["type"].as_str().unwrap_or_default() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => service["spec"]["externalIPs"].as_array().is_some_and(|ips| !ips.is_empty()),
        _ => false,
    }
}

/// Whether a service has a port for health checks.
pub(crate) fn needs_health_check(service: &Value) -> bool {
    let spec = &service["spec"];
    spec["type"] == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local"
}

/// Validates a service.
pub(super) fn validate(service: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = service.at("spec");
    let headless = is_headless(service.value);
    let kind = spec.at("type").text();
    if spec.at("ports").is_empty() && !headless && kind != "ExternalName" {
        spec.at("ports").required(errors, "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let field = format!("{spec}.clusterIPs[0]");
            errors.push(FieldError::invalid(field, "None", format!("may not be set to 'None' for {kind} services")));
        }
        "ExternalName" => external_name(&spec, errors),
        _ => {}
    }
    ports(&spec, errors);
    labels::labels(&spec.at("selector"), errors);
    affinity(&spec, errors);
    errors.extend(cluster_ips(service.value, old));
    let existing = old.map_or(Value::Null, |old| old["spec"]["externalIPs"].clone());
    for ip in spec.items("externalIPs") {
        if address::check(&ip, &existing, errors).is_some() {
            address::check_endpoint(&ip, errors);
        }
    }
    spec.at("type").require_one_of(errors, &TYPES);
    unique_ports(&spec, errors);
    load_balancer(&spec, old, errors);
    traffic(service, errors);
}

fn external_name(spec: &Field<'_>, errors: &mut Errors) {
    for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if !spec.at(name).is_empty() {
            spec.at(name).forbidden(errors, "may not be set for ExternalName services");
        }
    }
    let field = spec.at("externalName");
    let name = field.text().strip_suffix('.').unwrap_or(field.text());
    if name.is_empty() {
        field.required(errors, "");
    } else {
        names::subdomain(name).into_iter().for_each(|detail| field.invalid_as(errors, name, detail));
    }
}

fn ports(spec: &Field<'_>, errors: &mut Errors) {
    let mut seen: Vec<&Value> = Vec::new();
    let needs_name = spec.at("ports").len() > 1;
    for port in spec.items("ports") {
        let name = port.at("name");
        if !name.is_empty() {
            name.check(errors, names::label);
            if seen.contains(&&port.value["name"]) {
                name.duplicate(errors);
            }
            seen.push(&port.value["name"]);
        } else if needs_name {
            name.required(errors, "");
        }
        port.at("port").port(errors);
        port.at("protocol").require_one_of(errors, &["SCTP", "TCP", "UDP"]);
        port.at("targetPort").port_or_name(errors);
        let protocol = port.at("appProtocol");
        if protocol.is_set() {
            protocol.check(errors, names::qualified_name);
        }
    }
}

fn affinity(spec: &Field<'_>, errors: &mut Errors) {
    let config = spec.at("sessionAffinityConfig");
    let timeout = config.at("clientIP.timeoutSeconds");
    spec.at("sessionAffinity").require_one_of(errors, &["ClientIP", "None"]);
    match spec.at("sessionAffinity").text() {
        "ClientIP" if !timeout.is_set() => timeout.required(errors, "when session affinity type is ClientIP"),
        "ClientIP" if !(1..=MAX_AFFINITY_SECONDS).contains(&timeout.number()) => {
            timeout.invalid(errors, format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}"));
        }
        "None" if config.is_set() => {
            config.forbidden(errors, "must not be set when session affinity is None");
        }
        _ => {}
    }
}

fn unique_ports(spec: &Field<'_>, errors: &mut Errors) {
    let is_internal = spec.at("type").text() == "ClusterIP";
    for port in spec.items("ports") {
        if is_internal && port.at("nodePort").number() != 0 {
            port.at("nodePort").forbidden(errors, "may not be used when `type` is 'ClusterIP'");
        }
    }
    let key = |port: &Value, name: &str| (port["protocol"].clone(), port[name].as_i64().unwrap_or_default());
    let (mut node_ports, mut ports) = (Vec::new(), Vec::new());
    for port in spec.items("ports") {
        let node_port = key(port.value, "nodePort");
        if node_port.1 != 0 && node_ports.contains(&node_port) {
            port.at("nodePort").duplicate(errors);
        }
        node_ports.push(node_port);
    }
    for port in spec.items("ports") {
        let found = key(port.value, "port");
        if ports.contains(&found) {
            let (none, number) = (Value::from(0), Value::from(found.1));
            let shown = [
                ("Name", &Value::from("")),
                ("Protocol", &found.0),
                ("AppProtocol", &Value::Null),
                ("Port", &number),
                ("TargetPort", &none),
                ("NodePort", &none),
            ];
            port.duplicate_struct(errors, &shown);
        }
        ports.push(found);
    }
}

fn load_balancer(spec: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    const ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
    let is_balancer = spec.at("type").text() == "LoadBalancer";
    let existing: Vec<&str> = old
        .and_then(|old| old["spec"]["loadBalancerSourceRanges"].as_array())
        .into_iter()
        .flatten()
        .map(|range| range.as_str().unwrap_or_default().trim())
        .collect();
    if !spec.at("loadBalancerSourceRanges").is_empty() {
        let field = spec.at("LoadBalancerSourceRanges");
        if !is_balancer {
            field.forbidden(errors, ONLY);
        }
        for (index, range) in spec.at("loadBalancerSourceRanges").texts().enumerate() {
            let name = format!("LoadBalancerSourceRanges[{index}]");
            let range = Value::from(range.trim());
            address::check_network(&spec.with(&name, &range), &existing, errors);
        }
    }
    let allocates = spec.at("allocateLoadBalancerNodePorts");
    if allocates.is_set() && !is_balancer {
        allocates.forbidden(errors, ONLY);
    }
    let class = spec.at("loadBalancerClass");
    if class.is_set() && is_balancer {
        class.check(errors, names::qualified_name);
    } else if class.is_set() {
        class.forbidden(errors, ONLY);
    }
}

fn traffic(service: &Field<'_>, errors: &mut Errors) {
    let spec = service.at("spec");
    let external = spec.at("externalTrafficPolicy");
    if is_external(service.value) {
        external.require_one_of(errors, &POLICIES);
    } else if !external.is_empty() {
        external.invalid(errors, "may only be set for externally-accessible services");
    }
    let health = spec.at("healthCheckNodePort");
    if needs_health_check(service.value) {
        if health.number() == 0 {
            health.required(errors, "");
        } else {
            health.port(errors);
        }
    } else if health.number() != 0 {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        health.invalid(errors, detail);
    }
    let internal = spec.at("internalTrafficPolicy");
    if internal.is_set() {
        internal.one_of(errors, &POLICIES);
    } else if matches!(spec.at("type").text(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        internal.required(errors, "");
    }
    spec.at("trafficDistribution").one_of_if_set(errors, &["PreferClose", "PreferSameZone", "PreferSameNode"]);
}

/// Validates cluster IPs and what depends on them.
pub(crate) fn cluster_ips(service: &Value, old: Option<&Value>) -> Errors {
    let mut errors = Errors::new();
    let root = Field::root(service);
    let spec = root.at("spec");
    if spec.at("type").text() == "ExternalName" {
        return errors;
    }
    let ips = spec.at("clusterIPs");
    first_cluster_ip(&spec, &ips, &mut errors);
    ip_families(&spec, &mut errors);
    let existing = old.map_or(Value::Null, |old| old["spec"]["clusterIPs"].clone());
    let before = errors.len();
    let mut addresses: Vec<IpAddr> = Vec::new();
    for (index, ip) in spec.items("clusterIPs").enumerate() {
        if index == 0 && ip.text() == "None" {
            if ips.len() > 1 {
                ips.invalid(&mut errors, "'None' must be the first and only value");
            }
        } else {
            addresses.extend(address::check(&ip, &existing, &mut errors));
        }
    }
    if ips.len() > 2 {
        ips.invalid(&mut errors, "may only hold up to 2 values");
    } else if errors.len() == before {
        if addresses.len() > 1 && addresses[0].is_ipv4() == addresses[1].is_ipv4() {
            ips.invalid(&mut errors, "may specify no more than one IP for each IP family");
        }
        if !is_headless(service) {
            families_of_ips(&spec, &addresses, &mut errors);
        }
    }
    errors
}

/// Compares `clusterIP` with the first of `clusterIPs`.
fn first_cluster_ip(spec: &Field<'_>, ips: &Field<'_>, errors: &mut Errors) {
    let ip = spec.at("clusterIP");
    match (ip.is_empty(), ips.is_empty()) {
        (false, true) => ips.required(errors, ""),
        (false, false) if ips.value[0] != *ip.value => ips.invalid(errors, "first value must match `clusterIP`"),
        (true, false) => ips.invalid(errors, "must be empty when `clusterIP` is not specified"),
        _ => {}
    }
}

/// Validates `ipFamilies` and `ipFamilyPolicy`.
fn ip_families(spec: &Field<'_>, errors: &mut Errors) {
    let families = spec.at("ipFamilies");
    for (index, family) in spec.items("ipFamilies").enumerate() {
        family.one_of(errors, &["IPv4", "IPv6"]);
        if families.texts().take(index).any(|other| other == family.text()) {
            family.duplicate(errors);
        }
    }
    spec.at("ipFamilyPolicy").one_of_if_set(errors, &["PreferDualStack", "RequireDualStack", "SingleStack"]);
}

/// Compares each cluster IP with the family at the same index.
fn families_of_ips(spec: &Field<'_>, addresses: &[IpAddr], errors: &mut Errors) {
    let families = spec.at("ipFamilies");
    for ((index, ip), (address, family)) in
        spec.items("clusterIPs").enumerate().zip(addresses.iter().zip(families.texts()))
    {
        let is_wrong = match family {
            "IPv4" => !address.is_ipv4(),
            "IPv6" => !address.is_ipv6(),
            _ => false,
        };
        if is_wrong {
            ip.invalid(errors, format!("expected an {family} value as indicated by `ipFamilies[{index}]`"));
        }
    }
}

/// Validates an update of a service.
pub(super) fn validate_update(service: &Field<'_>, old: &Value, errors: &mut Errors) {
    let spec = service.at("spec");
    let is_external_name = |service: &Value| service["spec"]["type"] == "ExternalName";
    if !is_external_name(service.value) && !is_external_name(old) {
        changed_ips(service, old, errors);
    }
    let class = spec.at("loadBalancerClass");
    let were_balancers = spec.at("type").text() == "LoadBalancer" && old["spec"]["type"] == "LoadBalancer";
    if were_balancers && *class.value != old["spec"]["loadBalancerClass"] {
        class.invalid(errors, SET_ONCE);
    }
    let health = spec.at("healthCheckNodePort");
    if needs_health_check(service.value)
        && needs_health_check(old)
        && *health.value != old["spec"]["healthCheckNodePort"]
    {
        health.forbidden(errors, "field is immutable");
    }
    validate(service, Some(old), errors);
}

fn changed_ips(service: &Field<'_>, old: &Value, errors: &mut Errors) {
    let spec = service.at("spec");
    let list = |value: &Value, name: &str| value["spec"][name].as_array().cloned().unwrap_or_default();
    let (is_headless_now, was_headless) = (is_headless(service.value), is_headless(old));
    for (name, what) in [("clusterIPs", "clusterIP"), ("ipFamilies", "ipFamily")] {
        let (new, before) = (list(service.value, name), list(old, name));
        let skips =
            if name == "clusterIPs" { is_headless_now && was_headless } else { is_headless_now || was_headless };
        if skips {
            continue;
        }
        let mut report = |index: usize, detail: String| {
            let value = spec.at(name).value.clone();
            errors.push(FieldError::invalid(format!("{spec}.{name}[{index}]"), value, detail));
        };
        if new.len() == before.len() {
            for index in (0..new.len()).filter(|index| new[*index] != before[*index]) {
                report(if name == "clusterIPs" { index } else { 0 }, SET_ONCE.to_owned());
            }
            continue;
        }
        if new.is_empty() {
            report(0, format!("primary {what} can not be unset"));
        } else if before.first().is_some_and(|first| *first != new[0]) {
            report(0, SET_ONCE.to_owned());
        }
        let policy = spec.at("ipFamilyPolicy");
        if new.len() == 1 && before.len() > 1 && policy.text() != "SingleStack" {
            policy.invalid(errors, format!("must be set to 'SingleStack' when releasing the secondary {what}"));
        }
    }
}

/// Validates an update of the status of a service.
pub(super) fn validate_status(service: &Field<'_>, old: &Value, errors: &mut Errors) {
    let balancer = service.at("status.loadBalancer");
    let is_balancer = service.at("spec.type").text() == "LoadBalancer";
    if !is_balancer && !balancer.at("ingress").is_empty() {
        balancer.at("ingress").forbidden(errors, "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    for ingress in balancer.items("ingress") {
        let mode = ingress.at("ipMode");
        ingress_point(&ingress, &old["status"]["loadBalancer"], errors);
        match (mode.is_set(), ingress.at("ip").is_empty()) {
            (false, false) => mode.required(errors, "must be specified when `ip` is set"),
            (true, true) => mode.forbidden(errors, "may not be specified when `ip` is not set"),
            (true, false) => mode.one_of(errors, &["Proxy", "VIP"]),
            (false, true) => {}
        }
    }
}

/// Validates the address and the host name of a load balancer.
pub(super) fn ingress_point(ingress: &Field<'_>, old: &Value, errors: &mut Errors) {
    let existing: Value = old["ingress"].as_array().into_iter().flatten().map(|entry| entry["ip"].clone()).collect();
    if !ingress.at("ip").is_empty() {
        address::check(&ingress.at("ip"), &existing, errors);
    }
    let host = ingress.at("hostname");
    if !host.is_empty() {
        host.check(errors, names::subdomain);
        if address::parse(host.text()).is_some() {
            host.invalid(errors, "must be a DNS name, not an IP address");
        }
    }
}
