use serde_json::{Value, json};

use super::{errors, none, update_errors};

const RBAC: &str = "rbac.authorization.k8s.io";

#[test]
fn rules_of_roles_are_validated() {
    let role = |kind: &str, rule: Value| errors(RBAC, kind, json!({"metadata": {"name": "r"}, "rules": [rule]}));
    assert_eq!(role("Role", json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]})), none());
    assert_eq!(
        role("Role", json!({})),
        [
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            "rules[0].resources: Required value: resource rules must supply at least one resource",
            "rules[0].verbs: Required value",
        ]
    );
    let urls = json!({"verbs": ["get"], "nonResourceURLs": ["/healthz"]});
    assert_eq!(role("ClusterRole", urls.clone()), none());
    let expected =
        "rules[0].nonResourceURLs: Invalid value: [\"/healthz\"]: namespaced rules cannot apply to non-resource URLs";
    assert_eq!(role("Role", urls), [expected]);
}

#[test]
fn bindings_keep_their_role() {
    let binding = |name: &str| {
        json!({
            "metadata": {"name": "b"},
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "s", "namespace": "n"}],
        })
    };
    assert_eq!(errors(RBAC, "RoleBinding", binding("r")), none());
    let change = |object: &mut Value| object["roleRef"]["name"] = "other".into();
    let expected = format!(
        "roleRef: Invalid value: {{\"APIGroup\":\"{RBAC}\",\"Kind\":\"Role\",\"Name\":\"other\"}}: field is immutable"
    );
    assert_eq!(update_errors(RBAC, "RoleBinding", binding("r"), change), [expected]);
    let expected = "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"";
    assert_eq!(errors(RBAC, "ClusterRoleBinding", binding("r")), [expected]);
}

#[test]
fn subjects_of_bindings_have_a_kind() {
    let subjects = json!([{"kind": "Robot", "name": "a"}, {"kind": "User"}, {"kind": "ServiceAccount", "name": "s"}]);
    let object = json!({
        "metadata": {"name": "b"},
        "roleRef": {"kind": "ClusterRole", "name": "r"},
        "subjects": subjects,
    });
    assert_eq!(
        errors(RBAC, "ClusterRoleBinding", object),
        [
            "subjects[0].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\"",
            "subjects[1].name: Required value",
            "subjects[2].namespace: Required value",
        ]
    );
}

fn claim() -> Value {
    json!({
        "metadata": {"name": "c"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    })
}

#[test]
fn claims_need_an_access_mode_and_a_size() {
    assert_eq!(errors("", "PersistentVolumeClaim", claim()), none());
    assert_eq!(
        errors("", "PersistentVolumeClaim", json!({"metadata": {"name": "c"}, "spec": {"accessModes": ["Any"]}})),
        [
            "spec.accessModes: Unsupported value: \"Any\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"",
            "spec.resources[storage]: Required value",
        ]
    );
}

#[test]
fn claims_are_immutable_until_they_are_bound() {
    let grow = |object: &mut Value| object["spec"]["resources"]["requests"]["storage"] = "2Gi".into();
    let found = update_errors("", "PersistentVolumeClaim", claim(), grow);
    let start = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ ";
    assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
    let mut bound = claim();
    bound["status"] = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}});
    assert_eq!(update_errors("", "PersistentVolumeClaim", bound.clone(), grow), none());
    let shrink = |object: &mut Value| object["spec"]["resources"]["requests"]["storage"] = "1Mi".into();
    let expected = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity";
    assert_eq!(update_errors("", "PersistentVolumeClaim", bound, shrink), [expected]);
}

#[test]
fn volumes_have_one_source() {
    let volume = |source: Value| {
        let mut spec = source;
        spec["capacity"] = json!({"storage": "1Gi"});
        spec["accessModes"] = json!(["ReadWriteOnce"]);
        json!({"metadata": {"name": "v"}, "spec": spec})
    };
    assert_eq!(errors("", "PersistentVolume", volume(json!({"hostPath": {"path": "/a"}}))), none());
    let expected = "spec: Required value: must specify a volume type";
    assert_eq!(errors("", "PersistentVolume", volume(json!({}))), [expected]);
    let change = |object: &mut Value| object["spec"]["hostPath"]["path"] = "/b".into();
    let found = update_errors("", "PersistentVolume", volume(json!({"hostPath": {"path": "/a"}})), change);
    let start = "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n";
    assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
}

#[test]
fn storage_classes_are_immutable() {
    let class = json!({"metadata": {"name": "c"}, "provisioner": "example.com/a", "parameters": {"a": "b"}});
    let change = |object: &mut Value| object["parameters"] = json!({"a": "c"});
    let expected = "parameters: Invalid value: null: field is immutable";
    assert_eq!(update_errors("storage.k8s.io", "StorageClass", class, change), [expected]);
    assert_eq!(errors("storage.k8s.io", "StorageClass", json!({})), ["provisioner: Required value"]);
}

#[test]
fn values_of_priority_classes_are_limited_and_immutable() {
    let class = |value: i64| json!({"metadata": {"name": "c"}, "value": value});
    let group = "scheduling.k8s.io";
    let expected = "value: Forbidden: maximum allowed value of a user defined priority is 1000000000";
    assert_eq!(errors(group, "PriorityClass", class(1_000_000_001)), [expected]);
    let change = |object: &mut Value| object["value"] = 2.into();
    assert_eq!(
        update_errors(group, "PriorityClass", class(1), change),
        ["value: Forbidden: may not be changed in an update."]
    );
}

#[test]
fn budgets_have_one_limit() {
    let budget = |spec: Value| errors("policy", "PodDisruptionBudget", json!({ "spec": spec }));
    assert_eq!(budget(json!({"minAvailable": 1})), none());
    let expected = "spec: Invalid value: {\"MinAvailable\":1,\"Selector\":null,\"MaxUnavailable\":\"50%\",\"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavailable cannot be both set";
    assert_eq!(budget(json!({"minAvailable": 1, "maxUnavailable": "50%"})), [expected]);
    let expected = "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%";
    assert_eq!(budget(json!({"minAvailable": "101%"})), [expected]);
}

#[test]
fn autoscalers_have_limits_a_target_and_metrics() {
    let group = "autoscaling";
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"});
    let object = |spec: Value| json!({"metadata": {"name": "a"}, "spec": spec});
    let kind = "HorizontalPodAutoscaler";
    assert_eq!(errors(group, kind, object(json!({"maxReplicas": 3, "scaleTargetRef": target}))), none());
    assert_eq!(
        errors(group, kind, object(json!({"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": {"kind": "Pod"}}))),
        [
            "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
            "spec.scaleTargetRef.name: Required value",
            "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group",
        ]
    );
    let metrics = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]);
    let expected = "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization";
    let spec = json!({"maxReplicas": 3, "scaleTargetRef": target, "metrics": metrics});
    assert_eq!(errors(group, kind, object(spec)), [expected]);
}

#[test]
fn limits_do_not_contradict_each_other() {
    let limit = json!({"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}});
    let found = errors("", "LimitRange", json!({"spec": {"limits": [limit]}}));
    assert_eq!(found[0], "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1");
}

#[test]
fn quotas_limit_known_resources() {
    let quota = |spec: Value| json!({"metadata": {"name": "q"}, "spec": spec});
    let expected = "spec.hard[gpus]: Invalid value: \"gpus\": must be a standard resource for quota";
    assert_eq!(errors("", "ResourceQuota", quota(json!({"hard": {"gpus": "1"}})))[1], expected);
    let change = |object: &mut Value| object["spec"]["scopes"] = json!(["BestEffort"]);
    let expected = "spec.scopes: Invalid value: [\"BestEffort\"]: field is immutable";
    assert_eq!(update_errors("", "ResourceQuota", quota(json!({"hard": {"pods": "1"}})), change), [expected]);
}

#[test]
fn taints_of_nodes_are_unique() {
    let taint = json!({"key": "k", "effect": "NoSchedule"});
    let node = |taints: Value| json!({"metadata": {"name": "n"}, "spec": {"taints": taints}});
    let expected = "metadata.taints[1]: Duplicate value: {\"Key\":\"k\",\"Value\":\"\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be unique by key and effect pair";
    assert_eq!(errors("", "Node", node(json!([taint, taint]))), [expected]);
    let expected = "metadata.taints[0].effect: Unsupported value: \"Later\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"";
    assert_eq!(errors("", "Node", node(json!([{"key": "k", "effect": "Later"}]))), [expected]);
}

#[test]
fn webhooks_are_validated() {
    let hook = json!({"name": "hook", "clientConfig": {"url": "http://a"}, "rules": [{"operations": ["PATCH"]}]});
    assert_eq!(
        errors("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", json!({"webhooks": [hook]})),
        [
            "webhooks[0].name: Invalid value: \"hook\": should be a domain with at least three segments separated by dots",
            "webhooks[0].rules[0].operations[0]: Unsupported value: \"PATCH\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\"",
            "webhooks[0].rules[0].apiGroups: Required value",
            "webhooks[0].rules[0].apiVersions: Required value",
            "webhooks[0].rules[0].resources: Required value",
            "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
            "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
            "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
        ]
    );
}

#[test]
fn finalizers_have_a_domain() {
    let object = json!({"metadata": {"name": "s", "finalizers": ["kubernetes", "mine"]}});
    let expected = "metadata.finalizers[1]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified";
    assert_eq!(errors("", "ServiceAccount", object), [expected]);
}
