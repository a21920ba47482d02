//! Tests of dry runs.

use kube_client_runtime::manifests::{Outcome, apply_manifests};
use serde_json::json;

use super::{client, failed, manifests, map, object, options, outcomes, server, widgets};

#[tokio::test]
async fn dry_run_reports_what_would_change_and_stores_nothing() {
    let server = server();
    let client = client(&server);
    apply_manifests(&client, &manifests([map("a", "1"), map("b", "1")]), &options()).await.unwrap();
    let before = server.state();
    let all = [map("a", "2"), map("b", "1"), map("c", "1")];
    let report = apply_manifests(&client, &manifests(all.clone()), &options().dry_run()).await.unwrap();
    assert_eq!(
        outcomes(&report),
        [
            "configmap/a configured (server dry run)",
            "configmap/b unchanged (server dry run)",
            "configmap/c created (server dry run)",
        ]
    );
    assert_eq!(report.to_string().lines().next(), Some("configmap/a serverside-applied (server dry run)"));
    assert!(server.state() == before);
    // An object that another manager would own as well changes.
    let other = kube_client_runtime::manifests::ApplyManifestsOptions::new("other");
    let report = apply_manifests(&client, &manifests([map("b", "1")]), &other.dry_run()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/b configured (server dry run)"]);
}

#[tokio::test]
async fn dry_run_does_not_check_what_needs_a_namespace_or_crd_of_the_input() {
    let server = server();
    let mut inside = map("a", "");
    inside["metadata"]["namespace"] = "store".into();
    let mut invalid = map("b", "");
    invalid["data"] = json!("text");
    let all = [object("v1", "Namespace", "store"), inside, widgets(), object("example.com/v1", "Widget", "w"), invalid];
    let report = failed(apply_manifests(&client(&server), &manifests(all), &options().dry_run()).await);
    let unchecked = |at: usize| matches!(report.entries[at].outcome, Outcome::Unchecked(_));
    assert!(unchecked(2) && unchecked(4), "{report:#}");
    assert!(outcomes(&report)[2].starts_with("configmap/a not checked: "), "{report:#}");
    assert!(report.entries[3].outcome.is_failure());
    assert_eq!(report.failures().count(), 1);
}
