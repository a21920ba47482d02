//! Columns of services and networks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cells::{
    AGE, Definition, NONE, UNSET, first_of, int_at, items, joined, labels, selector, str_at, text_at, text_or,
};

pub(super) fn columns(kind: &str) -> &'static [Definition] {
    match kind {
        "Service" => SERVICE,
        "Endpoints" => &[("Endpoints", "string", 0, |object, _| endpoints(object).into()), AGE],
        "EndpointSlice" => SLICE,
        "Ingress" => INGRESS,
        "IngressClass" => &[
            ("Controller", "string", 0, |object, _| text_at(object, "/spec/controller")),
            ("Parameters", "string", 0, |object, _| parameters(object).into()),
            AGE,
        ],
        "NetworkPolicy" => {
            &[("Pod-Selector", "string", 0, |object, _| selector(object.pointer("/spec/podSelector"))), AGE]
        }
        "IPAddress" => &[("ParentRef", "string", 0, |object, _| parent(object).into())],
        "ServiceCIDR" => &[("CIDRs", "string", 0, |object, _| joined(object, "/spec/cidrs", "").into()), AGE],
        _ => super::CREATED_AT,
    }
}

const SERVICE: &[Definition] = &[
    ("Type", "string", 0, |object, _| text_at(object, "/spec/type")),
    ("Cluster-IP", "string", 0, |object, _| text_or(object, "/spec/clusterIPs/0", NONE)),
    ("External-IP", "string", 0, |object, _| external(object).into()),
    ("Port(s)", "string", 0, |object, _| ports(object).into()),
    AGE,
    ("Selector", "string", 1, |object, _| labels(object.pointer("/spec/selector"))),
];

const SLICE: &[Definition] = &[
    ("AddressType", "string", 0, |object, _| text_at(object, "/addressType")),
    ("Ports", "string", 0, |object, _| slice_ports(object).into()),
    ("Endpoints", "string", 0, |object, _| slice_endpoints(object).into()),
    AGE,
];

const INGRESS: &[Definition] = &[
    ("Class", "string", 0, |object, _| text_or(object, "/spec/ingressClassName", NONE)),
    ("Hosts", "string", 0, |object, _| hosts(object).into()),
    ("Address", "string", 0, |object, _| balancers(object).into()),
    (
        "Ports",
        "string",
        0,
        |object, _| {
            if items(object, "/spec/tls").is_empty() { "80".into() } else { "80, 443".into() }
        },
    ),
    AGE,
];

/// Returns the addresses of the load balancers, sorted.
fn balancers(object: &Value) -> String {
    let address = |ingress: &Value| match str_at(ingress, "/ip") {
        "" => str_at(ingress, "/hostname").to_owned(),
        ip => ip.to_owned(),
    };
    let all: BTreeSet<String> = items(object, "/status/loadBalancer/ingress").iter().map(address).collect();
    all.into_iter().filter(|address| !address.is_empty()).collect::<Vec<_>>().join(",")
}

fn external(service: &Value) -> String {
    let ips = joined(service, "/spec/externalIPs", "");
    match str_at(service, "/spec/type") {
        "ClusterIP" | "NodePort" if ips.is_empty() => NONE.to_owned(),
        "ClusterIP" | "NodePort" => ips,
        "LoadBalancer" => match (balancers(service), ips) {
            (balancers, ips) if balancers.is_empty() && ips.is_empty() => "<pending>".to_owned(),
            (balancers, ips) if balancers.is_empty() || ips.is_empty() => balancers + &ips,
            (balancers, ips) => format!("{balancers},{ips}"),
        },
        "ExternalName" => str_at(service, "/spec/externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

fn ports(service: &Value) -> String {
    let port = |port: &Value| {
        let (number, protocol) = (int_at(port, "/port"), str_at(port, "/protocol"));
        match int_at(port, "/nodePort") {
            1.. => format!("{number}:{}/{protocol}", int_at(port, "/nodePort")),
            _ => format!("{number}/{protocol}"),
        }
    };
    let ports: Vec<String> = items(service, "/spec/ports").iter().map(port).collect();
    if ports.is_empty() { NONE.to_owned() } else { ports.join(",") }
}

fn endpoints(object: &Value) -> String {
    let mut all = Vec::new();
    for subset in items(object, "/subsets") {
        let addresses = items(subset, "/addresses").iter().map(|address| str_at(address, "/ip").to_owned());
        let ports = items(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses);
            continue;
        }
        for port in ports {
            let number = int_at(port, "/port");
            let with_port =
                |ip: String| if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") };
            all.extend(addresses.clone().map(with_port));
        }
    }
    first_of(&all, 3, if items(object, "/subsets").is_empty() { NONE } else { "" })
}

fn slice_ports(slice: &Value) -> String {
    let port = |port: &Value| match (port["port"].as_i64(), port["name"].as_str()) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => "*".to_owned(),
    };
    first_of(&items(slice, "/ports").iter().map(port).collect::<Vec<_>>(), 3, UNSET)
}

fn slice_endpoints(slice: &Value) -> String {
    let addresses = items(slice, "/endpoints").iter().flat_map(|endpoint| items(endpoint, "/addresses"));
    let addresses: Vec<String> = addresses.map(|address| address.as_str().unwrap_or_default().to_owned()).collect();
    first_of(&addresses, 3, UNSET)
}

/// Returns the first three hosts. Rules without a host count as well if there are more.
fn hosts(ingress: &Value) -> String {
    let (mut hosts, mut is_more) = (Vec::new(), false);
    let rules = items(ingress, "/spec/rules");
    for rule in rules {
        is_more |= hosts.len() == 3;
        let host = str_at(rule, "/host");
        if !is_more && !host.is_empty() {
            hosts.push(host);
        }
    }
    match hosts.join(",") {
        _ if hosts.is_empty() => "*".to_owned(),
        shown if is_more => format!("{shown} + {} more...", rules.len() - 3),
        shown => shown,
    }
}

fn parameters(class: &Value) -> String {
    let Some(parameters) = class.pointer("/spec/parameters").filter(|found| found.is_object()) else {
        return NONE.to_owned();
    };
    let group = parameters["apiGroup"].as_str().map(|group| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", str_at(parameters, "/kind"), str_at(parameters, "/name"))
}

fn parent(address: &Value) -> String {
    let Some(parent) = address.pointer("/spec/parentRef").filter(|found| found.is_object()) else {
        return NONE.to_owned();
    };
    let part = |pointer: &str, separator: &str| match str_at(parent, pointer) {
        "" => String::new(),
        text => format!("{separator}{text}"),
    };
    let resource = format!("{}{}", str_at(parent, "/resource"), part("/group", ".")).to_lowercase();
    format!("{resource}{}/{}", part("/namespace", "/"), str_at(parent, "/name"))
}
