//! Manifests: applied, pruned and deleted.

mod kubectl;

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::manifests::{
    ApplyManifestsOptions, ApplySet, DeleteManifestsOptions, FailureReason, Manifests, ManifestsError, Outcome, Report,
    apply_manifests, delete_manifests,
};

use crate::backend::Backend;

pub use kubectl::kubectl_shares_apply_sets;

/// A CRD of the kind `Part`.
fn crd(group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: parts.{group}
  labels: {{applyset.kubernetes.io/is-parent-type: \"true\"}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Part, listKind: PartList, plural: parts, singular: part}}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {{type: object, properties: {{size: {{type: integer, minimum: 1}}}}}}
"
    )
}

fn part(group: &str, name: &str, spec: &str) -> String {
    format!("apiVersion: {group}/v1\nkind: Part\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: \"{value}\"}}\n")
}

/// Manifests of documents, in this order.
fn manifests(documents: &[String]) -> Manifests {
    Manifests::new().text("input", documents.join("---\n"))
}

fn options(backend: &Backend) -> ApplyManifestsOptions {
    ApplyManifestsOptions::new("installer").namespace(&backend.namespace)
}

/// The lines of a report.
fn lines(report: &Report) -> Vec<String> {
    format!("{report:#}").lines().map(str::to_owned).collect()
}

fn failed(result: Result<Report, ManifestsError>) -> Report {
    match result {
        Err(ManifestsError::Failed(report)) => *report,
        other => panic!("{other:?}"),
    }
}

/// Verifies that a custom resource and its CRD can be applied together, that an unchanged input changes nothing, that objects
/// which are not in the input any more are pruned, and that all can be deleted.
///
/// # Panics
/// If an outcome differs.
pub async fn manifests_are_applied_pruned_and_deleted(backend: Backend, group: &str) {
    let client = backend.clients.client();
    let set = || ApplySet::config_map(&backend.namespace, "set");
    let pruning = || options(&backend).apply_set(set());
    let crd_name = format!("customresourcedefinition.apiextensions.k8s.io/parts.{group}");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: x}\n".to_owned();
    let all = [part(group, "one", "{size: 1}"), config_map("settings", "1"), secret, crd(group)];
    let objects = [&crd_name, "configmap/settings", "secret/token", &format!("part.{group}/one")];

    let report = apply_manifests(client, &manifests(&all), &pruning()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), objects.map(|object| format!("{object} created")));
    let report = apply_manifests(client, &manifests(&all), &pruning()).await.unwrap_or_else(|error| panic!("{error}"));
    // The API server has added conditions to the CRD since, but no field that was applied.
    assert_eq!(lines(&report), objects.map(|object| format!("{object} unchanged")));

    let fewer = manifests(&[config_map("settings", "2"), crd(group)]);
    let pruned = [
        format!("{crd_name} unchanged"),
        "configmap/settings configured".to_owned(),
        format!("part.{group}/one pruned"),
        "secret/token pruned".to_owned(),
    ];
    let dry = apply_manifests(client, &fewer, &pruning().dry_run()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&dry), pruned.clone().map(|line| format!("{line} (server dry run)")));
    let report = apply_manifests(client, &fewer, &pruning()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), pruned, "the dry run stored nothing");
    let report = apply_manifests(client, &fewer, &pruning()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), [format!("{crd_name} unchanged"), "configmap/settings unchanged".to_owned()]);

    let deletion = DeleteManifestsOptions::new().namespace(&backend.namespace).wait(Duration::from_secs(60));
    let report = delete_manifests(client, &manifests(&all), &deletion).await.unwrap_or_else(|error| panic!("{error}"));
    let absent = |entry: usize| matches!(report.entries[entry].outcome, Outcome::Absent);
    assert!(absent(0) && absent(1), "{report:#}");
    assert!(matches!(report.entries[2].outcome, Outcome::Deleted), "{report:#}");
    assert!(lines(&report)[3].ends_with(&format!("\"parts.{group}\" deleted")), "{report:#}");
    let again = delete_manifests(client, &manifests(&all), &deletion).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(again.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Absent)), "{again:#}");
}

/// Verifies that each failure has an entry with its cause and its position, that other objects are applied, and that nothing is
/// pruned.
///
/// # Panics
/// If an entry differs, or an object is pruned.
pub async fn failures_of_manifests_name_their_cause(backend: Backend, group: &str) {
    let client = backend.clients.client();
    let pruning = options(&backend).apply_set(ApplySet::secret(&backend.namespace, "set"));
    let theirs = ApplyManifestsOptions::new("platform-team").namespace(&backend.namespace);
    apply_manifests(client, &manifests(&[config_map("shared", "theirs")]), &theirs).await.expect("theirs");
    let first = manifests(&[crd(group), config_map("old", "1")]);
    apply_manifests(client, &first, &pruning).await.unwrap_or_else(|error| panic!("{error}"));

    let input = [
        crd(group),
        config_map("shared", "ours"),
        part(group, "invalid", "{size: 0}"),
        part(group, "unknown", "{colour: red}"),
        part(group, "valid", "{size: 1}"),
    ];
    let report = failed(apply_manifests(client, &manifests(&input), &pruning).await);
    let reasons: Vec<Option<FailureReason>> = report
        .entries
        .iter()
        .map(|entry| if let Outcome::Failed(failure) = &entry.outcome { Some(failure.reason) } else { None })
        .collect();
    let invalid = Some(FailureReason::Invalid);
    assert_eq!(reasons, [None, Some(FailureReason::Conflict), invalid, invalid, None], "{report:#}");
    let lines = lines(&report);
    assert!(lines[1].starts_with("input:20: configmap/shared failed: "), "{}", lines[1]);
    assert!(lines[1].contains(r#"conflict with "platform-team""#), "{}", lines[1]);
    assert!(lines[2].contains("spec.size"), "{}", lines[2]);
    assert!(lines[3].contains("colour"), "{}", lines[3]);
    client.namespaced::<ConfigMap>(&backend.namespace).get("old").await.expect("nothing is pruned");

    let deletion = DeleteManifestsOptions::new().namespace(&backend.namespace);
    delete_manifests(client, &manifests(&input), &deletion).await.unwrap_or_else(|error| panic!("{error}"));
}

/// Verifies that a namespace and a CRD can be applied together with their objects, that a dry run before it does not check those
/// objects, and that a field which a changed CRD adds can be used in the same input.
///
/// # Panics
/// If an outcome differs.
pub async fn namespaces_and_crds_are_applied_with_their_objects(backend: Backend, group: &str) {
    let client = backend.clients.client();
    let name = format!("{}-more", backend.namespace);
    let namespace = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{aigateway-client/e2e: \"true\"}}}}\n"
    );
    let options = ApplyManifestsOptions::new("installer").namespace(&name);
    let all = [config_map("inside", "1"), part(group, "one", "{size: 1}"), crd(group), namespace];
    let dry = apply_manifests(client, &manifests(&all), &options.clone().dry_run()).await;
    let dry = dry.unwrap_or_else(|error| panic!("{error}"));
    let is_unchecked: Vec<bool> =
        dry.entries.iter().map(|entry| matches!(entry.outcome, Outcome::Unchecked(_))).collect();
    assert_eq!(is_unchecked, [false, false, true, true], "{dry:#}");
    let report = apply_manifests(client, &manifests(&all), &options).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Created)), "{report:#}");

    for field in ["colour", "weight", "shape", "price", "origin"] {
        let property = format!("properties: {{size: {{type: integer, minimum: 1}}, {field}: {{type: string}}}}");
        let changed = crd(group).replace("properties: {size: {type: integer, minimum: 1}}", &property);
        assert!(changed.contains(field));
        let input = [changed, part(group, field, &format!("{{{field}: x}}"))];
        let report = apply_manifests(client, &manifests(&input), &options).await;
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        assert!(lines(&report)[1].ends_with(" created"), "{report:#}");
    }
    let deletion = DeleteManifestsOptions::new().namespace(&name);
    delete_manifests(client, &manifests(&all), &deletion).await.unwrap_or_else(|error| panic!("{error}"));
}

/// Verifies that a custom resource can be the parent of an ApplySet, and that members in several namespaces are pruned.
///
/// # Panics
/// If the parent is refused, or if a member is not pruned.
pub async fn custom_resource_is_an_apply_set_parent(backend: Backend, group: &str) {
    let client = backend.clients.client();
    let other = crate::backend::namespace(&backend.clients).await;
    let id = kube_client_runtime::manifests::apply_set_id(
        "parent",
        &backend.namespace,
        &kube_client_runtime::manifests::GroupKind::new(group, "Part"),
    );
    let parent = format!(
        "apiVersion: {group}/v1
kind: Part
metadata:
  name: parent
  labels: {{applyset.kubernetes.io/id: {id}}}
  annotations:
    applyset.kubernetes.io/tooling: kube-client-runtime/v0.1.0
    applyset.kubernetes.io/contains-group-kinds: \"\"
"
    );
    let base = [crd(group), parent];
    apply_manifests(client, &manifests(&base), &options(&backend)).await.unwrap_or_else(|error| panic!("{error}"));

    let set = ApplySet::resource(format!("parts.{group}"), "parent").namespace(&backend.namespace);
    let pruning = ApplyManifestsOptions::new("installer").apply_set(set);
    let inside = |name: &str, namespace: &str| {
        config_map(name, "1").replace("{name: ", &format!("{{namespace: {namespace}, name: "))
    };
    let first = [inside("one", &backend.namespace), inside("two", &other)];
    apply_manifests(client, &manifests(&first), &pruning).await.unwrap_or_else(|error| panic!("{error}"));
    let second = manifests(&[inside("one", &backend.namespace)]);
    let report = apply_manifests(client, &second, &pruning).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(lines(&report), ["configmap/one unchanged", "configmap/two pruned"]);

    let deletion = DeleteManifestsOptions::new().namespace(&backend.namespace);
    delete_manifests(client, &manifests(&base), &deletion).await.unwrap_or_else(|error| panic!("{error}"));
}
