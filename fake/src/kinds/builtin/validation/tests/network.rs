use serde_json::{Value, json};

use super::{errors, none, update_errors};
use crate::kinds::builtin::validation::validate_status;

#[expect(clippy::needless_pass_by_value, reason = "callers create the value in place")]
fn service(spec: Value) -> Vec<String> {
    errors("", "Service", json!({"metadata": {"name": "s"}, "spec": spec}))
}

#[test]
fn services_need_ports_unless_they_are_headless() {
    assert_eq!(service(json!({})), ["spec.ports: Required value"]);
    assert_eq!(service(json!({"clusterIP": "None", "clusterIPs": ["None"]})), none());
    assert_eq!(service(json!({"ports": [{"port": 80}]})), none());
}

#[test]
fn ports_of_services_are_named_and_unique() {
    assert_eq!(
        service(json!({"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "a"}, {"port": 0}]})),
        [
            "spec.ports[1].name: Duplicate value: \"a\"",
            "spec.ports[2].name: Required value",
            "spec.ports[2].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[2].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}",
        ]
    );
}

#[test]
fn types_of_services_are_enumerated() {
    let expected = "spec.type: Unsupported value: \"Other\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"";
    assert_eq!(service(json!({"type": "Other", "ports": [{"port": 80}]})), [expected]);
    assert_eq!(service(json!({"type": "ExternalName"})), ["spec.externalName: Required value"]);
    let expected = "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'";
    assert_eq!(service(json!({"ports": [{"port": 80, "nodePort": 30000}]})), [expected]);
}

#[test]
fn addresses_of_services_are_immutable() {
    let spec =
        json!({"clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"], "ipFamilies": ["IPv4"], "ports": [{"port": 80}]});
    let change = |service: &mut Value| {
        service["spec"]["clusterIP"] = "10.0.0.3".into();
        service["spec"]["clusterIPs"] = json!(["10.0.0.3"]);
    };
    let expected = "spec.clusterIPs[0]: Invalid value: [\"10.0.0.3\"]: may not change once set";
    assert_eq!(update_errors("", "Service", json!({"metadata": {}, "spec": spec}), change), [expected]);
}

#[test]
fn addresses_are_valid() {
    let address = |ip: &str| service(json!({"clusterIP": ip, "clusterIPs": [ip], "ports": [{"port": 80}]}));
    let at = "spec.clusterIPs[0]: Invalid value: ";
    for (ip, expected) in [
        ("a", "\"a\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ("10.0.0.01", "\"10.0.0.01\": must not have leading 0s"),
        ("::ffff:10.0.0.1", "\"::ffff:10.0.0.1\": must not be an IPv4-mapped IPv6 address"),
    ] {
        assert_eq!(address(ip), [format!("{at}{expected}")]);
    }
}

#[test]
fn only_load_balancers_have_ingress_points() {
    let object = |kind: &str| json!({"spec": {"type": kind}, "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4", "ipMode": "VIP"}]}}});
    let found = validate_status("", "Service", &object("ClusterIP"), &json!({}));
    let expected = "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    assert_eq!(validate_status("", "Service", &object("LoadBalancer"), &json!({})), []);
}

#[expect(clippy::needless_pass_by_value, reason = "callers create the value in place")]
fn ingress(spec: Value) -> Vec<String> {
    errors("networking.k8s.io", "Ingress", json!({"metadata": {"name": "i"}, "spec": spec}))
}

#[test]
fn ingresses_have_rules_or_a_default() {
    let expected = "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified";
    assert_eq!(ingress(json!({})), [expected]);
    let backend = json!({"service": {"name": "s", "port": {"number": 80}}});
    assert_eq!(ingress(json!({"defaultBackend": backend})), none());
}

#[test]
fn paths_of_ingresses_are_absolute_with_a_backend() {
    let path = |path: Value| ingress(json!({"rules": [{"host": "*.example.com", "http": {"paths": [path]}}]}));
    let at = "spec.rules[0].http.paths[0]";
    let backend = json!({"service": {"name": "s", "port": {"name": "http"}}});
    assert_eq!(path(json!({"path": "/", "pathType": "Prefix", "backend": backend})), none());
    assert_eq!(path(json!({"path": "/"})), [format!("{at}.pathType: Required value: pathType must be specified")]);
    assert_eq!(
        path(json!({"path": "a//b", "pathType": "Exact", "backend": {}})),
        [
            format!("{at}.path: Invalid value: \"a//b\": must be an absolute path"),
            format!("{at}.path: Invalid value: \"a//b\": must not contain '//'"),
            format!("{at}.backend: Invalid value: \"\": resource or service backend is required"),
        ]
    );
    assert_eq!(
        path(json!({"pathType": "Prefix", "path": "/", "backend": {"service": {"name": "s", "port": {}}}})),
        [format!("{at}.backend: Required value: port name or number is required")]
    );
}

#[test]
fn controllers_of_ingress_classes_are_immutable() {
    let object = json!({"metadata": {"name": "c"}, "spec": {"controller": "example.com/a"}});
    let change = |object: &mut Value| object["spec"]["controller"] = "example.com/b".into();
    let expected = "spec.controller: Invalid value: \"example.com/b\": field is immutable";
    assert_eq!(update_errors("networking.k8s.io", "IngressClass", object, change), [expected]);
    let object = json!({"metadata": {"name": "c"}, "spec": {"controller": "a"}});
    let expected = "spec.controller: Invalid value: \"a\": must be a domain-prefixed path (such as \"acme.io/foo\")";
    assert_eq!(errors("networking.k8s.io", "IngressClass", object), [expected]);
}

#[test]
fn peers_and_ports_of_network_policies_are_validated() {
    let spec = json!({
        "podSelector": {},
        "ingress": [{
            "from": [
                {},
                {"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}},
                {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8", "11.0.0.0/16"]}},
                {"ipBlock": {"cidr": "10.0.0.1/8"}},
            ],
            "ports": [{"protocol": "ICMP"}, {"port": 80, "endPort": 79}, {"port": "http", "endPort": 80}, {"endPort": 80}],
        }],
    });
    let at = "spec.ingress[0]";
    assert_eq!(
        errors("networking.k8s.io", "NetworkPolicy", json!({"metadata": {"name": "p"}, "spec": spec})),
        [
            format!(
                "{at}.ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"TCP\", \"UDP\", \"SCTP\""
            ),
            format!("{at}.ports[1].endPort: Invalid value: 79: must be greater than or equal to `port`"),
            format!("{at}.ports[2].endPort: Invalid value: 80: may not be specified when `port` is non-numeric"),
            format!("{at}.ports[3].endPort: Invalid value: 80: may not be specified when `port` is not specified"),
            format!("{at}.from[0]: Required value: must specify a peer"),
            format!("{at}.from[1]: Forbidden: may not specify both ipBlock and another peer"),
            format!("{at}.from[2].ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`"),
            format!(
                "{at}.from[2].ipBlock.except[1]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`"
            ),
            format!(
                "{at}.from[3].ipBlock.cidr: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length"
            ),
        ]
    );
}

#[test]
fn endpoint_slices_have_addresses_of_their_type() {
    let slice = |kind: &str, address: &str| {
        let object = json!({"addressType": kind, "endpoints": [{"addresses": [address]}], "ports": [{"port": 80}]});
        errors("discovery.k8s.io", "EndpointSlice", object)
    };
    assert_eq!(slice("IPv4", "10.1.2.3"), none());
    assert_eq!(slice("FQDN", "a.example.com"), none());
    let at = "endpoints[0].addresses";
    assert_eq!(
        slice("IPv4", "2001:db8::1"),
        [format!("{at}: Invalid value: \"2001:db8::1\": must be an IPv4 address")]
    );
    let expected =
        format!("{at}[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)");
    assert_eq!(slice("IPv4", "127.0.0.1"), [expected]);
    let expected = "addressType: Unsupported value: \"IP\": supported values: \"FQDN\", \"IPv4\", \"IPv6\"";
    assert_eq!(slice("IP", "10.1.2.3"), [expected]);
}
