//! Namespaces: lifecycle, finalizers and unsupported verbs. Expected responses are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::{JSON, MERGE_PATCH, get, send};
use super::server;

const NAMESPACES: &str = "/api/v1/namespaces";

#[tokio::test]
async fn unsupported_verbs_of_namespaces_return_method_not_allowed() {
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
async fn phase_and_finalizers_are_set_by_the_server() {
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
    // Deletion removes the `kubernetes` finalizer at once; the namespace waits for the other one.
    assert_eq!(send(&server, "DELETE", &format!("{NAMESPACES}/n"), JSON, "").await.code, 200);
    let waiting = send(&server, "GET", &format!("{NAMESPACES}/n"), JSON, "").await.body;
    assert_eq!(
        (&waiting["spec"]["finalizers"], &waiting["status"]["phase"]),
        (&json!(["x.y/z"]), &json!("Terminating"))
    );
    send(&server, "PUT", &path, JSON, &finalize("[]")).await;
    assert_eq!(send(&server, "GET", &format!("{NAMESPACES}/n"), JSON, "").await.code, 404);
}

#[tokio::test]
async fn name_label_and_phase_are_defaulted() {
    let server = server();
    let body = r#"{"metadata":{"name":"n","labels":{"kubernetes.io/metadata.name":"other"}},"spec":{"finalizers":[]}}"#;
    let created = send(&server, "POST", &format!("{NAMESPACES}?fieldManager=m"), JSON, body).await.body;
    assert_eq!(created["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "n"}));
    // The creating manager owns the label, and no empty fields.
    let owned = json!({"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}});
    assert_eq!(created["metadata"]["managedFields"][0]["fieldsV1"], owned);
    let default_namespace = get(&server, &format!("{NAMESPACES}/default"), &[]).await.body;
    let manager = &default_namespace["metadata"]["managedFields"][0];
    assert_eq!((&manager["manager"], &manager["fieldsV1"]), (&json!("kube-apiserver"), &owned));
    let status = format!("{NAMESPACES}/n/status");
    for phase in [r#"{"status":{"phase":null}}"#, r#"{"status":{"phase":""}}"#, r#"{"status":null}"#] {
        let patched = send(&server, "PATCH", &status, MERGE_PATCH, phase).await;
        assert_eq!((patched.code, &patched.body["status"]["phase"]), (200, &json!("Active")), "{phase}");
    }
}

#[tokio::test]
async fn status_update_also_writes_metadata() {
    let server = server();
    send(&server, "POST", NAMESPACES, JSON, r#"{"metadata":{"name":"n"}}"#).await;
    let patch = r#"{"metadata":{"labels":{"z":"1"},"finalizers":["a.b/c"]},"spec":{"finalizers":[]}}"#;
    let patched = send(&server, "PATCH", &format!("{NAMESPACES}/n/status"), MERGE_PATCH, patch).await.body;
    assert_eq!(patched["metadata"]["labels"]["z"], "1");
    assert_eq!(
        (&patched["metadata"]["finalizers"], &patched["spec"]),
        (&json!(["a.b/c"]), &json!({"finalizers": ["kubernetes"]}))
    );
}

#[tokio::test]
async fn invalid_finalizer_of_new_namespace_is_reported_at_spec_finalizers() {
    let server = server();
    for (name, count) in [("x", 1), ("not valid/x", 1), ("Ä/b", 1)] {
        let body = json!({"metadata": {"name": "n"}, "spec": {"finalizers": [name]}}).to_string();
        let refused = send(&server, "POST", NAMESPACES, JSON, &body).await.body;
        let causes = refused["details"]["causes"].as_array().cloned().unwrap_or_default();
        assert!(causes.len() >= count && causes.iter().all(|cause| cause["field"] == "spec.finalizers"), "{refused}");
    }
}

#[tokio::test]
async fn deletion_sets_terminating_phase_and_waits_for_finalizers() {
    let server = server();
    let path = format!("{NAMESPACES}/n");
    send(&server, "POST", NAMESPACES, JSON, r#"{"metadata":{"name":"n"},"spec":{"finalizers":["a.b/c"]}}"#).await;
    let marked = send(&server, "DELETE", &path, JSON, "").await.body;
    assert_eq!((&marked["kind"], &marked["status"]["phase"]), (&json!("Namespace"), &json!("Terminating")));
    assert_eq!(marked["metadata"].get("deletionGracePeriodSeconds"), None);
    // A repeated deletion changes nothing, and a write that keeps the finalizer does not complete the deletion.
    let again = send(&server, "DELETE", &path, JSON, "").await.body;
    assert_eq!((&again["kind"], &again["spec"]["finalizers"]), (&json!("Namespace"), &json!(["a.b/c"])));
    let finalize = r#"{"metadata":{"name":"n"},"spec":{"finalizers":["a.b/c"]}}"#;
    send(&server, "PUT", &format!("{path}/finalize"), JSON, finalize).await;
    assert_eq!(get(&server, &path, &[]).await.code, 200);
    let patch = r#"{"metadata":{"labels":{"x":"1"}}}"#;
    assert_eq!(send(&server, "PATCH", &path, MERGE_PATCH, patch).await.code, 200);
    let wrong = send(&server, "PATCH", &format!("{path}/status"), MERGE_PATCH, r#"{"status":{"phase":""}}"#).await;
    let message = "Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty";
    assert_eq!(wrong.body["details"]["causes"][0]["message"], message);
}

#[tokio::test]
async fn resource_version_of_new_object_is_checked_last() {
    let server = server();
    let body = |version: &str, finalizer: &str| {
        json!({"metadata": {"name": "n", "resourceVersion": version}, "spec": {"finalizers": [finalizer]}}).to_string()
    };
    for (query, version, finalizer, code) in
        [("", "1", "x", 422), ("", "1", "a.b/c", 500), ("?dryRun=All", "1", "a.b/c", 201), ("", "0", "a.b/c", 201)]
    {
        let answer = send(&server, "POST", &format!("{NAMESPACES}{query}"), JSON, &body(version, finalizer)).await;
        assert_eq!(answer.code, code, "{query} {version} {finalizer}");
    }
}

#[tokio::test]
async fn unsupported_paths_return_not_found_or_method_not_allowed() {
    let server = server();
    for (method, path, code) in [
        ("GET", "/api/v1/namespaces/default/namespaces", 404),
        ("GET", "/api/v1/configmaps/x", 404),
        ("GET", "/api/v1/namespaces/default/configmaps/x/y/z", 404),
        ("POST", "/api/v1/configmaps", 405),
        ("DELETE", "/api/v1/configmaps", 405),
        ("HEAD", "/api/v1/namespaces/default", 405),
    ] {
        let answer = send(&server, method, path, JSON, "{}").await;
        assert_eq!(answer.code, code, "{method} {path}");
        assert!(method == "HEAD" || answer.body["kind"] == "Status", "{method} {path}");
    }
    let custom = send(&server, "POST", "/apis/example.com/v1/widgets", JSON, "{}").await;
    assert_eq!((custom.code, &custom.body), (404, &json!(null)));
}
