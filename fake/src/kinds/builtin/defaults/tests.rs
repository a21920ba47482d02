use serde_json::{Value, json};

use super::apply;
use super::pod::pull_policy;

fn defaulted(group: &str, version: &str, kind: &str, mut object: Value) -> Value {
    apply(group, version, kind, &mut object);
    object
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]}})
}

fn defaulted_pod_spec(more: &Value) -> Value {
    let mut spec = json!({
        "containers": [{
            "name": "c",
            "image": "i",
            "resources": {},
            "imagePullPolicy": "Always",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        spec[name] = value.clone();
    }
    spec
}

#[test]
fn pods_have_more_defaults_than_templates() {
    let pod = defaulted("", "v1", "Pod", template());
    assert_eq!(pod["spec"], defaulted_pod_spec(&json!({"enableServiceLinks": true})));
    let object = defaulted("", "v1", "PodTemplate", json!({"template": template()}));
    assert_eq!(object["template"]["spec"], defaulted_pod_spec(&json!({})));
}

#[test]
fn requests_of_pods_default_to_limits() {
    let mut pod = template();
    pod["spec"]["containers"][0]["resources"] =
        json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}});
    let pod = defaulted("", "v1", "Pod", pod);
    assert_eq!(pod["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "100m", "memory": "1Gi"}));
}

#[test]
fn host_ports_default_to_container_ports_with_the_host_network() {
    let mut pod = template();
    pod["spec"]["hostNetwork"] = true.into();
    pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    let pod = defaulted("", "v1", "Pod", pod);
    let expected = json!([{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]);
    assert_eq!(pod["spec"]["containers"][0]["ports"], expected);
}

#[test]
fn probes_and_handlers_have_defaults() {
    let mut pod = template();
    pod["spec"]["containers"][0]["livenessProbe"] = json!({"httpGet": {"port": 80}, "periodSeconds": 5});
    pod["spec"]["containers"][0]["readinessProbe"] = json!({"grpc": {"port": 80}});
    pod["spec"]["containers"][0]["lifecycle"] = json!({"preStop": {"httpGet": {"port": 80}}});
    let pod = defaulted("", "v1", "Pod", pod);
    let container = &pod["spec"]["containers"][0];
    let times = |period: i64| json!({"timeoutSeconds": 1, "periodSeconds": period, "successThreshold": 1, "failureThreshold": 3});
    let mut liveness = times(5);
    liveness["httpGet"] = json!({"port": 80, "path": "/", "scheme": "HTTP"});
    assert_eq!(container["livenessProbe"], liveness);
    let mut readiness = times(10);
    readiness["grpc"] = json!({"port": 80, "service": ""});
    assert_eq!(container["readinessProbe"], readiness);
    assert_eq!(container["lifecycle"]["preStop"]["httpGet"], json!({"port": 80, "path": "/", "scheme": "HTTP"}));
}

#[test]
fn volumes_have_defaults_by_source() {
    let mut pod = template();
    pod["spec"]["volumes"] = json!([
        {"name": "a"},
        {"name": "b", "secret": {"secretName": "s"}},
        {"name": "c", "hostPath": {"path": "/p"}},
        {"name": "d", "projected": {"sources": [
            {"serviceAccountToken": {"path": "t"}},
            {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        ]}},
    ]);
    let pod = defaulted("", "v1", "Pod", pod);
    let expected = json!([
        {"name": "a", "emptyDir": {}},
        {"name": "b", "secret": {"secretName": "s", "defaultMode": 420}},
        {"name": "c", "hostPath": {"path": "/p", "type": ""}},
        {"name": "d", "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}},
            {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels", "apiVersion": "v1"}}]}},
        ]}},
    ]);
    assert_eq!(pod["spec"]["volumes"], expected);
}

#[test]
fn pull_policies_follow_from_image_tags() {
    for (image, expected) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("localhost:5000/nginx", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("localhost:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "IfNotPresent"),
        ("", "IfNotPresent"),
        ("Not An Image", "IfNotPresent"),
    ] {
        assert_eq!(pull_policy(image), expected, "{image}");
    }
}

#[test]
fn deployments_have_a_strategy_and_limits() {
    let object = json!({"spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template(), "strategy": {}}});
    let mut spec = defaulted("apps", "v1", "Deployment", object)["spec"].take();
    assert_eq!(spec["template"]["spec"], defaulted_pod_spec(&json!({})));
    spec.as_object_mut().map(|spec| spec.remove("template"));
    let expected = json!({
        "selector": {"matchLabels": {"app": "a"}},
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    });
    assert_eq!(spec, expected);
}

#[test]
fn recreated_deployments_have_no_rolling_update() {
    let object = json!({"spec": {"strategy": {"type": "Recreate"}, "template": template()}});
    let object = defaulted("apps", "v1", "Deployment", object);
    assert_eq!(object["spec"]["strategy"], json!({"type": "Recreate"}));
}

#[test]
fn stateful_sets_have_policies_and_typed_claim_templates() {
    let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {}}});
    let object = json!({"spec": {"template": template(), "volumeClaimTemplates": [claim]}});
    let spec = defaulted("apps", "v1", "StatefulSet", object)["spec"].take();
    assert_eq!(spec["podManagementPolicy"], "OrderedReady");
    let update = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 1}});
    assert_eq!(spec["updateStrategy"], update);
    let retention = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
    assert_eq!(spec["persistentVolumeClaimRetentionPolicy"], retention);
    let expected = json!([{
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {}, "volumeMode": "Filesystem"},
        "status": {"phase": "Pending"},
    }]);
    assert_eq!(spec["volumeClaimTemplates"], expected);
}

#[test]
fn daemon_sets_replace_one_pod_at_a_time() {
    let spec = defaulted("apps", "v1", "DaemonSet", json!({"spec": {"template": template()}}))["spec"].take();
    let expected = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}});
    assert_eq!(spec["updateStrategy"], expected);
    assert_eq!(spec["revisionHistoryLimit"], 10);
}

#[test]
fn jobs_complete_once_and_take_labels_of_their_template() {
    let object = defaulted("batch", "v1", "Job", json!({"metadata": {"name": "j"}, "spec": {"template": template()}}));
    assert_eq!(object["metadata"]["labels"], json!({"app": "a"}));
    let mut spec = object["spec"].clone();
    spec.as_object_mut().map(|spec| spec.remove("template"));
    let expected = json!({
        "completions": 1,
        "parallelism": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": false,
        "podReplacementPolicy": "TerminatingOrFailed",
        "manualSelector": false,
    });
    assert_eq!(spec, expected);
    let spec = json!({"template": template(), "parallelism": 2, "backoffLimitPerIndex": 1});
    let object = defaulted("batch", "v1", "Job", json!({ "spec": spec }));
    assert_eq!((&object["spec"]["completions"], &object["spec"]["backoffLimit"]), (&Value::Null, &json!(i32::MAX)));
}

#[test]
fn templates_of_cron_jobs_have_only_defaults_of_pods() {
    let object = json!({"spec": {"schedule": "@hourly", "jobTemplate": {"spec": {"template": template()}}}});
    let spec = defaulted("batch", "v1", "CronJob", object)["spec"].take();
    let expected = json!({
        "schedule": "@hourly",
        "concurrencyPolicy": "Allow",
        "suspend": false,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {"spec": {
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": defaulted_pod_spec(&json!({}))},
        }},
    });
    assert_eq!(spec, expected);
}

#[test]
fn services_have_defaults_by_type() {
    let spec = |spec: Value| defaulted("", "v1", "Service", json!({ "spec": spec }))["spec"].take();
    let expected = json!({
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
        "internalTrafficPolicy": "Cluster",
    });
    assert_eq!(spec(json!({"ports": [{"port": 80}]})), expected);
    let expected = json!({
        "type": "LoadBalancer",
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
        "externalTrafficPolicy": "Cluster",
        "internalTrafficPolicy": "Cluster",
        "allocateLoadBalancerNodePorts": true,
    });
    assert_eq!(spec(json!({"type": "LoadBalancer", "sessionAffinity": "ClientIP"})), expected);
    let expected = json!({"type": "ExternalName", "externalName": "a.b", "sessionAffinity": "None"});
    assert_eq!(spec(json!({"type": "ExternalName", "externalName": "a.b"})), expected);
}

#[test]
fn network_policies_have_types_by_their_rules() {
    let types = |spec: Value| {
        let object = defaulted("networking.k8s.io", "v1", "NetworkPolicy", json!({ "spec": spec }));
        object["spec"]["policyTypes"].clone()
    };
    assert_eq!(types(json!({"podSelector": {}})), json!(["Ingress"]));
    assert_eq!(types(json!({"podSelector": {}, "egress": [{}]})), json!(["Ingress", "Egress"]));
    assert_eq!(types(json!({"podSelector": {}, "policyTypes": ["Egress"]})), json!(["Egress"]));
}

#[test]
fn autoscalers_scale_by_cpu_in_the_new_version_only() {
    let object = || json!({"spec": {"maxReplicas": 3, "behavior": {"scaleDown": {"policies": []}}}});
    let spec = defaulted("autoscaling", "v2", "HorizontalPodAutoscaler", object())["spec"].take();
    assert_eq!(spec["minReplicas"], 1);
    let target = json!({"type": "Utilization", "averageUtilization": 80});
    assert_eq!(spec["metrics"], json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    assert_eq!(spec["behavior"]["scaleUp"]["policies"].as_array().map(Vec::len), Some(2));
    assert_eq!(spec["behavior"]["scaleDown"], json!({"policies": [], "selectPolicy": "Max"}));
    let spec = defaulted("autoscaling", "v1", "HorizontalPodAutoscaler", json!({"spec": {"maxReplicas": 3}}));
    assert_eq!(spec["spec"], json!({"maxReplicas": 3, "minReplicas": 1}));
}

#[test]
fn volumes_claims_and_classes_have_defaults() {
    let volume = defaulted("", "v1", "PersistentVolume", json!({"spec": {"hostPath": {"path": "/p"}}}));
    let expected = json!({
        "hostPath": {"path": "/p", "type": ""},
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
    });
    assert_eq!((&volume["spec"], &volume["status"]), (&expected, &json!({"phase": "Pending"})));
    let claim = defaulted("", "v1", "PersistentVolumeClaim", json!({"spec": {}}));
    assert_eq!(claim, json!({"spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}));
    let class = defaulted("storage.k8s.io", "v1", "StorageClass", json!({"provisioner": "p"}));
    let expected = json!({"provisioner": "p", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"});
    assert_eq!(class, expected);
}

#[test]
fn bindings_name_the_group_of_roles_and_users() {
    let object = json!({
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s"}],
    });
    let group = "rbac.authorization.k8s.io";
    let expected = json!({
        "roleRef": {"kind": "Role", "name": "r", "apiGroup": group},
        "subjects": [{"kind": "User", "name": "u", "apiGroup": group}, {"kind": "ServiceAccount", "name": "s"}],
    });
    assert_eq!(defaulted(group, "v1", "RoleBinding", object), expected);
}

#[test]
fn limits_of_containers_default_to_their_bounds() {
    let limit = json!({"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}});
    let object = defaulted("", "v1", "LimitRange", json!({"spec": {"limits": [limit]}}));
    let expected = json!({
        "type": "Container",
        "max": {"cpu": "2"},
        "min": {"memory": "1Mi"},
        "default": {"cpu": "2"},
        "defaultRequest": {"cpu": "2", "memory": "1Mi"},
    });
    assert_eq!(object["spec"]["limits"][0], expected);
}

#[test]
fn webhooks_have_policies_and_selectors() {
    let hook = json!({"name": "a.b.c", "clientConfig": {"service": {"name": "s", "namespace": "n"}}, "rules": [{}]});
    let object = json!({"webhooks": [hook]});
    let object = defaulted("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", object);
    let expected = json!({
        "name": "a.b.c",
        "clientConfig": {"service": {"name": "s", "namespace": "n", "port": 443}},
        "rules": [{"scope": "*"}],
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {},
        "objectSelector": {},
        "timeoutSeconds": 10,
        "reinvocationPolicy": "Never",
    });
    assert_eq!(object["webhooks"][0], expected);
}

#[test]
fn quantities_are_rounded_up_to_thousandths() {
    let mut pod = template();
    pod["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "1u", "memory": "100Mi"}});
    let pod = defaulted("", "v1", "Pod", pod);
    let expected = json!({"cpu": "1m", "memory": "100Mi"});
    assert_eq!(pod["spec"]["containers"][0]["resources"]["limits"], expected);
}

#[test]
fn objects_of_the_wrong_types_are_left_unchanged() {
    for object in [json!(null), json!({"spec": 1}), json!({"spec": {"containers": 1, "template": []}})] {
        for (group, kind) in [("", "Pod"), ("apps", "ControllerRevision"), ("", "Secret")] {
            apply(group, "v1", kind, &mut object.clone());
        }
    }
}
