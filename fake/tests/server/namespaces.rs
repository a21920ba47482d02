//! Namespaces: what cannot be done to them. The answers are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::{JSON, MERGE_PATCH, send};
use super::server;

const NAMESPACES: &str = "/api/v1/namespaces";

#[tokio::test]
async fn verbs_that_namespaces_do_not_have_are_405() {
    let server = server();
    for (method, path) in [
        ("DELETE", NAMESPACES.to_owned()),
        ("GET", format!("{NAMESPACES}/default/finalize")),
        ("PATCH", format!("{NAMESPACES}/default/finalize")),
        ("POST", format!("{NAMESPACES}/default/status")),
        ("DELETE", format!("{NAMESPACES}/default/status")),
        ("PUT", NAMESPACES.to_owned()),
    ] {
        let answer = send(&server, method, &path, MERGE_PATCH, "{}").await;
        assert_eq!((answer.code, &answer.body["reason"]), (405, &json!("MethodNotAllowed")), "{method} {path}");
    }
    assert_eq!(send(&server, "GET", &format!("{NAMESPACES}/default"), JSON, "").await.code, 200);
}

#[tokio::test]
async fn system_namespaces_cannot_be_deleted() {
    let server = server();
    for name in ["default", "kube-system", "kube-public"] {
        let answer = send(&server, "DELETE", &format!("{NAMESPACES}/{name}"), JSON, "").await;
        let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
        assert_eq!((answer.code, &answer.body["message"]), (403, &json!(message)));
    }
    assert_eq!(send(&server, "DELETE", &format!("{NAMESPACES}/kube-node-lease"), JSON, "").await.code, 200);
}

#[tokio::test]
async fn phase_and_finalizers_belong_to_the_server() {
    let server = server();
    let body =
        json!({"metadata": {"name": "n"}, "spec": {"finalizers": ["a.b/c"]}, "status": {"phase": "Terminating"}});
    let created = send(&server, "POST", NAMESPACES, JSON, &body.to_string()).await.body;
    assert_eq!(created["spec"]["finalizers"], json!(["a.b/c", "kubernetes"]));
    assert_eq!(created["status"]["phase"], "Active");
    let path = format!("{NAMESPACES}/n");
    let patch = r#"{"status":{"phase":"Terminating"},"spec":{"finalizers":[]}}"#;
    let patched = send(&server, "PATCH", &path, MERGE_PATCH, patch).await.body;
    assert_eq!((&patched["spec"], &patched["status"]), (&created["spec"], &created["status"]));
    let status = send(&server, "PATCH", &format!("{path}/status"), MERGE_PATCH, r#"{"status":{"phase":"Foo"}}"#).await;
    let message = "Namespace \"n\" is invalid: status.Phase: Invalid value: \"Foo\": may only be 'Active' if `deletionTimestamp` is empty";
    assert_eq!((status.code, &status.body["message"]), (422, &json!(message)));
}

#[tokio::test]
async fn finalize_replaces_finalizers() {
    let server = server();
    send(&server, "POST", NAMESPACES, JSON, r#"{"metadata":{"name":"n"}}"#).await;
    let finalize = |names: &str| format!(r#"{{"metadata":{{"name":"n"}},"spec":{{"finalizers":{names}}}}}"#);
    let path = format!("{NAMESPACES}/n/finalize");
    let wrong = send(&server, "PUT", &path, JSON, &finalize(r#"["foo"]"#)).await;
    let message = "Namespace \"n\" is invalid: spec.finalizers[0]: Invalid value: \"foo\": name is neither a standard finalizer name nor is it fully qualified";
    assert_eq!((wrong.code, &wrong.body["message"]), (422, &json!(message)));
    let kept = send(&server, "PUT", &path, JSON, &finalize(r#"["kubernetes","x.y/z"]"#)).await;
    assert_eq!(kept.body["spec"]["finalizers"], json!(["kubernetes", "x.y/z"]));
    // Without a namespace controller's finalizer gone, the namespace waits for the other one.
    assert_eq!(send(&server, "DELETE", &format!("{NAMESPACES}/n"), JSON, "").await.code, 200);
    let waiting = send(&server, "GET", &format!("{NAMESPACES}/n"), JSON, "").await.body;
    assert_eq!(
        (&waiting["spec"]["finalizers"], &waiting["status"]["phase"]),
        (&json!(["x.y/z"]), &json!("Terminating"))
    );
    send(&server, "PUT", &path, JSON, &finalize("[]")).await;
    assert_eq!(send(&server, "GET", &format!("{NAMESPACES}/n"), JSON, "").await.code, 404);
}
