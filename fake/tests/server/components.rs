//! Bindings outside of pods, and the statuses of components.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{JSON, Response, get, send};

const BINDINGS: &str = "/api/v1/namespaces/default/bindings";
const POD: &str = "/api/v1/namespaces/default/pods/p";
const COMPONENTS: &str = "/api/v1/componentstatuses";

fn server() -> FakeApiServer {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default", "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    FakeApiServer::builder().object(&pod).expect("a pod").build().expect("a server")
}

async fn bind(server: &FakeApiServer, path: &str, metadata: Value, target: Value) -> Response {
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target});
    send(server, "POST", path, JSON, binding.to_string()).await
}

#[tokio::test]
async fn a_binding_assigns_the_pod_with_its_name() {
    let server = server();
    let metadata = json!({"name": "p", "annotations": {"c": "d"}, "labels": {"zone": "z"}});
    let bound = bind(&server, BINDINGS, metadata, json!({"kind": "Node", "name": "n"})).await;
    assert_eq!((bound.code, bound.at("/status")), (201, "Success".into()));
    let pod = get(&server, POD, &[]).await.ok();
    assert_eq!(pod.at("/spec/nodeName"), "n");
    assert_eq!(pod.at("/metadata/annotations"), json!({"a": "b", "c": "d"}));
    assert_eq!(pod.at("/metadata/labels"), json!({"zone": "z"}));
    assert_eq!(pod.at("/status/conditions/0/type"), "PodScheduled");
    let again = bind(&server, BINDINGS, json!({"name": "p"}), json!({"name": "n"})).await;
    let message = r#"Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n""#;
    assert_eq!((again.code, again.at("/message")), (409, message.into()));
}

#[tokio::test]
async fn bindings_with_errors_are_refused() {
    let server = server();
    let node = json!({"name": "n"});
    let missing = bind(&server, BINDINGS, json!({"name": "other"}), node.clone()).await;
    assert_eq!((missing.code, missing.at("/message")), (404, r#"pods "other" not found"#.into()));
    let path = format!("{POD}/binding");
    let other = bind(&server, &path, json!({"name": "other"}), node.clone()).await;
    assert_eq!((other.code, other.at("/message")), (400, "name in URL does not match name in Binding object".into()));
    let nowhere = bind(&server, BINDINGS, json!({"name": "p"}), json!({"kind": "Rack"})).await;
    let message = "[target.kind: Unsupported value: \"Rack\": supported values: \"Node\", \"<empty>\", target.name: Required value]";
    assert_eq!((nowhere.code, nowhere.at("/message")), (500, message.into()));
    let unnamed = bind(&server, BINDINGS, json!({}), node.clone()).await;
    assert_eq!((unnamed.code, unnamed.at("/message")), (400, "Name parameter required.".into()));
    let body = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}).to_string();
    let kind = send(&server, "POST", BINDINGS, JSON, body).await;
    let message = r#"Pod in version "v1" cannot be handled as a Binding: converting (v1.Pod) to (core.Binding): unknown conversion"#;
    assert_eq!((kind.code, kind.at("/message")), (400, message.into()));
    let stale = bind(&server, &path, json!({"name": "p", "uid": "u"}), node).await;
    let uid = get(&server, POD, &[]).await.at("/metadata/uid");
    let message = format!(
        r#"Operation cannot be fulfilled on pods "p": StorageError: invalid object, Code: 4, Key: /registry/pods/default/p, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: {}"#,
        uid.as_str().expect("a uid")
    );
    assert_eq!((stale.code, stale.at("/message")), (409, message.into()));
    assert_eq!(get(&server, BINDINGS, &[]).await.code, 405);
}

#[tokio::test]
async fn components_are_those_of_a_server_without_controllers() {
    let server = server();
    let list = get(&server, COMPONENTS, &[]).await.ok();
    assert_eq!(list.names(), ["controller-manager", "etcd-0", "scheduler"]);
    assert_eq!(list.at("/metadata"), json!({}));
    assert_eq!(list.at("/kind"), "ComponentStatusList");
    assert_eq!(list.warnings(), [r#"299 - "v1 ComponentStatus is deprecated in v1.19+""#]);
    let etcd = get(&server, &format!("{COMPONENTS}/etcd-0"), &[]).await.ok();
    let condition = json!([{"type": "Healthy", "status": "True", "message": "ok"}]);
    assert_eq!((etcd.at("/kind"), etcd.at("/conditions")), ("ComponentStatus".into(), condition));
    let table = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = get(&server, COMPONENTS, &table).await.ok();
    let message = "Get \"https://127.0.0.1:10257/healthz\": dial tcp 127.0.0.1:10257: connect: connection refused";
    assert_eq!(table.at("/rows/0/cells"), json!(["controller-manager", "Unhealthy", message, ""]));
    let selected = get(&server, &format!("{COMPONENTS}?fieldSelector=metadata.name%3Detcd-0"), &[]).await.ok();
    assert_eq!(selected.names(), ["etcd-0"]);
    let missing = get(&server, &format!("{COMPONENTS}/x"), &[]).await;
    assert_eq!((missing.code, missing.at("/message")), (404, r#"componentstatus "x" not found"#.into()));
    let watch = get(&server, &format!("{COMPONENTS}?watch=true"), &[]).await;
    let message = r#"watch is not supported on resources of kind "componentstatuses""#;
    assert_eq!((watch.code, watch.at("/message")), (405, message.into()));
    assert_eq!(send(&server, "POST", COMPONENTS, JSON, "{}").await.code, 405);
    let resources = get(&server, "/api/v1", &[]).await.ok().at("/resources");
    let names: Vec<&str> =
        resources.as_array().expect("resources").iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"bindings") && names.contains(&"componentstatuses"), "{names:?}");
}
