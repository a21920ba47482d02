//! What happens to objects of built-in kinds between validation and storage, and what `kubectl get` prints of them.

use http::{Request, header};
use kube::Api;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use crate::{raw, refused, resource, server};

async fn send(server: &FakeApiServer, method: &str, path: &str, body: &Value) -> Value {
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    server.client().request(request.body(body).expect("a request")).await.expect("a response")
}

async fn cells(server: &FakeApiServer, path: &str) -> Value {
    let request = Request::get(path).header(header::ACCEPT, "application/json;as=Table;v=v1;g=meta.k8s.io");
    let table: Value = server.client().request(request.body(Vec::new()).expect("a request")).await.expect("a table");
    let names = table["columnDefinitions"].as_array().expect("columns").iter();
    let names: Vec<&str> = names.filter_map(|column| column["name"].as_str()).collect();
    let row = table["rows"][0]["cells"].as_array().expect("cells").iter();
    names.into_iter().zip(row).filter(|(name, _)| *name != "Age").map(|(name, cell)| json!([name, cell])).collect()
}

fn pod(spec: &Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    pod["spec"].as_object_mut().expect("a spec").extend(spec.as_object().cloned().unwrap_or_default());
    pod
}

const PODS: &str = "/api/v1/namespaces/default/pods";

fn pods(server: &FakeApiServer) -> Api<DynamicObject> {
    Api::default_namespaced_with(server.client(), &resource("", "v1", "Pod", "pods"))
}

#[tokio::test]
async fn status_of_pods_is_printed() {
    let server = server();
    send(&server, "POST", PODS, &pod(&json!({"nodeName": "n"}))).await;
    let state = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let status = json!({"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}], "containerStatuses": [
        {"name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 3, "state": state}]});
    let patch = json!({"status": status});
    pods(&server).patch_status("p", &PatchParams::default(), &Patch::Merge(patch)).await.expect("patched");
    let expected = json!([
        ["Name", "p"],
        ["Ready", "0/1"],
        ["Status", "CrashLoopBackOff"],
        ["Restarts", "3"],
        ["IP", "10.0.0.1"],
        ["Node", "n"],
        ["Nominated Node", "<none>"],
        ["Readiness Gates", "<none>"],
    ]);
    assert_eq!(cells(&server, PODS).await, expected);
}

#[tokio::test]
async fn services_and_claims_are_printed() {
    let server = server();
    let spec = json!({"type": "LoadBalancer", "clusterIP": "10.0.0.7", "selector": {"a": "b"}, "ports": [{"port": 80, "nodePort": 30080}]});
    let service = json!({"metadata": {"name": "s"}, "spec": spec});
    send(&server, "POST", "/api/v1/namespaces/default/services", &service).await;
    let expected = json!([
        ["Name", "s"],
        ["Type", "LoadBalancer"],
        ["Cluster-IP", "10.0.0.7"],
        ["External-IP", "<pending>"],
        ["Port(s)", "80:30080/TCP"],
        ["Selector", "a=b"],
    ]);
    assert_eq!(cells(&server, "/api/v1/namespaces/default/services/s").await, expected);
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    send(&server, "POST", claims, &json!({"metadata": {"name": "c"}, "spec": spec})).await;
    let expected = json!([
        ["Name", "c"],
        ["Status", "Pending"],
        ["Volume", ""],
        ["Capacity", ""],
        ["Access Modes", ""],
        ["StorageClass", ""],
        ["VolumeAttributesClass", "<unset>"],
        ["VolumeMode", "Filesystem"],
    ]);
    assert_eq!(cells(&server, claims).await, expected);
}

#[tokio::test]
async fn pods_get_the_priority_of_their_class() {
    let server = server();
    let created = send(&server, "POST", PODS, &pod(&json!({}))).await;
    let of = |pod: &Value| json!([pod["spec"]["priority"], pod["spec"]["preemptionPolicy"]]);
    assert_eq!(of(&created), json!([0, "PreemptLowerPriority"]));
    let class = json!({"metadata": {"name": "high"}, "value": 7, "globalDefault": true, "preemptionPolicy": "Never"});
    send(&server, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses", &class).await;
    let mut other = pod(&json!({}));
    other["metadata"]["name"] = "q".into();
    let created = send(&server, "POST", PODS, &other).await;
    assert_eq!((of(&created), &created["spec"]["priorityClassName"]), (json!([7, "Never"]), &json!("high")));
    let other = json!({"metadata": {"name": "low"}, "value": 1});
    send(&server, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses", &other).await;
    let kind = resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses");
    let classes = Api::<DynamicObject>::all_with(server.client(), &kind);
    let (patch, params) = (Patch::Merge(json!({"globalDefault": true})), PatchParams::default());
    classes.patch("high", &params, &patch).await.expect("the default class can be written again");
    let (code, _, found) = refused(classes.patch("low", &params, &patch).await);
    let message = "PriorityClass high is already marked as default. Only one default can exist";
    let expected = format!("priorityclasses.scheduling.k8s.io \"low\" is forbidden: {message}");
    assert_eq!((code, found), (403, expected));
    for (spec, message) in [
        (json!({"priorityClassName": "absent"}), "no PriorityClass with name absent was found"),
        (
            json!({"priorityClassName": "high", "priority": 8}),
            "the integer value of priority (8) must not be provided in pod spec; priority admission controller computed 7 from the given PriorityClass name",
        ),
    ] {
        let mut refused_pod = pod(&spec);
        refused_pod["metadata"]["name"] = "r".into();
        let object: DynamicObject = serde_json::from_value(refused_pod).expect("an object");
        let (code, _, found) = refused(pods(&server).create(&PostParams::default(), &object).await);
        assert_eq!((code, found), (403, format!("pods \"r\" is forbidden: {message}")));
    }
}

#[tokio::test]
async fn pods_on_nodes_are_deleted_after_their_grace_period() {
    let server = server();
    send(&server, "POST", PODS, &pod(&json!({"nodeName": "n", "terminationGracePeriodSeconds": 9}))).await;
    let api = pods(&server);
    let marked = api.delete("p", &DeleteParams::default()).await.expect("marked").left().expect("the pod");
    let grace = |pod: &DynamicObject| pod.metadata.deletion_grace_period_seconds;
    assert_eq!((grace(&marked), marked.metadata.generation), (Some(9), Some(2)));
    let again = api.delete("p", &DeleteParams::default()).await.expect("marked").left().expect("the pod");
    assert_eq!(again, marked);
    let sooner = api.delete("p", &DeleteParams::default().grace_period(2)).await.expect("marked").left();
    assert_eq!(sooner.as_ref().map(grace), Some(Some(2)));
    api.delete("p", &DeleteParams::default().grace_period(0)).await.expect("deleted");
    assert!(api.get_opt("p").await.expect("a response").is_none());
}

#[tokio::test]
async fn deletion_of_some_kinds_returns_the_object() {
    let server = server();
    let maps = "/api/v1/namespaces/default/configmaps";
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    for path in [maps, accounts] {
        send(&server, "POST", path, &json!({"metadata": {"name": "a"}})).await;
    }
    assert_eq!(send(&server, "DELETE", &format!("{maps}/a"), &Value::Null).await["kind"], "Status");
    assert_eq!(send(&server, "DELETE", &format!("{accounts}/a"), &Value::Null).await["kind"], "ServiceAccount");
}

#[tokio::test]
async fn empty_lists_and_maps_are_lost_in_etcd() {
    let server = server();
    let role = json!({"metadata": {"name": "r"}, "rules": []});
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
    assert_eq!(send(&server, "POST", roles, &role).await["rules"], Value::Null);
    let map = json!({"metadata": {"name": "m"}, "data": {"a": null}, "binaryData": {}});
    let created = send(&server, "POST", "/api/v1/namespaces/default/configmaps", &map).await;
    assert_eq!((&created["data"], created.get("binaryData")), (&json!({"a": ""}), None));
    assert_eq!(created["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {".": {}, "f:a": {}}}));
}

#[tokio::test]
async fn update_of_a_headless_service_may_omit_its_addresses() {
    let server = server();
    let services = "/api/v1/namespaces/default/services";
    let service = json!({"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}});
    send(&server, "POST", services, &service).await;
    let mut changed = service.clone();
    changed["spec"]["ports"] = json!([{"port": 81}]);
    let updated = send(&server, "PUT", &format!("{services}/s"), &changed).await;
    assert_eq!((&updated["spec"]["clusterIPs"], &updated["spec"]["ports"][0]["port"]), (&json!(["None"]), &json!(81)));
}

#[tokio::test]
async fn status_of_built_in_kinds_also_writes_metadata() {
    let server = server();
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    let mut claim = send(&server, "POST", claims, &json!({"metadata": {"name": "c"}, "spec": spec})).await;
    assert_eq!(claim["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
    claim["metadata"]["finalizers"] = Value::Null;
    claim["spec"]["volumeName"] = "ignored".into();
    claim["status"]["phase"] = "Lost".into();
    let updated = send(&server, "PUT", &format!("{claims}/c/status"), &claim).await;
    assert_eq!((&updated["status"]["phase"], updated["spec"].get("volumeName")), (&json!("Lost"), None));
    assert_eq!(updated["metadata"].get("finalizers"), None);
}

#[tokio::test]
async fn applied_status_of_pods_owns_metadata_but_owner_references() {
    let server = server();
    let pods = "/api/v1/namespaces/default/pods";
    let spec = json!({"containers": [{"name": "c", "image": "i"}]});
    send(&server, "POST", pods, &json!({"metadata": {"name": "p"}, "spec": spec})).await;
    let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u"}]);
    let metadata = json!({"name": "p", "labels": {"b": "two"}, "ownerReferences": owner});
    let applied = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
    let path = format!("{pods}/p/status?fieldManager=m");
    let pod = raw::send(&server, "PATCH", &path, raw::APPLY_PATCH, &applied.to_string()).await.ok().body;
    assert_eq!((&pod["metadata"]["labels"], pod["metadata"].get("ownerReferences")), (&json!({"b": "two"}), None));
    let owned =
        pod["metadata"]["managedFields"].as_array().expect("managers").iter().find(|entry| entry["manager"] == "m");
    assert_eq!(owned.expect("an entry")["fieldsV1"], json!({"f:metadata": {"f:labels": {"f:b": {}}}}));
}

#[tokio::test]
async fn empty_managed_fields_of_a_built_in_kind_are_reset() {
    let server = server();
    let maps = "/api/v1/namespaces/default/configmaps";
    let mut map = send(&server, "POST", maps, &json!({"metadata": {"name": "m"}, "data": {"a": "b"}})).await;
    assert_eq!(map["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
    map["metadata"]["managedFields"] = json!([]);
    let updated = send(&server, "PUT", &format!("{maps}/m"), &map).await;
    assert_eq!(updated["metadata"].get("managedFields"), None);
}
