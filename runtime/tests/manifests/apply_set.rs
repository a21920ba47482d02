//! Tests of the parents of ApplySets.

use kube_client_runtime::client::{Client, Patch, PatchOptions};
use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::manifests::{ApplySet, ApplySetError, ManifestsError, Report, apply_manifests};
use serde_json::{Value, json};

use super::{client, manifests, map, object, options, outcomes, problems, server, widgets};

fn refused(result: Result<Report, ManifestsError>) -> ApplySetError {
    match result {
        Err(ManifestsError::ApplySet(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn apply(client: &Client, set: ApplySet) -> Result<Report, ManifestsError> {
    apply_manifests(client, &manifests([map("a", "")]), &options().apply_set(set)).await
}

const ID: &str = "applyset-kdySOVBWs584aaOTmku9Ul1xDuN7LXBjs-R96jQcisk-v1";

/// A parent Secret with these annotations and this id.
fn parent(annotations: &Value, id: Option<&str>) -> Secret {
    let labels = id.map(|id| json!({"applyset.kubernetes.io/id": id}));
    let metadata = json!({"name": "my-set", "annotations": annotations, "labels": labels});
    serde_json::from_value(json!({"metadata": metadata})).unwrap()
}

#[tokio::test]
async fn unusable_parents_are_refused_before_anything_is_applied() {
    let tooling = json!({"applyset.kubernetes.io/tooling": "kube-client-runtime/v0.0.1"});
    let foreign = json!({"applyset.kubernetes.io/tooling": "example.com/tool/v1"});
    for (parent, expected) in [
        (
            parent(&json!({}), Some(ID)),
            r#"secret/my-set exists and is not an ApplySet parent, because it has no "applyset.kubernetes.io/tooling": use another name"#,
        ),
        (
            parent(&foreign, Some(ID)),
            r#"the ApplySet secret/my-set is managed by "example.com/tool", not by "kube-client-runtime": use another parent, or set that tooling to take it over"#,
        ),
        (
            parent(&tooling, None),
            r#"secret/my-set exists and is not an ApplySet parent, because it has no "applyset.kubernetes.io/id": use another name"#,
        ),
        (
            parent(&tooling, Some("other")),
            &format!(
                r#"the ApplySet parent secret/my-set has the id "other" instead of "{ID}" in the label "applyset.kubernetes.io/id": was it copied? use another parent"#
            ),
        ),
        (
            parent(&tooling, Some(ID)),
            r#"secret/my-set exists and is not an ApplySet parent, because it has no "applyset.kubernetes.io/contains-group-kinds": use another name"#,
        ),
    ] {
        let server = server();
        let client = client(&server);
        client.namespaced::<Secret>("default").create(&parent).await.unwrap();
        let recording = server.record();
        let error = refused(apply(&client, ApplySet::secret("default", "my-set")).await);
        assert_eq!(error.to_string(), expected);
        assert!(recording.writes().is_empty());
    }
}

#[tokio::test]
async fn parent_must_be_of_a_permitted_kind_and_exist() {
    let server = server();
    let client = client(&server);
    assert_eq!(ApplySet::parse("secrets./my-set").namespace("shop"), ApplySet::secret("shop", "my-set"));
    let error = refused(apply(&client, ApplySet::parse("my-set")).await);
    assert!(matches!(error, ApplySetError::NamespaceRequired(_)), "{error}");
    let error = refused(apply(&client, ApplySet::parse("gadgets.example.com/x").namespace("default")).await);
    assert!(matches!(error, ApplySetError::UnknownParent(_)), "{error}");
    let error = refused(apply(&client, ApplySet::parse("deployments.apps/x").namespace("default")).await);
    assert!(matches!(&error, ApplySetError::NotPermitted(resource) if resource == "deployments.apps"), "{error}");
    // The namespace of the parent is not created.
    let error = refused(apply(&client, ApplySet::secret("absent", "my-set")).await);
    assert!(error.to_string().contains(r#"namespaces "absent" not found"#), "{error}");
}

#[tokio::test]
async fn custom_resource_can_be_a_parent_if_its_crd_is_labelled() {
    let server = server();
    let client = client(&server);
    let set = || ApplySet::parse("widgets.example.com/w").namespace("default");
    let mut crd = widgets();
    apply_manifests(&client, &manifests([crd.clone()]), &options()).await.unwrap();
    let error = refused(apply(&client, set()).await);
    assert!(matches!(&error, ApplySetError::NotPermitted(resource) if resource == "widgets.example.com"), "{error}");

    crd["metadata"]["labels"] = json!({"applyset.kubernetes.io/is-parent-type": "true"});
    apply_manifests(&client, &manifests([crd]), &options()).await.unwrap();
    let error = refused(apply(&client, set()).await);
    assert!(matches!(error, ApplySetError::ParentMissing(_)), "{error}");

    // Like kubectl, a parent needs the label and the annotations, also before its first use.
    let mut parent = object("example.com/v1", "Widget", "w");
    let id = kube_client_runtime::manifests::apply_set_id(
        "w",
        "default",
        &kube_client_runtime::manifests::GroupKind::new("example.com", "Widget"),
    );
    parent["metadata"]["labels"] = json!({"applyset.kubernetes.io/id": id});
    parent["metadata"]["annotations"] = json!({
        "applyset.kubernetes.io/tooling": "kube-client-runtime/v0.1.0",
        "applyset.kubernetes.io/contains-group-kinds": "",
    });
    apply_manifests(&client, &manifests([parent]), &options()).await.unwrap();
    let report = apply(&client, set()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/a created"]);
}

#[tokio::test]
async fn annotations_of_another_manager_are_taken_over_with_a_warning() {
    let server = server();
    let client = client(&server);
    apply(&client, ApplySet::config_map("default", "my-set")).await.unwrap();
    let theirs = json!({"metadata": {"annotations": {
        "applyset.kubernetes.io/contains-group-kinds": "ConfigMap,Secret",
        "applyset.kubernetes.io/contains-group-resources": "configmaps",
    }}});
    let maps = client.namespaced::<ConfigMap>("default");
    maps.patch("my-set", &Patch::Merge(theirs), &PatchOptions::manager("editor")).await.unwrap();
    let report = apply(&client, ApplySet::config_map("default", "my-set")).await.unwrap();
    let warnings = report.apply_set.map(|set| set.warnings).unwrap_or_default();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("fields of the ApplySet parent were taken over: "), "{warnings:?}");
}

#[tokio::test]
async fn set_of_an_old_kubectl_is_read() {
    let server = server();
    let client = client(&server);
    let annotations = json!({
        "applyset.kubernetes.io/tooling": "kubectl/v1.27.0",
        "applyset.kubernetes.io/contains-group-resources": "configmaps,roles.rbac.authorization.k8s.io",
    });
    let parent = serde_json::to_value(parent(&annotations, Some(ID))).unwrap();
    let options = PatchOptions::manager("kubectl-applyset");
    client.namespaced::<Secret>("default").patch("my-set", &Patch::Apply(parent), &options).await.unwrap();
    let mut member = map("old", "");
    member["metadata"]["labels"] = json!({"applyset.kubernetes.io/part-of": ID});
    apply_manifests(&client, &manifests([member]), &super::options()).await.unwrap();

    let report = apply(&client, ApplySet::secret("default", "my-set").tooling("kubectl", "v1.37.2")).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/a created", "configmap/old pruned"]);
    let parent = client.namespaced::<Secret>("default").get("my-set").await.unwrap();
    let annotations = parent.metadata.annotations.unwrap_or_default();
    assert!(!annotations.contains_key("applyset.kubernetes.io/contains-group-resources"), "{annotations:?}");
    assert_eq!(annotations["applyset.kubernetes.io/tooling"], "kubectl/v1.37.2");
}

#[tokio::test]
async fn manifest_with_the_label_of_a_set_is_a_problem() {
    let mut member = map("a", "");
    member["metadata"]["labels"] = json!({"applyset.kubernetes.io/part-of": ID});
    let options = options().apply_set(ApplySet::secret("default", "my-set"));
    let found = problems(apply_manifests(&client(&server()), &manifests([member]), &options).await);
    let expected =
        r#"0: the manifest has the label "applyset.kubernetes.io/part-of", which is set for the ApplySet: remove it"#;
    assert_eq!(found, [expected]);
}
