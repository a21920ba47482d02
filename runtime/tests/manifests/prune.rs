//! Tests of pruning.

use std::time::Duration;

use kube_client_runtime::client::Client;
use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::manifests::{
    ApplyManifestsOptions, ApplySet, FailureReason, Outcome, Progress, PruneOutcome, apply_manifests,
};
use kube_fake_apiserver::{Calls, Failure, Reaction};
use serde_json::{Value, json};

use super::{client, failed, lines, manifests, map, object, options, outcomes, server, widgets};

fn set() -> ApplySet {
    ApplySet::secret("default", "my-set")
}

fn pruning() -> ApplyManifestsOptions {
    options().apply_set(set())
}

fn in_namespace(namespace: &str, mut object: Value) -> Value {
    object["metadata"]["namespace"] = namespace.into();
    object
}

/// Returns the annotations of the parent: kinds and namespaces.
async fn recorded(client: &Client) -> (String, String) {
    let parent = client.namespaced::<Secret>("default").get("my-set").await.unwrap();
    let annotations = parent.metadata.annotations.unwrap_or_default();
    let annotation = |name: &str| annotations[&format!("applyset.kubernetes.io/{name}")].clone();
    (annotation("contains-group-kinds"), annotation("additional-namespaces"))
}

#[tokio::test]
async fn members_that_are_not_in_the_input_are_deleted_last_and_in_reverse() {
    let server = server();
    let client = client(&server);
    let role = object("rbac.authorization.k8s.io/v1", "ClusterRole", "r");
    let first = [map("a", ""), map("b", ""), in_namespace("shop", object("v1", "Service", "s")), role];
    let report = apply_manifests(&client, &manifests(first), &pruning()).await.unwrap();
    assert_eq!(report.entries.len(), 4);
    let kinds = "ClusterRole.rbac.authorization.k8s.io,ConfigMap,Service";
    assert_eq!(recorded(&client).await, (kinds.to_owned(), "shop".to_owned()));
    // The set does not contain an object of a user with the same name elsewhere.
    apply_manifests(&client, &manifests([in_namespace("shop", map("b", ""))]), &options()).await.unwrap();

    let recording = server.record();
    let second = [map("a", ""), in_namespace("other", object("v1", "ServiceAccount", "x"))];
    let report = apply_manifests(&client, &manifests(second), &pruning()).await.unwrap();
    assert_eq!(
        outcomes(&report),
        [
            "serviceaccount/x created",
            "configmap/a unchanged",
            "service/s pruned",
            "clusterrole.rbac.authorization.k8s.io/r pruned",
            "configmap/b pruned",
        ]
    );
    assert_eq!(recorded(&client).await, ("ConfigMap,ServiceAccount".to_owned(), "other".to_owned()));
    let writes = recording.writes();
    let parents: Vec<Value> =
        writes.iter().filter(|write| write.name == "my-set").filter_map(kube_fake_apiserver::Action::json).collect();
    let before = &parents[0]["metadata"]["annotations"];
    let superset = "ClusterRole.rbac.authorization.k8s.io,ConfigMap,Service,ServiceAccount";
    assert_eq!(before["applyset.kubernetes.io/contains-group-kinds"], superset);
    assert_eq!(before["applyset.kubernetes.io/additional-namespaces"], "other,shop");
    assert_eq!(
        (&*lines(&writes)[0], &*lines(&writes)[6]),
        ("patch secrets default/my-set", "patch secrets default/my-set")
    );
    let deletions = recording.matching(&Calls::to("delete", "*"));
    assert!(deletions.iter().all(|delete| delete.json().unwrap()["preconditions"]["uid"].is_string()));
    client.namespaced::<ConfigMap>("shop").get("b").await.unwrap();
}

#[tokio::test]
async fn parent_is_applied_as_kubectl_does() {
    let server = server();
    let client = client(&server);
    let recording = server.record();
    let tooling = pruning().apply_set(set().tooling("kubectl", "v1.37.2"));
    let report = apply_manifests(&client, &manifests([map("a", "")]), &tooling).await.unwrap();
    let id = "applyset-kdySOVBWs584aaOTmku9Ul1xDuN7LXBjs-R96jQcisk-v1";
    assert_eq!(report.apply_set.as_ref().map(|set| &*set.id), Some(id));
    let writes = recording.matching(&Calls::to("patch", "secrets"));
    assert_eq!(writes[0].option("fieldManager"), Some("kubectl-applyset"));
    assert_eq!(
        writes[0].json().unwrap(),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {
            "name": "my-set", "namespace": "default", "labels": {"applyset.kubernetes.io/id": id},
            "annotations": {
                "applyset.kubernetes.io/additional-namespaces": "",
                "applyset.kubernetes.io/contains-group-kinds": "ConfigMap",
                "applyset.kubernetes.io/tooling": "kubectl/v1.37.2",
            },
        }})
    );
    let member = client.namespaced::<ConfigMap>("default").get("a").await.unwrap();
    assert_eq!(member.metadata.labels.unwrap_or_default()["applyset.kubernetes.io/part-of"], id);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["applySet"]["id"], &json["applySet"]["prune"]), (&json!(id), &json!("pruned")));
}

#[tokio::test]
async fn nothing_is_pruned_after_a_failure() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", ""), object("v1", "Service", "s")]), &pruning()).await.unwrap();
    let fault = server.react(Calls::to("patch", "configmaps").named("c"), Reaction::fail(Failure::internal("broken")));
    let report = failed(apply_manifests(&client, &manifests([map("b", ""), map("c", "")]), &pruning()).await);
    assert_eq!(report.apply_set.as_ref().map(|set| &set.prune), Some(&PruneOutcome::Skipped));
    assert!(
        report.to_string().ends_with("applyset secret/my-set not pruned: not all objects were applied\n"),
        "{report}"
    );
    assert_eq!(recorded(&client).await.0, "ConfigMap,Service", "the parent covers all members");
    fault.remove();
    let report = apply_manifests(&client, &manifests([map("b", ""), map("c", "")]), &pruning()).await.unwrap();
    let expected = ["configmap/b unchanged", "configmap/c created", "service/s pruned", "configmap/a pruned"];
    assert_eq!(outcomes(&report), expected);
}

#[tokio::test(start_paused = true)]
async fn members_of_an_interrupted_operation_are_pruned_by_the_next_one() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await.unwrap();
    let fault = server.react(Calls::to("patch", "services"), Reaction::hang());
    let second = manifests([in_namespace("shop", map("b", "")), object("v1", "Service", "s")]);
    let interrupted = tokio::time::timeout(Duration::from_secs(5), apply_manifests(&client, &second, &pruning())).await;
    assert!(interrupted.is_err(), "the future is dropped");
    client.namespaced::<ConfigMap>("shop").get("b").await.expect("it was applied");
    fault.remove();
    let report = apply_manifests(&client, &manifests([object("v1", "ServiceAccount", "x")]), &pruning()).await.unwrap();
    assert_eq!(outcomes(&report), ["serviceaccount/x created", "configmap/a pruned", "configmap/b pruned"]);
    assert_eq!(recorded(&client).await, ("ServiceAccount".to_owned(), String::new()));
}

#[tokio::test]
async fn members_that_are_not_deleted_stay_in_the_set() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", ""), object("v1", "Service", "s"), map("x", "")]), &pruning())
        .await
        .unwrap();
    let forbidden = Failure::new(http::StatusCode::FORBIDDEN, "Forbidden", "no");
    let fault = server.react(Calls::to("delete", "services"), Reaction::fail(forbidden));
    let report = failed(apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await);
    let lines = outcomes(&report);
    assert!(lines[1].starts_with("service/s failed: delete Service default/s: no"), "{report:#}");
    assert_eq!(lines[2..], ["configmap/x pruned", "applyset secret/my-set failed: 1 of 2 members were not deleted"]);
    assert_eq!(recorded(&client).await.0, "ConfigMap,Service");
    fault.remove();
    let report = apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await.unwrap();
    assert_eq!(outcomes(&report)[1], "service/s pruned");
}

#[tokio::test]
async fn members_that_cannot_be_listed_stay_in_the_set() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", ""), map("b", "")]), &pruning()).await.unwrap();
    server.react(Calls::to("list", "configmaps"), Reaction::fail(Failure::internal("broken")));
    let report = failed(apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await);
    let prune = report.apply_set.map(|set| set.prune);
    assert!(matches!(&prune, Some(PruneOutcome::Failed(message)) if message.contains("broken")), "{prune:?}");
    client.namespaced::<ConfigMap>("default").get("b").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn object_that_was_created_again_is_not_pruned() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", ""), map("b", "")]), &pruning()).await.unwrap();
    // Between the list and the deletion, another client replaces the object.
    let maps = client.namespaced::<ConfigMap>("default");
    let recording = server.record();
    let (listed, start) = tokio::sync::oneshot::channel();
    let listed = std::sync::Mutex::new(Some(listed));
    server.react(Calls::to("delete", "configmaps"), Reaction::delay(Duration::from_secs(60)).once());
    let observed = pruning().on_progress(move |progress| {
        if matches!(progress, Progress::Pruning { .. }) {
            listed.lock().unwrap().take().unwrap().send(()).unwrap();
        }
    });
    let replace = async {
        start.await.unwrap();
        // The first deletion that is sent is delayed.
        while recording.matching(&Calls::to("delete", "configmaps")).is_empty() {
            tokio::task::yield_now().await;
        }
        maps.delete("b").await.unwrap();
        maps.create(&serde_json::from_value(map("b", "theirs")).unwrap()).await.unwrap();
    };
    let all = manifests([map("a", "")]);
    let (report, ()) = tokio::join!(apply_manifests(&client, &all, &observed), replace);
    let entries = outcomes(&failed(report));
    assert!(entries[1].starts_with("configmap/b failed: delete ConfigMap default/b: "), "{entries:?}");
    assert_eq!(maps.get("b").await.unwrap().data.unwrap()["key"], "theirs");
}

#[tokio::test]
async fn dry_run_reports_pruned_objects_and_deletes_nothing() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", ""), map("b", "")]), &pruning()).await.unwrap();
    let before = server.state();
    let report =
        apply_manifests(&client, &manifests([map("a", ""), map("c", "")]), &pruning().dry_run()).await.unwrap();
    let expected = ["configmap/a unchanged", "configmap/c created", "configmap/b pruned"];
    assert_eq!(outcomes(&report), expected.map(|line| format!("{line} (server dry run)")));
    assert!(server.state() == before);
    // The same for a set that does not exist.
    let new = options().apply_set(ApplySet::config_map("default", "new")).dry_run().force();
    apply_manifests(&client, &manifests([map("a", "")]), &new).await.unwrap();
    assert!(server.state() == before);
}

#[tokio::test]
async fn object_of_another_set_is_not_taken() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await.unwrap();
    let other = options().apply_set(ApplySet::config_map("default", "other-set"));
    let report = failed(apply_manifests(&client, &manifests([map("a", ""), map("b", "")]), &other).await);
    let Outcome::Failed(failure) = &report.entries[0].outcome else { panic!("{report:?}") };
    assert_eq!(failure.reason, FailureReason::OtherApplySet);
    assert_eq!(outcomes(&report)[1], "configmap/b created");
    apply_manifests(&client, &manifests([map("a", ""), map("b", "")]), &other.force()).await.unwrap();
    // The first set does not contain the object any more.
    let report = apply_manifests(&client, &manifests([map("c", "")]), &pruning()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/c created"]);
}

#[tokio::test]
async fn custom_resources_and_their_crd_are_pruned() {
    let server = server();
    let client = client(&server);
    let all = [widgets(), object("example.com/v1", "Widget", "w"), map("a", "")];
    apply_manifests(&client, &manifests(all), &pruning()).await.unwrap();
    let report = apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await.unwrap();
    let crd = "customresourcedefinition.apiextensions.k8s.io/widgets.example.com";
    let expected =
        ["configmap/a unchanged".to_owned(), "widget.example.com/w pruned".to_owned(), format!("{crd} pruned")];
    assert_eq!(outcomes(&report), expected);
}

#[tokio::test]
async fn kind_that_is_not_served_any_more_is_a_warning() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([widgets()]), &options()).await.unwrap();
    let all = [object("example.com/v1", "Widget", "w"), map("a", "")];
    apply_manifests(&client, &manifests(all), &pruning()).await.unwrap();
    let crds = client.cluster::<kube_client_runtime::CustomResourceDefinition>();
    crds.delete("widgets.example.com").await.unwrap();
    let report = apply_manifests(&client, &manifests([map("a", "")]), &pruning()).await.unwrap();
    let warnings = report.apply_set.map(|set| set.warnings).unwrap_or_default();
    assert!(warnings[0].starts_with(r#"the server has no kind "Widget.example.com" any more"#), "{warnings:?}");
    assert_eq!(recorded(&client).await.0, "ConfigMap");
}
