//! Allocation of cluster IPs and node ports.
//!
//! Source: `kubernetes/pkg/registry/core/service/storage/alloc.go` and the allocators beside it. The ranges are those of a
//! kube-apiserver without flags.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use kube_structural_schema::object::FieldError;
use serde_json::{Value, json};

use crate::kinds::builtin::validation::service::{cluster_ips, is_headless, needs_health_check};

const NETWORK: [u8; 3] = [10, 0, 0];
/// The first address belongs to the service `kubernetes`.
const FIRST: u8 = 2;
const LAST: u8 = 254;
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// The cluster IPs and node ports of the other services.
#[derive(Debug, Default)]
pub(crate) struct Used {
    ips: HashSet<String>,
    ports: HashSet<i64>,
}

impl Used {
    /// Adds what a service uses.
    pub(crate) fn add(&mut self, service: &Value) {
        let spec = &service["spec"];
        let ips = spec["clusterIPs"].as_array().into_iter().flatten();
        self.ips.extend(ips.filter_map(Value::as_str).filter(|ip| *ip != "None").map(str::to_owned));
        let ports = spec["ports"].as_array().into_iter().flatten().map(|port| &port["nodePort"]);
        let ports = ports.chain([&spec["healthCheckNodePort"]]).filter_map(Value::as_i64);
        self.ports.extend(ports.filter(|port| *port != 0));
    }

    fn next_ip(&mut self) -> Option<String> {
        let [a, b, c] = NETWORK;
        let mut all = (FIRST..=LAST).map(|last| Ipv4Addr::new(a, b, c, last).to_string());
        let ip = all.find(|ip| !self.ips.contains(ip))?;
        self.ips.insert(ip.clone());
        Some(ip)
    }

    fn next_port(&mut self) -> Option<i64> {
        let port = NODE_PORTS.into_iter().find(|port| !self.ports.contains(port))?;
        self.ports.insert(port);
        Some(port)
    }

    /// Reserves an address that a client requests.
    fn take_ip(&mut self, ip: &str) -> Result<(), String> {
        let address: Option<Ipv4Addr> = ip.parse().ok();
        if address.is_none_or(|address| address.octets()[..3] != NETWORK || matches!(address.octets()[3], 0 | 255)) {
            return Err(format!(
                "failed to allocate IP {ip}: the provided IP ({ip}) is not in the valid range. The range of valid IPs is 10.0.0.0/24"
            ));
        }
        if self.ips.insert(ip.to_owned()) {
            return Ok(());
        }
        Err(format!("failed to allocate IP {ip}: provided IP is already allocated"))
    }

    /// Reserves a port that a client requests.
    fn take_port(&mut self, port: i64) -> Result<(), String> {
        if !NODE_PORTS.contains(&port) {
            return Err("provided port is not in the valid range. The range of valid ports is 30000-32767".to_owned());
        }
        if self.ports.insert(port) { Ok(()) } else { Err("provided port is already allocated".to_owned()) }
    }
}

/// A failed allocation.
#[derive(Debug, PartialEq)]
pub(crate) enum AllocationError {
    /// The service is invalid.
    Invalid(Vec<FieldError>),
    /// Nothing is left to allocate: the message of an internal error.
    Full(String),
}

impl From<FieldError> for AllocationError {
    fn from(error: FieldError) -> Self {
        AllocationError::Invalid(vec![error])
    }
}

/// Sets the IP families, the cluster IP and the node ports of a new or updated service.
pub(crate) fn allocate(service: &mut Value, old: Option<&Value>, used: &mut Used) -> Result<(), AllocationError> {
    let keeps = |service: &Value| !matches!(service["spec"]["type"].as_str(), None | Some("ExternalName"));
    if keeps(service) {
        set_families(service, old)?;
        let had_ip = old.is_some_and(|old| keeps(old) && !list(&old["spec"], "clusterIPs").is_empty());
        if !had_ip && !is_headless(service) {
            set_ip(service, used)?;
        }
    }
    set_node_ports(service, old, used)?;
    if needs_health_check(service) && !old.is_some_and(needs_health_check) {
        set_health_port(service, used)?;
    }
    Ok(())
}

fn list(spec: &Value, name: &str) -> Vec<Value> {
    spec[name].as_array().cloned().unwrap_or_default()
}

fn set_families(service: &mut Value, old: Option<&Value>) -> Result<(), AllocationError> {
    let has_selector = service["spec"]["selector"].as_object().is_some_and(|selector| !selector.is_empty());
    let is_selectorless = service["spec"]["clusterIP"] == "None" && !has_selector;
    if service["spec"]["ipFamilyPolicy"].is_null() {
        let before = old.map(|old| &old["spec"]["ipFamilyPolicy"]).filter(|policy| !policy.is_null());
        let default = if is_selectorless { "RequireDualStack" } else { "SingleStack" };
        service["spec"]["ipFamilyPolicy"] = before.cloned().unwrap_or_else(|| default.into());
    }
    let errors = cluster_ips(service, old);
    if !errors.is_empty() {
        return Err(AllocationError::Invalid(errors));
    }
    let policy = service["spec"]["ipFamilyPolicy"].clone();
    let mut families = list(&service["spec"], "ipFamilies");
    let ips = list(&service["spec"], "clusterIPs");
    let mut errors = Vec::new();
    if policy == "SingleStack" {
        for (count, what) in [(ips.len(), "cluster IPs"), (families.len(), "IP families")] {
            if count == 2 {
                let detail =
                    format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
                errors.push(FieldError::invalid("spec.ipFamilyPolicy", policy.clone(), detail));
            }
        }
    }
    for (index, ip) in ips.iter().enumerate().take_while(|(_, ip)| **ip != "None").skip(families.len()) {
        if ip.as_str().unwrap_or_default().contains(':') {
            let field = format!("spec.clusterIPs[{index}]");
            errors.push(FieldError::invalid(field, ips.clone(), "IPv6 is not configured on this cluster"));
        } else {
            families.push("IPv4".into());
        }
    }
    if !errors.is_empty() {
        return Err(AllocationError::Invalid(errors));
    }
    if !is_selectorless {
        check_single_stack(&policy, &families)?;
    }
    if families.is_empty() {
        families.push("IPv4".into());
    }
    if is_selectorless && families.len() < 2 && policy != "SingleStack" {
        families.push(if families[0] == "IPv4" { "IPv6" } else { "IPv4" }.into());
    }
    service["spec"]["ipFamilies"] = families.into();
    Ok(())
}

/// Rejects what needs a second network.
fn check_single_stack(policy: &Value, families: &[Value]) -> Result<(), AllocationError> {
    let mut errors = Vec::new();
    if *policy == "RequireDualStack" {
        let detail = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid("spec.ipFamilyPolicy", policy.clone(), detail));
    }
    for (index, family) in families.iter().enumerate().filter(|(_, family)| **family != "IPv4") {
        let field = format!("spec.ipFamilies[{index}]");
        errors.push(FieldError::invalid(field, family.clone(), "not configured on this cluster"));
    }
    if errors.is_empty() { Ok(()) } else { Err(AllocationError::Invalid(errors)) }
}

fn set_ip(service: &mut Value, used: &mut Used) -> Result<(), AllocationError> {
    let requested = service["spec"]["clusterIPs"][0].as_str().unwrap_or_default().to_owned();
    let ip = if requested.is_empty() {
        used.next_ip().ok_or_else(|| {
            let name = crate::metadata::text(service, "name");
            AllocationError::Full(format!("failed to allocate a serviceIP for Service \"{name}\": range is full"))
        })?
    } else {
        let ips = service["spec"]["clusterIPs"].clone();
        used.take_ip(&requested).map_err(|detail| FieldError::invalid("spec.clusterIPs", ips, detail))?;
        requested
    };
    service["spec"]["clusterIPs"] = json!([ip]);
    service["spec"]["clusterIP"] = ip.into();
    Ok(())
}

fn set_node_ports(service: &mut Value, old: Option<&Value>, used: &mut Used) -> Result<(), AllocationError> {
    let kind = service["spec"]["type"].as_str().unwrap_or_default().to_owned();
    let allocates = match kind.as_str() {
        "NodePort" => true,
        "LoadBalancer" => service["spec"]["allocateLoadBalancerNodePorts"] != false,
        _ => return Ok(()),
    };
    let number = |port: &Value, name: &str| port[name].as_i64().unwrap_or_default();
    let before: Vec<i64> = old
        .map(|old| list(&old["spec"], "ports"))
        .unwrap_or_default()
        .iter()
        .map(|port| number(port, "nodePort"))
        .collect();
    let all = list(&service["spec"], "ports");
    // Ports with the same number share their node port, as for TCP and UDP.
    let mut by_port: Vec<(i64, i64)> = Vec::new();
    for (index, port) in all.iter().enumerate() {
        let (own, requested) = (number(port, "port"), number(port, "nodePort"));
        if requested == 0 && !allocates {
            continue;
        }
        let shared = by_port.iter().find(|(port, _)| *port == own).map(|(_, node_port)| *node_port);
        let wanted = if requested == 0 && old.is_none() {
            all.iter()
                .find(|other| number(other, "port") == own && number(other, "nodePort") != 0)
                .map(|other| number(other, "nodePort"))
        } else {
            Some(requested).filter(|port| *port != 0)
        };
        let node_port = match (shared.filter(|_| old.is_none()), wanted) {
            (Some(shared), None) => shared,
            (Some(shared), Some(wanted)) if shared == wanted => shared,
            (_, Some(wanted)) => {
                if !before.contains(&wanted) {
                    let field = format!("spec.ports[{index}].nodePort");
                    used.take_port(wanted).map_err(|detail| FieldError::invalid(field, wanted, detail))?;
                }
                wanted
            }
            (None, None) => used
                .next_port()
                .ok_or_else(|| AllocationError::Full("failed to allocate a nodePort: range is full".to_owned()))?,
        };
        by_port.push((own, node_port));
        service["spec"]["ports"][index]["nodePort"] = node_port.into();
    }
    Ok(())
}

fn set_health_port(service: &mut Value, used: &mut Used) -> Result<(), AllocationError> {
    let requested = service["spec"]["healthCheckNodePort"].as_i64().unwrap_or_default();
    if requested != 0 {
        return used.take_port(requested).map_err(|reason| {
            AllocationError::Full(format!("failed to allocate requested HealthCheck NodePort {requested}: {reason}"))
        });
    }
    let full = || AllocationError::Full("failed to allocate a HealthCheck NodePort 0: range is full".to_owned());
    service["spec"]["healthCheckNodePort"] = used.next_port().ok_or_else(full)?.into();
    Ok(())
}
