use serde_json::{Value, json};

use super::allocation::AllocationError;
use super::{Used, allocate, increases_generation, prepare_for_create, prepare_for_update};

const NOW: &str = "2026-01-01T00:00:00Z";

fn prepared(group: &str, kind: &str, mut object: Value) -> Value {
    prepare_for_create(group, kind, &mut object, NOW);
    object
}

fn pod(resources: &[Value]) -> Value {
    let containers: Value = resources.iter().map(|resources| json!({"name": "c", "resources": resources})).collect();
    json!({"metadata": {"name": "p"}, "spec": {"containers": containers}})
}

#[test]
fn new_pods_are_pending_with_tolerations() {
    let pod = prepared("", "Pod", pod(&[json!({})]));
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    let toleration =
        |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    let expected = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(toleration);
    assert_eq!(pod["spec"]["tolerations"], json!(expected));
}

#[test]
fn qos_classes_follow_from_requests_and_limits() {
    let full = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}});
    let some = json!({"requests": {"cpu": "1"}});
    for (resources, expected) in [
        (vec![json!({})], "BestEffort"),
        (vec![some.clone()], "Burstable"),
        (vec![full.clone()], "Guaranteed"),
        (vec![full.clone(), json!({})], "Burstable"),
        (vec![full.clone(), full], "Guaranteed"),
    ] {
        assert_eq!(prepared("", "Pod", pod(&resources))["status"]["qosClass"], expected, "{resources:?}");
    }
}

#[test]
fn gated_pods_have_a_condition() {
    let mut object = pod(&[json!({})]);
    object["spec"]["schedulingGates"] = json!([{"name": "a.b/gate"}]);
    let object = prepared("", "Pod", object);
    assert_eq!(object["status"]["conditions"][0]["reason"], "SchedulingGated");
}

#[test]
fn label_keys_are_merged_into_selectors() {
    let mut object = pod(&[json!({})]);
    object["metadata"]["labels"] = json!({"version": "2"});
    object["spec"]["topologySpreadConstraints"] =
        json!([{"labelSelector": {"matchLabels": {"app": "a"}}, "matchLabelKeys": ["version", "none"]}]);
    let object = prepared("", "Pod", object);
    let expected = json!([{"key": "version", "operator": "In", "values": ["2"]}]);
    let selector = &object["spec"]["topologySpreadConstraints"][0]["labelSelector"];
    assert_eq!(selector["matchExpressions"], expected);
}

#[test]
fn jobs_get_labels_and_a_selector() {
    let job = json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": {"metadata": {}, "spec": {}}}});
    let job = prepared("batch", "Job", job);
    let expected = json!({
        "job-name": "j",
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": "u",
        "batch.kubernetes.io/controller-uid": "u",
    });
    assert_eq!(job["spec"]["template"]["metadata"]["labels"], expected);
    assert_eq!(job["spec"]["selector"], json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}));
}

#[test]
fn jobs_with_a_manual_selector_are_unchanged() {
    let job = json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"manualSelector": true, "template": {}}});
    assert_eq!(prepared("batch", "Job", job.clone()), job);
}

#[test]
fn claims_and_volumes_are_protected() {
    let claim = prepared("", "PersistentVolumeClaim", json!({"metadata": {"name": "c"}, "spec": {}}));
    assert_eq!(claim["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
    assert_eq!(claim["status"], json!({"phase": "Pending"}));
    let volume = prepared("", "PersistentVolume", json!({"metadata": {"name": "v"}, "spec": {}}));
    assert_eq!(volume["metadata"]["finalizers"], json!(["kubernetes.io/pv-protection"]));
    assert_eq!(volume["status"], json!({"phase": "Pending", "lastPhaseTransitionTime": NOW}));
}

#[test]
fn sources_of_claims_are_copied_to_the_other_field() {
    let source = json!({"kind": "PersistentVolumeClaim", "name": "other"});
    let claim = prepared("", "PersistentVolumeClaim", json!({"metadata": {}, "spec": {"dataSource": source.clone()}}));
    assert_eq!(claim["spec"]["dataSourceRef"], source);
    let unknown = json!({"apiGroup": "a.b", "kind": "Other", "name": "other"});
    let claim = prepared("", "PersistentVolumeClaim", json!({"metadata": {}, "spec": {"dataSource": unknown}}));
    assert_eq!(claim["spec"], json!({}));
}

#[test]
fn template_generations_increase_with_templates() {
    let generation =
        |object: &Value| object["metadata"]["annotations"]["deprecated.daemonset.template.generation"].clone();
    let old = prepared("apps", "DaemonSet", json!({"metadata": {"name": "d"}, "spec": {"template": {"spec": {}}}}));
    assert_eq!(generation(&old), "1");
    let mut same = old.clone();
    prepare_for_update("apps", "DaemonSet", &mut same, &old);
    assert_eq!(generation(&same), "1");
    let mut new = json!({"metadata": {"name": "d"}, "spec": {"template": {"spec": {"hostNetwork": true}}}});
    prepare_for_update("apps", "DaemonSet", &mut new, &old);
    assert_eq!(generation(&new), "2");
}

#[test]
fn generations_increase_with_what_a_kind_specifies() {
    let object =
        |spec: i64, label: &str| json!({"metadata": {"labels": {"l": label}}, "spec": spec, "endpoints": spec});
    let (old, new, relabelled) = (object(1, "a"), object(2, "a"), object(1, "b"));
    assert!(increases_generation("apps", "Deployment", &new, &old));
    assert!(!increases_generation("apps", "Deployment", &relabelled, &old));
    assert!(increases_generation("discovery.k8s.io", "EndpointSlice", &relabelled, &old));
    assert!(!increases_generation("", "Service", &new, &old));
    assert!(!increases_generation("scheduling.k8s.io", "PriorityClass", &new, &old));
}

#[test]
fn new_nodes_are_tainted_until_they_are_ready() {
    let node = prepared("", "Node", json!({"metadata": {"name": "n"}, "spec": {}}));
    assert_eq!(node["spec"]["taints"], json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]));
}

#[expect(clippy::needless_pass_by_value, reason = "callers create the value in place")]
fn service(spec: Value) -> Value {
    let mut service = json!({"metadata": {"name": "s"}, "spec": spec});
    prepare_for_create("", "Service", &mut service, NOW);
    service
}

fn allocated(spec: Value, used: &mut Used) -> Value {
    let mut service = service(spec);
    allocate(&mut service, None, used).unwrap();
    used.add(&service);
    service["spec"].take()
}

fn refusal(spec: Value, used: &mut Used) -> Vec<String> {
    match allocate(&mut service(spec), None, used) {
        Err(AllocationError::Invalid(errors)) => errors.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn services_get_addresses_of_one_network() {
    let mut used = Used::default();
    let spec = allocated(json!({"type": "ClusterIP"}), &mut used);
    let expected = json!({
        "type": "ClusterIP",
        "clusterIP": "10.0.0.2",
        "clusterIPs": ["10.0.0.2"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    });
    assert_eq!(spec, expected);
    assert_eq!(allocated(json!({"type": "ClusterIP"}), &mut used)["clusterIP"], "10.0.0.3");
    assert_eq!(
        allocated(json!({"type": "ClusterIP", "clusterIP": "10.0.0.9"}), &mut used)["clusterIPs"],
        json!(["10.0.0.9"])
    );
}

#[test]
fn headless_and_external_services_get_no_address() {
    let mut used = Used::default();
    let spec = allocated(json!({"type": "ClusterIP", "clusterIP": "None", "selector": {"a": "b"}}), &mut used);
    assert_eq!((&spec["clusterIPs"], &spec["ipFamilies"]), (&json!(["None"]), &json!(["IPv4"])));
    let spec = allocated(json!({"type": "ClusterIP", "clusterIP": "None"}), &mut used);
    assert_eq!((&spec["ipFamilyPolicy"], &spec["ipFamilies"]), (&json!("RequireDualStack"), &json!(["IPv4", "IPv6"])));
    let spec = allocated(json!({"type": "ExternalName", "externalName": "a.b"}), &mut used);
    assert_eq!(spec, json!({"type": "ExternalName", "externalName": "a.b"}));
}

#[test]
fn addresses_in_use_or_of_other_networks_are_refused() {
    let mut used = Used::default();
    allocated(json!({"type": "ClusterIP", "clusterIP": "10.0.0.9"}), &mut used);
    assert_eq!(
        refusal(json!({"type": "ClusterIP", "clusterIP": "10.0.0.9"}), &mut used),
        [
            "spec.clusterIPs: Invalid value: [\"10.0.0.9\"]: failed to allocate IP 10.0.0.9: provided IP is already allocated"
        ]
    );
    assert_eq!(
        refusal(json!({"type": "ClusterIP", "clusterIP": "10.1.0.9"}), &mut used),
        [
            "spec.clusterIPs: Invalid value: [\"10.1.0.9\"]: failed to allocate IP 10.1.0.9: the provided IP (10.1.0.9) is not in the valid range. The range of valid IPs is 10.0.0.0/24"
        ]
    );
    assert_eq!(
        refusal(json!({"type": "ClusterIP", "ipFamilyPolicy": "RequireDualStack"}), &mut used),
        [
            "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services"
        ]
    );
}

#[test]
fn a_full_network_is_an_internal_error() {
    let mut used = Used::default();
    for _ in 2..=254 {
        allocated(json!({"type": "ClusterIP"}), &mut used);
    }
    let expected = AllocationError::Full("failed to allocate a serviceIP for Service \"s\": range is full".to_owned());
    assert_eq!(allocate(&mut service(json!({"type": "ClusterIP"})), None, &mut used), Err(expected));
}

#[test]
fn node_ports_are_unique_unless_protocols_share_a_port() {
    let mut used = Used::default();
    let ports =
        json!([{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}]);
    let spec = allocated(json!({"type": "NodePort", "ports": ports}), &mut used);
    let numbers: Vec<i64> = (0..3).filter_map(|index| spec["ports"][index]["nodePort"].as_i64()).collect();
    assert_eq!(numbers, [30000, 30000, 30001]);
    let taken = json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 30000}]});
    assert_eq!(
        refusal(taken, &mut used),
        ["spec.ports[0].nodePort: Invalid value: 30000: provided port is already allocated"]
    );
    let outside = json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 80}]});
    assert_eq!(
        refusal(outside, &mut used),
        [
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"
        ]
    );
}

#[test]
fn updates_keep_what_was_allocated() {
    let mut used = Used::default();
    let mut old = service(json!({"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]}));
    allocate(&mut old, None, &mut used).unwrap();
    let mut new =
        json!({"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]}});
    prepare_for_update("", "Service", &mut new, &old);
    allocate(&mut new, Some(&old), &mut used).unwrap();
    assert_eq!(new["spec"], old["spec"]);
}

#[test]
fn services_that_become_internal_lose_node_ports() {
    let mut used = Used::default();
    let mut old = service(json!({
        "type": "NodePort", "externalTrafficPolicy": "Cluster", "ports": [{"port": 80, "protocol": "TCP"}],
    }));
    allocate(&mut old, None, &mut used).unwrap();
    let mut new = old.clone();
    new["spec"]["type"] = "ClusterIP".into();
    prepare_for_update("", "Service", &mut new, &old);
    assert_eq!(new["spec"]["ports"], json!([{"port": 80, "protocol": "TCP"}]));
    assert_eq!(new["spec"]["externalTrafficPolicy"], Value::Null);
    assert_eq!(new["spec"]["clusterIP"], old["spec"]["clusterIP"]);
}
