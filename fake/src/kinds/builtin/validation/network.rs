//! Validation of ingresses, ingress classes, network policies, endpoints and endpoint slices.
//!
//! Source: `kubernetes/pkg/apis/networking/validation/validation.go`, `pkg/apis/discovery/validation/validation.go` and
//! `pkg/apis/core/validation/validation.go`.

use kube_structural_schema::object::{FieldError, names};
use serde_json::{Map, Value, json};

use super::field::{Errors, Field};
use super::names as rules;
use super::{IMMUTABLE, address, labels, service};

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const SORTED_PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const NOT_A_NAME: &str = "must be a DNS name, not an IP address";

/// Validates an ingress.
pub(super) fn ingress(object: &Field<'_>, is_new: bool, errors: &mut Errors) {
    let spec = object.at("spec");
    let (backend, class) = (spec.at("defaultBackend"), spec.at("ingressClassName"));
    if spec.at("rules").is_empty() && !backend.is_set() {
        let shown = spec.at("rules").value.clone();
        spec.invalid_as(errors, shown, "either `defaultBackend` or `rules` must be specified");
    }
    if backend.is_set() {
        ingress_backend(&backend, errors);
    }
    for rule in spec.items("rules") {
        ingress_rule(&rule, errors);
    }
    for tls in spec.items("tls") {
        tls.items("hosts").for_each(|host| {
            host.check(errors, if host.text().contains('*') { rules::wildcard } else { names::subdomain });
        });
        tls.at("secretName").check_set(errors, names::subdomain);
    }
    if class.is_set() {
        class.check(errors, names::subdomain);
    }
    let note = object.value["metadata"]["annotations"].get(CLASS_ANNOTATION).and_then(Value::as_str);
    if let Some(note) = note.filter(|note| is_new && class.is_set() && *note != class.text()) {
        let field = format!("annotations.{CLASS_ANNOTATION}");
        let detail = "must match `ingressClassName` when both are specified";
        errors.push(FieldError::invalid(field, note, detail));
    }
}

fn ingress_rule(rule: &Field<'_>, errors: &mut Errors) {
    let host = rule.at("host");
    if !host.is_empty() {
        if address::parse(host.text()).is_some() {
            host.invalid(errors, NOT_A_NAME);
        }
        host.check(errors, if host.text().contains('*') { rules::wildcard } else { names::subdomain });
    }
    let http = rule.at("http");
    if !http.is_set() {
        return;
    }
    http.at("paths").require(errors);
    http.items("paths").for_each(|path| ingress_path(&path, errors));
}

fn ingress_path(entry: &Field<'_>, errors: &mut Errors) {
    let (kind, path) = (entry.at("pathType"), entry.at("path"));
    let text = path.text();
    if !kind.is_set() {
        kind.required(errors, "pathType must be specified");
        return;
    }
    match kind.text() {
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                path.invalid_text(errors, "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"].into_iter().filter(|part| text.contains(part)) {
                path.invalid(errors, format!("must not contain '{part}'"));
            }
            for end in ["/..", "/."].into_iter().filter(|end| text.ends_with(end)) {
                path.invalid(errors, format!("cannot end with '{end}'"));
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                path.invalid(errors, "must be an absolute path");
            }
        }
        _ => kind.not_supported(errors, ["Exact", "ImplementationSpecific", "Prefix"]),
    }
    ingress_backend(&entry.at("backend"), errors);
}

fn ingress_backend(backend: &Field<'_>, errors: &mut Errors) {
    let (resource, service) = (backend.at("resource"), backend.at("service"));
    match (resource.is_set(), service.is_set()) {
        (true, true) => backend.invalid_as(errors, "", "cannot set both resource and service backends"),
        (true, false) => reference(&resource, errors),
        (false, true) => {
            service.at("name").require_valid(errors, names::label);
            let (name, number) = (service.at("port.name"), service.at("port.number"));
            match (name.is_empty(), number.number() == 0) {
                (false, false) => backend.invalid_as(errors, "", "cannot set both port name & port number"),
                (false, true) => name.check(errors, rules::port_name),
                (true, false) => number.port(errors),
                (true, true) => backend.required(errors, "port name or number is required"),
            }
        }
        (false, false) => backend.invalid_as(errors, "", "resource or service backend is required"),
    }
}

/// Validates a reference by group, kind and name.
fn reference(reference: &Field<'_>, errors: &mut Errors) {
    let group = reference.at("apiGroup");
    if group.is_set() {
        group.check(errors, names::subdomain);
    }
    reference.at("kind").require_valid(errors, names::path_segment);
    reference.at("name").require_valid(errors, names::path_segment);
}

/// Validates the status of an ingress.
pub(super) fn ingress_status(object: &Field<'_>, old: &Value, errors: &mut Errors) {
    let balancer = object.at("status.loadBalancer");
    balancer.items("ingress").for_each(|entry| {
        service::ingress_point(&entry, &old["status"]["loadBalancer"], errors);
    });
}

/// Validates an ingress class.
pub(super) fn ingress_class(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let controller = object.at("spec.controller");
    if let Some(old) = old
        && *controller.value != old["spec"]["controller"]
    {
        controller.invalid_text(errors, IMMUTABLE);
    }
    if controller.text().len() > 250 {
        controller.too_long(errors, 250);
    }
    if controller.is_empty() {
        controller.required(errors, "");
    } else {
        for (value, detail) in rules::domain_path(controller.text()) {
            controller.invalid_as(errors, value, detail);
        }
    }
    let parameters = object.at("spec.parameters");
    if !parameters.is_set() {
        return;
    }
    reference(&parameters, errors);
    let (scope, namespace) = (parameters.at("scope"), parameters.at("namespace"));
    match scope.text() {
        "Namespace" if namespace.is_set() => namespace.check(errors, names::label),
        "Namespace" => namespace.required(errors, "`parameters.scope` is set to 'Namespace'"),
        "Cluster" if namespace.is_set() => namespace.forbidden(errors, "`parameters.scope` is set to 'Cluster'"),
        "Cluster" => {}
        _ => scope.not_supported(errors, ["Cluster", "Namespace"]),
    }
}

/// Validates a network policy.
pub(super) fn policy(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.at("spec");
    let existing = old.map(networks).unwrap_or_default();
    labels::selector(&spec.at("podSelector"), errors);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.items(direction) {
            rule.items("ports").for_each(|port| policy_port(&port, errors));
            rule.items(peers).for_each(|peer| policy_peer(&peer, &existing, errors));
        }
    }
    let types = spec.at("policyTypes");
    if types.len() > 2 {
        types.invalid(errors, "may not specify more than two policyTypes");
        return;
    }
    spec.items("policyTypes").for_each(|kind| kind.one_of(errors, &["Ingress", "Egress"]));
}

/// Returns the networks of an existing policy.
fn networks(policy: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in policy["spec"][direction].as_array().into_iter().flatten() {
            for peer in rule[peers].as_array().into_iter().flatten() {
                found.extend(peer["ipBlock"]["cidr"].as_str());
                found.extend(peer["ipBlock"]["except"].as_array().into_iter().flatten().filter_map(Value::as_str));
            }
        }
    }
    found
}

fn policy_port(entry: &Field<'_>, errors: &mut Errors) {
    let (port, end) = (entry.at("port"), entry.at("endPort"));
    entry.at("protocol").one_of_if_set(errors, &PROTOCOLS);
    if !port.is_set() {
        if end.is_set() {
            end.invalid(errors, "may not be specified when `port` is not specified");
        }
    } else if port.value.is_string() {
        if end.is_set() {
            end.invalid(errors, "may not be specified when `port` is non-numeric");
        }
        port.check(errors, rules::port_name);
    } else {
        port.port(errors);
        if end.is_set() {
            if end.number() < port.number() {
                end.invalid(errors, "must be greater than or equal to `port`");
            }
            end.port(errors);
        }
    }
}

fn policy_peer(peer: &Field<'_>, existing: &[&str], errors: &mut Errors) {
    let mut peers = 0;
    for name in ["podSelector", "namespaceSelector"] {
        if peer.at(name).is_set() {
            peers += 1;
            labels::selector(&peer.at(name), errors);
        }
    }
    let block = peer.at("ipBlock");
    if block.is_set() {
        peers += 1;
        ip_block(&block, existing, errors);
    }
    if peers == 0 {
        peer.required(errors, "must specify a peer");
    } else if peers > 1 && block.is_set() {
        peer.forbidden(errors, "may not specify both ipBlock and another peer");
    }
}

fn ip_block(block: &Field<'_>, existing: &[&str], errors: &mut Errors) {
    if block.at("cidr").is_empty() {
        block.at("cidr").required(errors, "");
        return;
    }
    let Some(network) = address::check_network(&block.at("cidr"), existing, errors) else { return };
    for except in block.items("except") {
        let Some(inner) = address::check_network(&except, existing, errors) else { continue };
        if !network.contains(inner.address) || network.bits >= inner.bits {
            except.invalid(errors, "must be a strict subset of `cidr`");
        }
    }
}

/// Validates endpoints.
pub(super) fn endpoints(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let mut found = Errors::new();
    for subset in object.items("subsets") {
        if subset.at("addresses").is_empty() && subset.at("notReadyAddresses").is_empty() {
            subset.required(&mut found, "must specify `addresses` or `notReadyAddresses`");
        }
        for list in ["addresses", "notReadyAddresses"] {
            for entry in subset.items(list) {
                address::check(&entry.at("ip"), &Value::Null, &mut found);
                entry.at("hostname").check_set(&mut found, names::label);
                if entry.at("nodeName").is_set() {
                    entry.at("nodeName").check(&mut found, names::subdomain);
                }
                if address::parse(entry.at("ip").text()).is_some() {
                    address::check_endpoint(&entry.at("ip"), &mut found);
                }
            }
        }
        let needs_name = subset.at("ports").len() > 1;
        for port in subset.items("ports") {
            if needs_name {
                port.at("name").require(&mut found);
            }
            port.at("name").check_set(&mut found, names::label);
            port.at("port").port(&mut found);
            port.at("protocol").require_one_of(&mut found, &SORTED_PROTOCOLS);
            if port.at("appProtocol").is_set() {
                port.at("appProtocol").check(&mut found, names::qualified_name);
            }
        }
    }
    if old.is_none_or(|old| old["subsets"] != object.value["subsets"]) {
        errors.extend(found);
    }
}

/// Validates an endpoint slice.
pub(super) fn endpoint_slice(object: &Field<'_>, old: Option<&Value>, errors: &mut Errors) {
    let kind = object.at("addressType");
    kind.require_one_of(errors, &["FQDN", "IPv4", "IPv6"]);
    let mut ports: Vec<&str> = Vec::new();
    for (port, value) in object.items("ports").zip(object.value["ports"].as_array().into_iter().flatten()) {
        let name = value["name"].as_str().unwrap_or_default();
        port.at("name").check_set(errors, names::label);
        if ports.contains(&name) {
            port.at("name").duplicate(errors);
        }
        ports.push(name);
        port.at("protocol").require_one_of(errors, &SORTED_PROTOCOLS);
        if port.at("appProtocol").is_set() {
            port.at("appProtocol").check(errors, names::qualified_name);
        }
    }
    let mut found = Errors::new();
    if object.at("endpoints").len() > 1000 {
        object.at("endpoints").too_many(&mut found, 1000);
    } else {
        object.items("endpoints").for_each(|endpoint| slice_endpoint(&endpoint, kind.text(), &mut found));
    }
    if old.is_none_or(|old| old["endpoints"] != object.value["endpoints"]) {
        errors.extend(found);
    }
    if let Some(old) = old
        && *kind.value != old["addressType"]
    {
        kind.invalid_text(errors, IMMUTABLE);
    }
}

fn slice_endpoint(endpoint: &Field<'_>, kind: &str, errors: &mut Errors) {
    let addresses = endpoint.at("addresses");
    if addresses.is_empty() {
        addresses.required(errors, "");
    } else if addresses.len() > 100 {
        addresses.too_many(errors, 100);
    }
    for entry in endpoint.items("addresses") {
        match kind {
            "IPv4" | "IPv6" => {
                let found = if kind == "IPv4" {
                    address::check(&entry, &Value::Null, errors)
                } else {
                    address::check_canonical(&entry, errors)
                };
                let Some(found) = found else { continue };
                if found.is_ipv4() != (kind == "IPv4") {
                    addresses.invalid_as(errors, entry.text(), format!("must be an {kind} address"));
                }
                address::check_endpoint(&entry, errors);
            }
            "FQDN" if entry.is_empty() => entry.required(errors, ""),
            "FQDN" => {
                if let Some((value, detail)) = rules::domain(entry.text()) {
                    entry.invalid_as(errors, value, detail);
                }
            }
            _ => {}
        }
    }
    if endpoint.at("nodeName").is_set() {
        endpoint.at("nodeName").check(errors, names::subdomain);
    }
    if endpoint.at("hostname").is_set() {
        endpoint.at("hostname").check(errors, names::label);
    }
    let hints = endpoint.at("hints");
    for (list, rule) in [("forZones", names::label_value as fn(&str) -> Vec<String>), ("forNodes", names::subdomain)] {
        if hints.at(list).len() > 8 {
            hints.at(list).too_many(errors, 8);
            continue;
        }
        let mut seen: Map<String, Value> = Map::new();
        for hint in hints.items(list) {
            let name = hint.at("name");
            if seen.insert(name.text().to_owned(), json!(true)).is_some() {
                name.duplicate(errors);
            }
            name.check(errors, rule);
        }
    }
}
