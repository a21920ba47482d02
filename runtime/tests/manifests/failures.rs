//! Tests of failures: nothing is lost, and each object has a clear entry.

use std::time::Duration;

use kube_client_runtime::client::FieldConflict;
use kube_client_runtime::manifests::{
    ApplyManifestsOptions, FailureReason, ManifestsError, Outcome, Report, apply_manifests,
};
use kube_fake_apiserver::{Calls, Failure, Reaction};
use serde_json::json;
use tokio::time::Instant;

use super::{client, failed, manifests, map, object, options, outcomes, server, widgets};

fn reasons(report: &Report) -> Vec<Option<FailureReason>> {
    let reason = |outcome: &Outcome| if let Outcome::Failed(failure) = outcome { Some(failure.reason) } else { None };
    report.entries.iter().map(|entry| reason(&entry.outcome)).collect()
}

#[tokio::test]
async fn conflict_names_the_managers_and_force_takes_over() {
    let server = server();
    let client = client(&server);
    let theirs = ApplyManifestsOptions::new("platform-team");
    apply_manifests(&client, &manifests([map("a", "theirs")]), &theirs).await.unwrap();

    let ours = manifests([map("a", "ours"), map("b", "ours")]);
    let error = apply_manifests(&client, &ours, &options()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("1 of 2 objects failed\n0: configmap/a failed: "), "{text}");
    assert!(text.contains(r#"conflict with "platform-team""#), "{text}");
    let report = failed(Err(error));
    let Outcome::Failed(failure) = &report.entries[0].outcome else { panic!("{report:?}") };
    assert_eq!(failure.reason, FailureReason::Conflict);
    let conflict = FieldConflict { manager: "platform-team".to_owned(), field: ".data.key".to_owned() };
    assert_eq!(failure.conflicts, [conflict]);
    assert_eq!(outcomes(&report)[1], "configmap/b created");

    let report = apply_manifests(&client, &ours, &options().force()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/a configured", "configmap/b unchanged"]);
}

/// An API server answers a change of a CRD before it uses the schema.
#[tokio::test(start_paused = true)]
async fn new_field_of_a_changed_crd_is_waited_for_and_an_unknown_one_reported_soon() {
    let server = server();
    let mut widget = object("example.com/v1", "Widget", "a");
    widget["spec"] = json!({"size": 1});
    let undeclared = Failure::internal("failed to create typed patch object: .spec.size: field not declared in schema");
    server.react(Calls::to("patch", "widgets"), Reaction::fail(undeclared.clone()).times(3));
    let start = Instant::now();
    let report = apply_manifests(&client(&server), &manifests([widgets(), widget.clone()]), &options()).await;
    assert_eq!(outcomes(&report.unwrap())[1], "widget.example.com/a created");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    server.react(Calls::to("patch", "widgets"), Reaction::fail(undeclared));
    let start = Instant::now();
    let report = failed(apply_manifests(&client(&server), &manifests([widgets(), widget.clone()]), &options()).await);
    assert!(outcomes(&report)[1].contains("field not declared in schema"), "{report:#}");
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&start.elapsed()), "{:?}", start.elapsed());
    let start = Instant::now();
    failed(apply_manifests(&client(&server), &manifests([widget]), &options()).await);
    assert!(start.elapsed() < Duration::from_secs(1), "the CRD is not in the input: {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn forbidden_and_invalid_objects_are_reported_and_others_applied() {
    let server = server();
    let forbidden = Failure::new(http::StatusCode::FORBIDDEN, "Forbidden", "configmaps \"a\" is forbidden");
    server.react(Calls::to("patch", "configmaps").named("a"), Reaction::fail(forbidden));
    let mut invalid = object("example.com/v1", "Widget", "invalid");
    invalid["spec"] = json!({"size": 0});
    let mut unknown = object("example.com/v1", "Widget", "unknown");
    unknown["spec"] = json!({"colour": "red"});
    let all = manifests([widgets(), map("a", ""), map("b", ""), invalid, unknown]);
    let report = failed(apply_manifests(&client(&server), &all, &options()).await);
    let invalid = Some(FailureReason::Invalid);
    assert_eq!(reasons(&report), [None, Some(FailureReason::Forbidden), None, invalid, invalid]);
    let lines = outcomes(&report);
    assert!(
        lines[1].starts_with(r#"1: configmap/a failed: apply ConfigMap default/a: configmaps "a" is forbidden"#),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "configmap/b created");
    assert!(lines[3].contains("spec.size"), "{}", lines[3]);
    assert!(lines[4].contains("field not declared in schema"), "{}", lines[4]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["entries"][3]["outcome"]["failed"]["causes"][0]["field"], "spec.size");
}

#[tokio::test]
async fn objects_after_the_first_error_are_not_attempted_on_request() {
    let server = server();
    let recording = server.record();
    server.react(Calls::to("patch", "serviceaccounts"), Reaction::fail(Failure::internal("broken")));
    let all = manifests([object("v1", "ServiceAccount", "a"), map("b", "")]);
    let report = failed(apply_manifests(&client(&server), &all, &options().stop_at_first_error()).await);
    assert_eq!(outcomes(&report)[1], "1: configmap/b not attempted: another object failed");
    assert_eq!(recording.writes().len(), 1);
    let report = failed(apply_manifests(&client(&server), &all, &options()).await);
    assert_eq!(outcomes(&report)[1], "configmap/b created");
}

#[tokio::test]
async fn objects_of_a_failed_namespace_or_crd_are_not_attempted() {
    let server = server();
    server.react(Calls::to("patch", "namespaces"), Reaction::fail(Failure::internal("broken")));
    server.react(Calls::to("patch", "customresourcedefinitions"), Reaction::fail(Failure::internal("broken")));
    let mut inside = map("a", "");
    inside["metadata"]["namespace"] = "store".into();
    let all =
        manifests([object("v1", "Namespace", "store"), inside, widgets(), object("example.com/v1", "Widget", "w")]);
    let report = failed(apply_manifests(&client(&server), &all, &options()).await);
    let lines = outcomes(&report);
    assert_eq!(lines[2], "1: configmap/a not attempted: it needs namespace/store, which failed");
    let crd = "customresourcedefinition.apiextensions.k8s.io/widgets.example.com";
    assert_eq!(lines[3], format!("3: widget.example.com/w not attempted: it needs {crd}, which failed"));
}

#[tokio::test(start_paused = true)]
async fn crd_that_is_not_established_fails_with_its_objects() {
    let server = server();
    let pending = || {
        let (kind, api_version) = ("CustomResourceDefinitionList", "apiextensions.k8s.io/v1");
        let metadata = json!({"resourceVersion": "1"});
        json!({"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": [widgets()]})
    };
    server.react(Calls::to("list", "customresourcedefinitions"), Reaction::answer(move |_| Some(Ok(pending()))));
    server.react(Calls::to("watch", "customresourcedefinitions"), Reaction::hang());
    let all = manifests([widgets(), object("example.com/v1", "Widget", "w")]);
    let limited = options().crd_timeout(Duration::from_secs(5));
    let report = failed(apply_manifests(&client(&server), &all, &limited).await);
    assert_eq!(reasons(&report), [Some(FailureReason::NotServed), None]);
    assert!(outcomes(&report)[0].ends_with("failed: widgets.example.com: not established within 5s"), "{report:#}");
    assert!(matches!(report.entries[1].outcome, Outcome::NotAttempted(_)));
    assert!(report.entries[0].uid.is_some(), "the CRD was applied");
}

#[tokio::test(start_paused = true)]
async fn kind_that_another_server_does_not_serve_yet_is_awaited() {
    let server = server();
    let not_served =
        || Failure::new(http::StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource");
    server.react(Calls::to("patch", "widgets"), Reaction::fail(not_served()).times(3));
    let all = manifests([widgets(), object("example.com/v1", "Widget", "w")]);
    let report = apply_manifests(&client(&server), &all, &options()).await.unwrap();
    assert_eq!(outcomes(&report)[1], "widget.example.com/w created");
    // A kind that was not installed by this input is not awaited.
    let patches = server.react(Calls::to("patch", "widgets"), Reaction::fail(not_served()));
    let only = manifests([object("example.com/v1", "Widget", "x")]);
    failed(apply_manifests(&client(&server), &only, &options()).await);
    assert_eq!(patches.seen(), 1);
}

#[tokio::test(start_paused = true)]
async fn broken_connection_is_repeated() {
    let server = server();
    server.react(Calls::to("patch", "configmaps").named("a"), Reaction::lose_answer().once());
    server.react(Calls::to("patch", "configmaps").named("b"), Reaction::lose_answer());
    let all = manifests([map("a", ""), map("b", ""), map("c", "")]);
    let report = failed(apply_manifests(&client(&server), &all, &options()).await);
    let lines = outcomes(&report);
    // The answer to the first attempt is lost, and the second one changes nothing; but the object did not exist before.
    assert_eq!((&*lines[0], &*lines[2]), ("configmap/a created", "configmap/c created"));
    assert_eq!(reasons(&report)[1], Some(FailureReason::FateUnknown));
    assert!(lines[1].contains("the API server may have executed the request"), "{}", lines[1]);
}

#[tokio::test(start_paused = true)]
async fn deadline_is_reported_for_each_object() {
    let server = server();
    server.react(Calls::to("patch", "configmaps").named("a"), Reaction::hang());
    let all = manifests([map("a", ""), map("b", ""), object("v1", "Service", "s")]);
    let limited = options().timeout(Duration::from_secs(5));
    let report = failed(apply_manifests(&client(&server), &all, &limited).await);
    assert_eq!(
        outcomes(&report),
        [
            "0: configmap/a failed: the deadline of the operation passed; the server may have executed the request",
            "configmap/b created",
            "2: service/s not attempted: the deadline of the operation passed",
        ]
    );
    server.react(Calls::all(), Reaction::hang());
    let late = apply_manifests(&client(&server), &all, &limited).await;
    assert!(matches!(late, Err(ManifestsError::Deadline)), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn discovery_that_fails_is_an_error_before_anything_is_sent() {
    let server = server();
    server.react(Calls::all(), Reaction::refuse());
    let result = apply_manifests(&client(&server), &manifests([map("a", "")]), &options()).await;
    assert!(matches!(result, Err(ManifestsError::Discovery(_))), "{result:?}");
}
