//! Statuses that tests set in place of controllers.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    ConfigMap, Node, PersistentVolume, PersistentVolumeClaim, Pod, ReplicationController, Service,
};
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::{Api, PostParams};
use kube::{Client, Resource};
use kube_fake_apiserver::{Failure, FakeApiServer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Creates an object, sets it ready, and returns its status.
async fn ready<K>(server: &FakeApiServer, api: Api<K>, object: Value) -> Result<Value, Failure>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object = serde_json::from_value(object).expect("an object");
    let created = api.create(&PostParams::default(), &object).await.expect("the object is created");
    server.set_ready(&created)?;
    let read = api.get(created.meta().name.as_deref().expect("a name")).await.expect("the object");
    Ok(serde_json::to_value(read).expect("JSON")["status"].take())
}

fn template() -> Value {
    let init = json!([{"name": "i", "image": "i"}, {"name": "s", "image": "s", "restartPolicy": "Always"}]);
    json!({
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c", "image": "c"}], "initContainers": init},
    })
}

fn workload(spec: Value) -> Value {
    let mut spec = spec;
    spec["selector"] = json!({"matchLabels": {"app": "a"}});
    spec["template"] = template();
    json!({"metadata": {"name": "a"}, "spec": spec})
}

fn namespaced<K>(client: &Client) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    Api::default_namespaced(client.clone())
}

#[tokio::test]
async fn workloads_have_all_replicas_when_they_are_set_ready() {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = server.client();
    let status = ready(&server, namespaced::<Deployment>(&client), workload(json!({"replicas": 3}))).await;
    let status = status.expect("a status");
    assert_eq!((&status["availableReplicas"], &status["observedGeneration"]), (&json!(3), &json!(1)));
    assert_eq!(status["conditions"][0]["type"], "Available");
    let status = ready(&server, namespaced::<ReplicaSet>(&client), workload(json!({"replicas": 2}))).await;
    assert_eq!(status.expect("a status")["readyReplicas"], 2);
    let service = json!({"replicas": 4, "serviceName": "a"});
    let status = ready(&server, namespaced::<StatefulSet>(&client), workload(service)).await.expect("a status");
    assert_eq!((&status["updatedReplicas"], &status["currentRevision"]), (&json!(4), &status["updateRevision"]));
    let status = ready(&server, namespaced::<DaemonSet>(&client), workload(json!({}))).await;
    assert_eq!(status.expect("a status")["numberAvailable"], 1);
    let mut controller = workload(json!({"replicas": 1}));
    controller["spec"]["selector"] = json!({"app": "a"});
    let status = ready(&server, namespaced::<ReplicationController>(&client), controller).await;
    assert_eq!(status.expect("a status")["availableReplicas"], 1);
}

#[tokio::test]
async fn pods_and_jobs_have_run_when_they_are_set_ready() {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = server.client();
    let pod = json!({"metadata": {"name": "a"}, "spec": template()["spec"]});
    let status = ready(&server, namespaced::<Pod>(&client), pod).await.expect("a status");
    assert_eq!((&status["phase"], &status["containerStatuses"][0]["ready"]), (&json!("Running"), &json!(true)));
    let init = &status["initContainerStatuses"];
    assert!(init[0]["state"]["terminated"].is_object() && init[1]["state"]["running"].is_object(), "{init}");
    for (name, mode, indexes) in [("a", "NonIndexed", Value::Null), ("b", "Indexed", json!("0-2"))] {
        let mut template = template();
        template["spec"]["restartPolicy"] = "Never".into();
        let spec = json!({"completions": 3, "completionMode": mode, "template": template});
        let job = json!({"metadata": {"name": name}, "spec": spec});
        let status = ready(&server, namespaced::<Job>(&client), job).await.expect("a status");
        assert_eq!((&status["succeeded"], &status["completedIndexes"]), (&json!(3), &indexes));
        assert_eq!(status["conditions"][1]["type"], "Complete");
    }
}

#[tokio::test]
async fn storage_nodes_and_addresses_are_ready_when_they_are_set_ready() {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = server.client();
    let claim = json!({"metadata": {"name": "a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let status = ready(&server, namespaced::<PersistentVolumeClaim>(&client), claim).await.expect("a status");
    assert_eq!((&status["phase"], &status["capacity"]["storage"]), (&json!("Bound"), &json!("1Gi")));
    let volume = json!({"metadata": {"name": "a"}, "spec": {"accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}}});
    let status = ready(&server, Api::<PersistentVolume>::all(client.clone()), volume).await.expect("a status");
    assert_eq!(status["phase"], "Available");
    let node = json!({"metadata": {"name": "a"}});
    let status = ready(&server, Api::<Node>::all(client.clone()), node).await.expect("a status");
    assert_eq!(status["conditions"][0]["reason"], "KubeletReady");
    let service = json!({"metadata": {"name": "a"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
    let status = ready(&server, namespaced::<Service>(&client), service).await.expect("a status");
    assert_eq!(status["loadBalancer"]["ingress"][0]["ip"], "192.0.2.1");
    let ingress = json!({"metadata": {"name": "a"},
        "spec": {"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}}});
    let status = ready(&server, namespaced::<Ingress>(&client), ingress).await.expect("a status");
    assert_eq!(status["loadBalancer"]["ingress"][0]["ip"], "192.0.2.1");
}

#[tokio::test]
async fn status_is_refused_with_the_error_of_the_server() {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = server.client();
    let named: Pod = serde_json::from_value(json!({"metadata": {"name": "a", "namespace": "default"}})).expect("a pod");
    let missing = server.set_status(&named, json!({"phase": "Running"})).expect_err("the pod does not exist");
    assert_eq!(missing.message, "pods \"a\" not found");
    let map = ConfigMap { metadata: named.metadata.clone(), ..ConfigMap::default() };
    let without = server.set_status(&map, json!({})).expect_err("config maps have no status");
    assert_eq!(without.code, 404);
    let service = json!({"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}});
    let unknown = ready(&server, namespaced::<Service>(&client), service).await.expect_err("no known status");
    assert_eq!(unknown.message, "no status is known with which a Service works: set it with set_status");
    let created = namespaced::<Deployment>(&client);
    let deployment = serde_json::from_value(workload(json!({}))).expect("a deployment");
    let deployment = created.create(&PostParams::default(), &deployment).await.expect("the deployment is created");
    let invalid = server.set_status(&deployment, json!({"replicas": -1})).expect_err("the status is invalid");
    assert_eq!(invalid.code, 422, "{invalid}");
    let text = server.set_status(&deployment, json!({"replicas": "a"})).expect_err("the status has the wrong type");
    assert!(text.message.contains("status.replicas"), "{text}");
}
