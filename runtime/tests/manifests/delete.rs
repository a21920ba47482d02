//! Tests of deletions.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_client_runtime::client::PropagationPolicy;
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::manifests::{
    DeleteManifestsOptions, FailureReason, Outcome, Progress, apply_manifests, delete_manifests,
};
use kube_fake_apiserver::{Calls, Failure, Reaction};
use serde_json::json;

use super::{client, failed, lines, manifests, map, object, options, outcomes, problems, server, widgets};

fn deletion() -> DeleteManifestsOptions {
    DeleteManifestsOptions::new()
}

#[tokio::test]
async fn objects_are_deleted_in_reverse_order_with_their_uid() {
    let server = server();
    let client = client(&server);
    let mut inside = map("a", "");
    inside["metadata"]["namespace"] = "store".into();
    let all =
        manifests([object("v1", "Namespace", "store"), inside, widgets(), object("example.com/v1", "Widget", "w")]);
    let applied = apply_manifests(&client, &all, &options()).await.unwrap();
    let recording = server.record();
    let report = delete_manifests(&client, &all, &deletion()).await.unwrap();
    assert_eq!(
        outcomes(&report),
        [
            r#"widget.example.com "w" deleted from default namespace"#,
            r#"configmap "a" deleted from store namespace"#,
            r#"customresourcedefinition.apiextensions.k8s.io "widgets.example.com" deleted"#,
            r#"namespace "store" deleted"#,
        ]
    );
    let writes = recording.writes();
    assert_eq!(writes.len(), 4);
    assert_eq!(
        writes[0].json(),
        Some(json!({"propagationPolicy": "Background", "preconditions": {"uid": applied.entries[3].uid}}))
    );
    // Kinds and objects that do not exist are not errors.
    let report = delete_manifests(&client, &all, &deletion()).await.unwrap();
    assert!(report.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Absent)), "{report:#}");
    assert_eq!(outcomes(&report)[0], r#"widget.example.com "w" not found"#);
}

#[tokio::test]
async fn wait_ends_when_finalizers_are_removed() {
    let server = server();
    let client = client(&server);
    let mut guarded = map("guarded", "");
    guarded["metadata"]["finalizers"] = json!(["example.com/guard"]);
    let all = manifests([object("v1", "ServiceAccount", "a"), guarded]);
    apply_manifests(&client, &all, &options()).await.unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    let waiting = deletion().wait(Duration::from_secs(60)).on_progress(move |progress| {
        if let Progress::Finished { entry, .. } = progress {
            seen.lock().unwrap().push(entry.object.to_string());
        }
    });
    let maps = client.namespaced::<ConfigMap>("default");
    let release = async {
        let terminating = |map: &ConfigMap| map.metadata.deletion_timestamp.is_some();
        let terminating = kube_client_runtime::client::wait::matches("it is being deleted", terminating);
        maps.wait_for("guarded", terminating, Duration::from_secs(60)).await.unwrap();
        assert!(events.lock().unwrap().is_empty(), "the next step waits");
        maps.modify("guarded", |map| map.metadata.finalizers = None).await.unwrap();
    };
    let (report, ()) = tokio::join!(delete_manifests(&client, &all, &waiting), release);
    report.unwrap();
    assert_eq!(*events.lock().unwrap(), ["configmap/guarded", "serviceaccount/a"]);
}

#[tokio::test(start_paused = true)]
async fn object_that_is_not_deleted_in_time_fails() {
    let server = server();
    let client = client(&server);
    let mut guarded = map("guarded", "");
    guarded["metadata"]["finalizers"] = json!(["example.com/guard"]);
    let all = manifests([guarded]);
    apply_manifests(&client, &all, &options()).await.unwrap();
    let report = failed(delete_manifests(&client, &all, &deletion().wait(Duration::from_secs(2))).await);
    let Outcome::Failed(failure) = &report.entries[0].outcome else { panic!("{report:?}") };
    assert_eq!(failure.reason, FailureReason::NotDeleted);
    assert!(failure.message.ends_with("not met within 2s: finalizers remain: example.com/guard"), "{failure}");
}

#[tokio::test]
async fn dry_run_of_a_deletion_deletes_nothing() {
    let server = server();
    let client = client(&server);
    let all = manifests([map("a", "")]);
    apply_manifests(&client, &all, &options()).await.unwrap();
    let before = server.state();
    let options = deletion().dry_run().propagation(PropagationPolicy::Foreground).wait(Duration::from_secs(1));
    let report = delete_manifests(&client, &all, &options).await.unwrap();
    assert_eq!(outcomes(&report), [r#"configmap "a" deleted from default namespace (server dry run)"#]);
    assert!(server.state() == before);
}

#[tokio::test]
async fn failed_deletions_are_reported_and_others_executed() {
    let server = server();
    let client = client(&server);
    let all = manifests([map("a", ""), map("b", "")]);
    apply_manifests(&client, &all, &options()).await.unwrap();
    let forbidden = Failure::new(http::StatusCode::FORBIDDEN, "Forbidden", "no");
    server.react(Calls::to("delete", "configmaps").named("b"), Reaction::fail(forbidden));
    let recording = server.record();
    let report = failed(delete_manifests(&client, &all, &deletion()).await);
    assert!(outcomes(&report)[0].starts_with("1: configmap/b failed: delete ConfigMap default/b: no"), "{report:#}");
    assert_eq!(lines(&recording.writes()).len(), 2);
    let invalid = problems(delete_manifests(&client, &manifests([json!({"kind": "ConfigMap"})]), &deletion()).await);
    assert_eq!(invalid, ["0: apiVersion is missing", "0: metadata.name is missing"]);
}
