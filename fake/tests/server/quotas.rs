//! Limit ranges and resource quotas. The messages are those of kube-apiserver 1.37.2.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{JSON, MERGE_PATCH, Response, get, send};

const DEFAULT: &str = "/api/v1/namespaces/default";

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server")
}

async fn create(server: &FakeApiServer, plural: &str, object: Value) -> Response {
    send(server, "POST", &format!("{DEFAULT}/{plural}"), JSON, object.to_string()).await
}

/// Asserts that an object is refused, and returns the reason without the name of the object.
async fn refused(server: &FakeApiServer, plural: &str, object: Value) -> String {
    let response = create(server, plural, object).await;
    assert_eq!(response.reason(), (403, "Forbidden".to_owned()), "{}", response.text);
    let message = response.at("/message").as_str().unwrap_or_default().to_owned();
    message.split_once(" is forbidden: ").expect("a reason").1.to_owned()
}

fn pod(name: &str, resources: &Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}]}})
}

fn claim(name: &str, storage: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gold",
        "resources": {"requests": {"storage": storage}},
    }})
}

fn service(name: &str, type_: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"type": type_, "ports": [{"port": 80}]}})
}

async fn limit_range(server: &FakeApiServer) {
    let limits = json!([
        {
            "type": "Container",
            "default": {"cpu": "500m", "memory": "1Gi"},
            "defaultRequest": {"cpu": "250m"},
            "min": {"cpu": "100m"},
            "max": {"cpu": "2", "memory": "2Gi"},
            "maxLimitRequestRatio": {"cpu": "4"},
        },
        {"type": "Pod", "max": {"cpu": "3"}, "min": {"memory": "10Mi"}},
        {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "10Gi"}},
    ]);
    create(server, "limitranges", json!({"metadata": {"name": "lr"}, "spec": {"limits": limits}})).await.ok();
}

/// Creates a quota whose status is that of the quota controller for a namespace without objects.
async fn quota(server: &FakeApiServer, mut spec: Value, hard: &Value) {
    spec["hard"] = hard.clone();
    create(server, "resourcequotas", json!({"metadata": {"name": "q"}, "spec": spec})).await.ok();
    let used: Value = hard.as_object().expect("limits").keys().map(|name| (name.clone(), json!("0"))).collect();
    let status = json!({"status": {"hard": hard, "used": used}}).to_string();
    send(server, "PATCH", &format!("{DEFAULT}/resourcequotas/q/status"), MERGE_PATCH, status).await.ok();
}

async fn used(server: &FakeApiServer) -> Value {
    get(server, &format!("{DEFAULT}/resourcequotas/q"), &[]).await.ok().at("/status/used")
}

#[tokio::test]
async fn containers_get_the_defaults_of_a_limit_range() {
    let server = server();
    limit_range(&server).await;
    let mut sent = pod("p", &json!({"requests": {"memory": "20Mi"}}));
    sent["spec"]["initContainers"] = json!([{"name": "i", "image": "i"}]);
    let created = create(&server, "pods", sent).await.ok();
    let resources = json!({"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "20Mi"}});
    assert_eq!(created.at("/spec/containers/0/resources"), resources);
    let resources = json!({"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "1Gi"}});
    assert_eq!(created.at("/spec/initContainers/0/resources"), resources);
    assert_eq!(created.at("/status/qosClass"), "Burstable");
    let text = "LimitRanger plugin set: cpu request for container c; cpu, memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i";
    assert_eq!(created.at("/metadata/annotations"), json!({"kubernetes.io/limit-ranger": text}));
    // No field manager owns what admission sets.
    let owned = created.at("/metadata/managedFields").to_string();
    assert!(owned.contains("f:memory") && !owned.contains("f:limits") && !owned.contains("limit-ranger"), "{owned}");
}

#[tokio::test]
async fn objects_outside_of_a_limit_range_are_refused() {
    let server = server();
    limit_range(&server).await;
    let large = json!({"limits": {"cpu": "3", "memory": "3Gi"}, "requests": {"cpu": "50m", "memory": "1Mi"}});
    let reason = "[minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 2, but limit is 3, maximum memory usage per Container is 2Gi, but limit is 3Gi, cpu max limit to request ratio per Container is 4, but provided ratio is 60.000000, minimum memory usage per Pod is 10Mi, but request is 1Mi]";
    assert_eq!(refused(&server, "pods", pod("p", &large)).await, reason);
    let ratio = json!({"limits": {"cpu": "2"}, "requests": {"cpu": "300m"}});
    let reason = "cpu max limit to request ratio per Container is 4, but provided ratio is 6.666667";
    assert_eq!(refused(&server, "pods", pod("p", &ratio)).await, reason);
    let reason = "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 100Mi";
    assert_eq!(refused(&server, "persistentvolumeclaims", claim("c", "100Mi")).await, reason);
    let reason = "maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 20Gi";
    assert_eq!(refused(&server, "persistentvolumeclaims", claim("c", "20Gi")).await, reason);
    create(&server, "persistentvolumeclaims", claim("c", "5Gi")).await.ok();
}

#[tokio::test]
async fn pods_use_the_quota_of_their_namespace() {
    let server = server();
    let hard = json!({"pods": "2", "cpu": "1", "limits.memory": "2Gi"});
    quota(&server, json!({}), &hard).await;
    let reason = "failed quota: q: must specify cpu for: c; limits.memory for: c";
    assert_eq!(refused(&server, "pods", pod("p", &json!({}))).await, reason);
    let mut first = pod("p", &json!({"requests": {"cpu": "600m"}, "limits": {"memory": "1Gi"}}));
    first["spec"]["initContainers"] =
        json!([{"name": "i", "image": "i", "resources": {"limits": {"cpu": "700m", "memory": "1536Mi"}}}]);
    create(&server, "pods", first).await.ok();
    let expected = json!({"pods": "1", "cpu": "700m", "limits.memory": "1536Mi"});
    assert_eq!(used(&server).await, expected);
    let reason = "exceeded quota: q, requested: cpu=500m,limits.memory=1Gi, used: cpu=700m,limits.memory=1536Mi, limited: cpu=1,limits.memory=2Gi";
    let second = json!({"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}});
    assert_eq!(refused(&server, "pods", pod("p2", &second)).await, reason);
    let small = pod("p3", &json!({"requests": {"cpu": "1m"}, "limits": {"memory": "1Mi"}}));
    let path = format!("{DEFAULT}/pods?dryRun=All");
    send(&server, "POST", &path, JSON, small.to_string()).await.ok();
    send(&server, "DELETE", &format!("{DEFAULT}/pods/p?gracePeriodSeconds=0"), JSON, "").await.ok();
    // Only the quota controller reduces what is used.
    assert_eq!(used(&server).await, expected);
    let quota = get(&server, &format!("{DEFAULT}/resourcequotas/q"), &[]).await.ok();
    let managers = quota.at("/metadata/managedFields").to_string();
    assert!(
        managers.contains(r#""manager":"kube-apiserver","operation":"Update","subresource":"status""#),
        "{managers}"
    );
}

#[tokio::test]
async fn quotas_count_objects_services_and_storage() {
    let server = FakeApiServer::builder().crds_yaml(super::CRD).build().expect("a server");
    let hard = json!({
        "configmaps": "1",
        "count/secrets": "1",
        "count/widgets.example.com": "0",
        "services.nodeports": "1",
        "services.loadbalancers": "0",
        "gold.storageclass.storage.k8s.io/requests.storage": "3Gi",
    });
    quota(&server, json!({}), &hard).await;
    for (plural, resource) in [("configmaps", "configmaps"), ("secrets", "count/secrets")] {
        create(&server, plural, json!({"metadata": {"name": "a"}})).await.ok();
        let reason = format!("exceeded quota: q, requested: {resource}=1, used: {resource}=1, limited: {resource}=1");
        assert_eq!(refused(&server, plural, json!({"metadata": {"name": "b"}})).await, reason);
    }
    let widget = testkit::crds::widget("w", json!({})).to_string();
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let answer = send(&server, "POST", widgets, JSON, widget).await;
    let message = r#"widgets.example.com "w" is forbidden: exceeded quota: q, requested: count/widgets.example.com=1, used: count/widgets.example.com=0, limited: count/widgets.example.com=0"#;
    assert_eq!((answer.code, answer.at("/message")), (403, message.into()));
    let reason = "exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0";
    assert_eq!(refused(&server, "services", service("s", "LoadBalancer")).await, reason);
    create(&server, "services", service("s", "ClusterIP")).await.ok();
    let path = format!("{DEFAULT}/services/s");
    send(&server, "PATCH", &path, MERGE_PATCH, r#"{"spec": {"type": "NodePort"}}"#).await.ok();
    assert_eq!(used(&server).await["services.nodeports"], "1");
    let ports = r#"{"spec": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]}}"#;
    assert_eq!(send(&server, "PATCH", &path, MERGE_PATCH, ports).await.code, 403);
    create(&server, "persistentvolumeclaims", claim("c", "2Gi")).await.ok();
    let of = "gold.storageclass.storage.k8s.io/requests.storage";
    let reason = format!("exceeded quota: q, requested: {of}=2Gi, used: {of}=2Gi, limited: {of}=3Gi");
    assert_eq!(refused(&server, "persistentvolumeclaims", claim("d", "2Gi")).await, reason);
}

#[tokio::test]
async fn scopes_select_the_pods_of_a_quota() {
    let affinity = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "z", "namespaces": ["x"], "labelSelector": {}},
    ]}});
    let class = json!([{"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}]);
    let requests = json!({"requests": {"cpu": "1m"}});
    for (scope, resources, spec) in [
        (json!({"scopes": ["BestEffort"]}), json!({}), json!({})),
        (json!({"scopes": ["Terminating"]}), requests.clone(), json!({"activeDeadlineSeconds": 5})),
        (json!({"scopes": ["CrossNamespacePodAffinity"]}), requests.clone(), json!({"affinity": affinity})),
        (
            json!({"scopeSelector": {"matchExpressions": class}}),
            requests.clone(),
            json!({"priorityClassName": "system-node-critical"}),
        ),
    ] {
        let server = server();
        quota(&server, scope.clone(), &json!({"pods": "0"})).await;
        create(&server, "pods", pod("other", &requests.clone())).await.ok();
        let mut selected = pod("p", &resources);
        if let (Value::Object(all), Value::Object(more)) = (&mut selected["spec"], spec) {
            all.extend(more);
        }
        let reason = "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0";
        assert_eq!(refused(&server, "pods", selected).await, reason, "{scope}");
    }
}

#[tokio::test]
async fn only_limits_in_the_status_of_a_quota_apply() {
    let server = server();
    let spec = json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0", "configmaps": "0"}}});
    create(&server, "resourcequotas", spec).await.ok();
    create(&server, "pods", pod("p", &json!({}))).await.ok();
    let status = r#"{"status": {"hard": {"pods": "0", "configmaps": "0"}}}"#;
    send(&server, "PATCH", &format!("{DEFAULT}/resourcequotas/q/status"), MERGE_PATCH, status).await.ok();
    let reason = "status unknown for quota: q, resources: pods";
    assert_eq!(refused(&server, "pods", pod("p2", &json!({}))).await, reason);
}
