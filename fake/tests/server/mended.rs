//! What the differential test has found, each as short as it became. The answers are those of kube-apiserver 1.37.

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use kube_fake_apiserver::{Body, FakeApiServer};
use serde_json::{Value, json};
use tower::Service;

use super::server;

const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

async fn send(server: &FakeApiServer, method: &str, path: &str, type_: &str, body: &str) -> (Value, Vec<String>) {
    let request = Request::builder().method(method).uri(path).header("content-type", type_);
    let request = request.body(Full::new(body.to_owned().into())).expect("a request");
    let response: Response<Body> = server.service().call(request).await.expect("an answer");
    let warnings = response.headers().get_all("warning").iter();
    let warnings = warnings.filter_map(|warning| warning.to_str().ok()).map(str::to_owned).collect();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (serde_json::from_slice(&body).unwrap_or_default(), warnings)
}

async fn create(server: &FakeApiServer, metadata: Value) -> Value {
    let namespace = metadata["namespace"].as_str().unwrap_or("default").to_owned();
    let object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata});
    let path = WIDGETS.replace("default", &namespace);
    send(server, "POST", &path, JSON, &object.to_string()).await.0
}

#[tokio::test]
async fn a_body_without_a_kind_is_told_by_who_is_strict_in_other_words() {
    let server = server();
    let body = r#"{"apiVersion":"example.com/v1"}"#;
    let (strict, _) = send(&server, "POST", WIDGETS, JSON, body).await;
    let expected = "the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in \
                    '{\"apiVersion\":\"example.com/v1\"}' ({\"apiVersion\":\"example.com/v1\" ...)";
    assert_eq!(strict["message"], expected);
    let (lax, _) = send(&server, "POST", &format!("{WIDGETS}?fieldValidation=Ignore"), JSON, body).await;
    let expected = "Widget in version \"v1\" cannot be handled as a Widget: Object 'Kind' is missing in \
                    '{\"apiVersion\":\"example.com/v1\"}'";
    assert_eq!(lax["message"], expected);
}

#[tokio::test]
async fn keys_that_yaml_has_twice_are_told_by_line() {
    let server = server();
    let body = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  labels: {a: b}\n  labels: {c: d}\n  name: a\n";
    let (applied, warnings) = send(&server, "PATCH", &format!("{WIDGETS}/a?fieldManager=x"), APPLY, body).await;
    assert_eq!(applied["metadata"]["labels"], json!({"c": "d"}));
    assert_eq!(warnings, [r#"299 - "line 5: key \"labels\" already set in map""#]);
}

#[tokio::test]
async fn lists_are_in_the_order_of_etcd() {
    let server =
        FakeApiServer::builder().crds_yaml(super::CRD).namespaces(["team", "team-a"]).build().expect("a server");
    for namespace in ["team", "team-a"] {
        create(&server, json!({"name": "w", "namespace": namespace})).await;
    }
    let (list, _) = send(&server, "GET", "/apis/example.com/v1/widgets", JSON, "").await;
    let of = |index: usize| list["items"][index]["metadata"]["namespace"].clone();
    assert_eq!((of(0), of(1)), (json!("team-a"), json!("team")));
}

#[tokio::test]
async fn a_merge_patch_takes_nulls_out_of_lists() {
    let crd = super::CRD.replace(
        "status: {type: object,",
        "free: {x-kubernetes-preserve-unknown-fields: true}\n          status: {type: object,",
    );
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    create(&server, json!({"name": "a"})).await;
    let patch = r#"{"free":[{"a":null,"b":1},null]}"#;
    let (patched, _) = send(&server, "PATCH", &format!("{WIDGETS}/a"), MERGE, patch).await;
    assert_eq!(patched["free"], json!([{"b": 1}, null]));
}

#[tokio::test]
async fn what_is_wrong_with_labels_is_told_three_times_when_they_change() {
    let server = server();
    create(&server, json!({"name": "a"})).await;
    let bad = r#"{"metadata":{"labels":{"a":"!"}}}"#;
    let (refused, _) = send(&server, "PATCH", &format!("{WIDGETS}/a"), MERGE, bad).await;
    assert_eq!(refused["details"]["causes"].as_array().map(Vec::len), Some(3));
    let created = create(&server, json!({"name": "b", "labels": {"a": "!", "b": "!"}})).await;
    assert_eq!(created["details"]["causes"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_is_applied_as_null_is_stored_and_not_read() {
    let server = server();
    let body = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","labels":null}}"#;
    let path = format!("{WIDGETS}/a");
    let (applied, _) = send(&server, "PATCH", &format!("{path}?fieldManager=x"), APPLY, body).await;
    assert_eq!(applied["metadata"].get("labels"), None);
    let (patched, _) = send(&server, "PATCH", &path, MERGE, "{}").await;
    assert_ne!(patched["metadata"]["resourceVersion"], applied["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn who_has_written_in_a_version_that_is_gone_keeps_what_he_owns_and_nobody_applies() {
    const WIDGETS: &str = "/apis/two.example.com/v1/namespaces/default/widgets";
    let definition = |versions: &[&str]| {
        let version = |name: &&str| {
            let spec = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
            let schema = json!({"type": "object", "properties": {"spec": spec}});
            json!({"name": name, "served": true, "storage": *name == "v1", "schema": {"openAPIV3Schema": schema}})
        };
        let versions: Vec<Value> = versions.iter().map(version).collect();
        let names = json!({"kind": "Widget", "plural": "widgets"});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.two.example.com"},
            "spec": {"group": "two.example.com", "scope": "Namespaced", "names": names, "versions": versions},
        })
    };
    let crd = definition(&["v1", "v1beta1"]).to_string();
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let old = json!({"apiVersion": "two.example.com/v1beta1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 1}});
    send(&server, "POST", &WIDGETS.replace("/v1/", "/v1beta1/"), JSON, &old.to_string()).await;
    let fewer = json!({"spec": {"versions": definition(&["v1"])["spec"]["versions"]}}).to_string();
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.two.example.com";
    send(&server, "PATCH", path, MERGE, &fewer).await;
    let path = format!("{WIDGETS}/a");
    let (patched, _) = send(&server, "PATCH", &path, MERGE, r#"{"spec":{"size":2}}"#).await;
    let managers = patched["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    assert_eq!((&patched["spec"]["size"], managers.len()), (&json!(2), 1));
    assert_eq!(managers[0]["apiVersion"], "two.example.com/v1beta1");
    let new = json!({"apiVersion": "two.example.com/v1", "kind": "Widget"}).to_string();
    let (refused, _) = send(&server, "PATCH", &format!("{path}?fieldManager=x"), APPLY, &new).await;
    assert_eq!(refused["message"], "request to convert CR to an invalid group/version: two.example.com/v1beta1");
}

#[tokio::test]
async fn a_status_with_a_default_has_it_as_soon_as_it_is_created() {
    let crd = super::CRD.replace("status: {type: object,", "status: {type: object, default: {},");
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let created = create(&server, json!({"name": "a"})).await;
    assert_eq!(created["status"], json!({}));
}

#[tokio::test]
async fn an_owner_without_a_uid_is_refused_when_it_is_checked_and_not_when_it_is_merged() {
    let server = server();
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x"});
    let body = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "ownerReferences": [owner]}});
    let path = format!("{WIDGETS}/a?fieldManager=x");
    let (refused, _) = send(&server, "PATCH", &path, APPLY, &body.to_string()).await;
    assert_eq!(refused["details"]["causes"][0]["field"], "metadata.ownerReferences[0].uid", "{refused}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_told_after_an_object_that_is_not_there() {
    let server = server();
    let apply = async |path: &str, body: &str| {
        let path = format!("{WIDGETS}/{path}?fieldManager=x");
        send(&server, "PATCH", &path, APPLY, body).await.0["message"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(apply("a/status", "{").await, "widgets.example.com \"a\" not found");
    let told = apply("a", "{").await;
    assert!(told.starts_with("error decoding patch: error converting YAML to JSON: yaml: "), "{told}");
    let told = apply("a/status", "a: [").await;
    assert!(told.starts_with("error encoding patch: yaml: "), "{told}");
    assert_eq!(apply("a", "a: \u{7f}").await, "error encoding patch: yaml: control characters are not allowed");
    let (refused, _) = send(&server, "POST", WIDGETS, "application/yaml", "a: \u{7f}").await;
    let expected = "the object provided is unrecognized (must be of type Widget): yaml: control characters are not \
                    allowed (613a207f)";
    assert_eq!(refused["message"], expected);
}

#[tokio::test]
async fn deleting_what_waits_already_writes_the_defaults_that_are_new() {
    const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com";
    let server = server();
    create(&server, json!({"name": "a", "finalizers": ["example.com/wait"]})).await;
    let path = format!("{WIDGETS}/a");
    let (first, _) = send(&server, "DELETE", &path, JSON, "").await;
    let (again, _) = send(&server, "DELETE", &path, JSON, "").await;
    assert_eq!(first["metadata"]["resourceVersion"], again["metadata"]["resourceVersion"]);
    let (definition, _) = send(&server, "GET", DEFINITION, JSON, "").await;
    let mut versions = definition["spec"]["versions"].clone();
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["later"] = json!({"type": "string", "default": "x"});
    let patch = json!({"spec": {"versions": versions}}).to_string();
    let (patched, _) = send(&server, "PATCH", DEFINITION, MERGE, &patch).await;
    assert_eq!(patched["kind"], "CustomResourceDefinition", "{patched}");
    let (after, _) = send(&server, "DELETE", &path, JSON, "").await;
    assert_ne!(after["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_eq!(after["later"], "x");
}
