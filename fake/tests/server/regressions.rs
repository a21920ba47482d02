//! Regression tests: minimized findings of the differential test. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{self, APPLY_PATCH as APPLY, JSON, MERGE_PATCH as MERGE, WIDGETS};
use super::server;

async fn send(server: &FakeApiServer, method: &str, path: &str, type_: &str, body: &str) -> (Value, Vec<String>) {
    let response = raw::send(server, method, path, type_, body).await;
    let warnings = response.warnings();
    (response.body, warnings)
}

async fn create(server: &FakeApiServer, metadata: Value) -> Value {
    let namespace = metadata["namespace"].as_str().unwrap_or("default").to_owned();
    let object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata});
    let path = WIDGETS.replace("default", &namespace);
    send(server, "POST", &path, JSON, &object.to_string()).await.0
}

#[tokio::test]
async fn missing_kind_has_a_different_message_in_strict_mode() {
    let server = server();
    let body = r#"{"apiVersion":"example.com/v1"}"#;
    let (strict, _) = send(&server, "POST", WIDGETS, JSON, body).await;
    let expected = "the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in \
                    '{\"apiVersion\":\"example.com/v1\"}' ({\"apiVersion\":\"example.com/v1\" ...)";
    assert_eq!(strict["message"], expected);
    let (ignored, _) = send(&server, "POST", &format!("{WIDGETS}?fieldValidation=Ignore"), JSON, body).await;
    let expected = "Widget in version \"v1\" cannot be handled as a Widget: Object 'Kind' is missing in \
                    '{\"apiVersion\":\"example.com/v1\"}'";
    assert_eq!(ignored["message"], expected);
}

#[tokio::test]
async fn duplicate_yaml_keys_are_reported_with_their_line() {
    let server = server();
    let body = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  labels: {a: b}\n  labels: {c: d}\n  name: a\n";
    let (applied, warnings) = send(&server, "PATCH", &format!("{WIDGETS}/a?fieldManager=x"), APPLY, body).await;
    assert_eq!(applied["metadata"]["labels"], json!({"c": "d"}));
    assert_eq!(warnings, [r#"299 - "line 5: key \"labels\" already set in map""#]);
}

#[tokio::test]
async fn lists_are_in_the_order_of_etcd_keys() {
    let server =
        FakeApiServer::builder().crds_yaml(super::CRD).namespaces(["team", "team-a"]).build().expect("a server");
    for namespace in ["team", "team-a"] {
        create(&server, json!({"name": "w", "namespace": namespace})).await;
    }
    let (list, _) = send(&server, "GET", "/apis/example.com/v1/widgets", JSON, "").await;
    let namespace = |index: usize| list["items"][index]["metadata"]["namespace"].clone();
    assert_eq!((namespace(0), namespace(1)), (json!("team-a"), json!("team")));
}

#[tokio::test]
async fn merge_patch_removes_null_fields_inside_lists() {
    let crd = testkit::crds::widget_crd_with_free_field();
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    create(&server, json!({"name": "a"})).await;
    let patch = r#"{"free":[{"a":null,"b":1},null]}"#;
    let (patched, _) = send(&server, "PATCH", &format!("{WIDGETS}/a"), MERGE, patch).await;
    assert_eq!(patched["free"], json!([{"b": 1}, null]));
}

#[tokio::test]
async fn invalid_labels_are_reported_three_times_on_update() {
    let server = server();
    create(&server, json!({"name": "a"})).await;
    let patch = r#"{"metadata":{"labels":{"a":"!"}}}"#;
    let (refused, _) = send(&server, "PATCH", &format!("{WIDGETS}/a"), MERGE, patch).await;
    assert_eq!(refused["details"]["causes"].as_array().map(Vec::len), Some(3));
    let created = create(&server, json!({"name": "b", "labels": {"a": "!", "b": "!"}})).await;
    assert_eq!(created["details"]["causes"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn applied_null_is_stored_but_not_returned() {
    let server = server();
    let body = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","labels":null}}"#;
    let path = format!("{WIDGETS}/a");
    let (applied, _) = send(&server, "PATCH", &format!("{path}?fieldManager=x"), APPLY, body).await;
    assert_eq!(applied["metadata"].get("labels"), None);
    let (patched, _) = send(&server, "PATCH", &path, MERGE, "{}").await;
    assert_ne!(patched["metadata"]["resourceVersion"], applied["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn manager_of_a_removed_version_keeps_ownership_and_blocks_apply() {
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
    let object = json!({"apiVersion": "two.example.com/v1beta1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 1}});
    send(&server, "POST", &WIDGETS.replace("/v1/", "/v1beta1/"), JSON, &object.to_string()).await;
    let patch = json!({"spec": {"versions": definition(&["v1"])["spec"]["versions"]}}).to_string();
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.two.example.com";
    send(&server, "PATCH", path, MERGE, &patch).await;
    let path = format!("{WIDGETS}/a");
    let (patched, _) = send(&server, "PATCH", &path, MERGE, r#"{"spec":{"size":2}}"#).await;
    let managers = patched["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    assert_eq!((&patched["spec"]["size"], managers.len()), (&json!(2), 1));
    assert_eq!(managers[0]["apiVersion"], "two.example.com/v1beta1");
    let config = json!({"apiVersion": "two.example.com/v1", "kind": "Widget"}).to_string();
    let (refused, _) = send(&server, "PATCH", &format!("{path}?fieldManager=x"), APPLY, &config).await;
    assert_eq!(refused["message"], "request to convert CR to an invalid group/version: two.example.com/v1beta1");
}

#[tokio::test]
async fn status_default_is_set_on_create() {
    let crd = super::CRD.replace("status: {type: object,", "status: {type: object, default: {},");
    let server = FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let created = create(&server, json!({"name": "a"})).await;
    assert_eq!(created["status"], json!({}));
}

#[tokio::test]
async fn owner_without_uid_is_reported_by_validation() {
    let server = server();
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x"});
    let body = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "ownerReferences": [owner]}});
    let path = format!("{WIDGETS}/a?fieldManager=x");
    let (refused, _) = send(&server, "PATCH", &path, APPLY, &body.to_string()).await;
    assert_eq!(refused["details"]["causes"][0]["field"], "metadata.ownerReferences[0].uid", "{refused}");
}

#[tokio::test]
async fn missing_object_is_reported_before_an_undecodable_configuration() {
    let server = server();
    let apply = async |path: &str, body: &str| {
        let path = format!("{WIDGETS}/{path}?fieldManager=x");
        send(&server, "PATCH", &path, APPLY, body).await.0["message"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(apply("a/status", "{").await, "widgets.example.com \"a\" not found");
    let message = apply("a", "{").await;
    assert!(message.starts_with("error decoding patch: error converting YAML to JSON: yaml: "), "{message}");
    let message = apply("a/status", "a: [").await;
    assert!(message.starts_with("error encoding patch: yaml: "), "{message}");
    assert_eq!(apply("a", "a: \u{7f}").await, "error encoding patch: yaml: control characters are not allowed");
    let (refused, _) = send(&server, "POST", WIDGETS, "application/yaml", "a: \u{7f}").await;
    let expected = "the object provided is unrecognized (must be of type Widget): yaml: control characters are not \
                    allowed (613a207f)";
    assert_eq!(refused["message"], expected);
}

#[tokio::test]
async fn deletion_of_a_terminating_object_writes_new_defaults() {
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

/// An apply that removes all fields of a manager leaves their parents, unless the manager sets them to an empty object: then they
/// become null.
#[tokio::test]
async fn parents_of_fields_that_an_apply_removes_are_validated() {
    let inner = json!({"type": "object", "required": ["must"], "properties": {"must": {"type": "string"}, "env": {"type": "string"}}});
    let spec = json!({"type": "object", "properties": {"opt": {"type": "object", "properties": {"inner": inner}}}});
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    let names = json!({"kind": "Widget", "plural": "widgets"});
    let crd = testkit::crds::definition_with("example.com", names, vec![testkit::crds::version("v1", true, schema)]);
    let server = FakeApiServer::builder().crds_yaml(crd.to_string()).build().expect("a server");
    let is_null =
        |path: &str| format!("{path}: Invalid value: \"null\": {path} in body must be of type object: \"null\"");
    for (name, steps, expected) in [
        ("a", vec![("m", r#"{"opt":{"inner":{"must":"x"}}}"#), ("m", "{}")], is_null("spec")),
        ("b", vec![("m", r#"{"opt":{"inner":{"must":"x"}}}"#), ("m", r#"{"opt":{}}"#)], is_null("spec.opt")),
        (
            "c",
            vec![
                ("m", r#"{"opt":{"inner":{"must":"x"}}}"#),
                ("other", r#"{"opt":{"inner":{"env":"e"}}}"#),
                ("m", "{}"),
            ],
            "spec.opt.inner.must: Required value".to_owned(),
        ),
    ] {
        let mut last = Value::Null;
        for (manager, spec) in steps {
            let body = format!(
                r#"{{"apiVersion":"example.com/v1","kind":"Widget","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
            );
            let path = format!("{WIDGETS}/{name}?fieldManager={manager}");
            last = send(&server, "PATCH", &path, APPLY, &body).await.0;
        }
        assert_eq!(last["message"], format!("Widget.example.com \"{name}\" is invalid: {expected}"));
    }
}

#[tokio::test]
async fn many_warnings_are_truncated() {
    let server = server();
    let unknown: serde_json::Map<String, Value> =
        (0..60).map(|number| (format!("field-{number:0100}"), json!(1))).collect();
    let mut object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}});
    object["spec"] = unknown.into();
    let (_, warnings) = send(&server, "POST", WIDGETS, JSON, &object.to_string()).await;
    // Each has 127 characters.
    assert_eq!(warnings.len(), 33);
    let long =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "b"}, "f".repeat(5000): 1});
    let (_, warnings) = send(&server, "POST", WIDGETS, JSON, &long.to_string()).await;
    assert_eq!(warnings, [format!("299 - \"unknown field \\\"{}\"", "f".repeat(256 - "unknown field \"".len()))]);
}
