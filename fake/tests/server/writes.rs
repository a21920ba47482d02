//! Create, update, patch, apply, delete.

use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::{refused, server, widget, widgets};

#[tokio::test]
async fn create_returns_the_stored_object() {
    let api = widgets(&server().client());
    let created = api.create(&PostParams::default(), &widget("a", json!({"typo": 1}))).await.expect("created");
    assert_eq!(created.data["spec"], json!({"size": 1}));
    let metadata = &created.metadata;
    assert_eq!((metadata.generation, metadata.namespace.as_deref()), (Some(1), Some("default")));
    assert!(metadata.uid.is_some() && metadata.creation_timestamp.is_some() && metadata.resource_version.is_some());
    assert_eq!(api.get("a").await.expect("object exists"), created);
}

#[tokio::test]
async fn duplicate_name_returns_already_exists_and_generate_name_creates_one() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    api.create(&post, &widget("a", json!({}))).await.expect("created");
    let (code, reason, message) = refused(api.create(&post, &widget("a", json!({}))).await);
    assert_eq!((code, reason.as_str()), (409, "AlreadyExists"));
    assert_eq!(message, "widgets.example.com \"a\" already exists");

    let mut unnamed = widget("", json!({}));
    unnamed.metadata.generate_name = Some("w-".to_owned());
    let created = api.create(&post, &unnamed).await.expect("created");
    let name = created.metadata.name.expect("a name");
    assert!(name.len() == 7 && name.starts_with("w-"), "{name}");
}

#[tokio::test]
async fn invalid_object_returns_the_message_of_kube_apiserver() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    let (code, _, message) = refused(api.create(&post, &widget("a", json!({"size": -1}))).await);
    assert_eq!(code, 422);
    assert_eq!(
        message,
        "Widget.example.com \"a\" is invalid: spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0"
    );
    let (_, _, message) = refused(api.create(&post, &widget("a", json!({"size": 1, "least": 2}))).await);
    assert_eq!(message, "Widget.example.com \"a\" is invalid: spec: Invalid value: least is more than size");
}

#[tokio::test]
async fn transition_rule_is_checked_on_update() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    let mut created = api.create(&post, &widget("a", json!({"class": "x"}))).await.expect("created");
    created.data["spec"]["class"] = "y".into();
    let (code, _, message) = refused(api.replace("a", &post, &created).await);
    assert_eq!(code, 422);
    assert_eq!(message, "Widget.example.com \"a\" is invalid: spec.class: Invalid value: \"y\": class is immutable");
}

#[tokio::test]
async fn stale_update_returns_conflict() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    let old = api.create(&post, &widget("a", json!({}))).await.expect("created");
    let mut new = old.clone();
    new.data["spec"]["size"] = 2.into();
    let new = api.replace("a", &post, &new).await.expect("replaced");
    assert_eq!(new.metadata.generation, Some(2));
    let (code, reason, _) = refused(api.replace("a", &post, &old).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
}

#[tokio::test]
async fn unchanged_write_keeps_the_resource_version() {
    let api = widgets(&server().client());
    let created = api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    let same = api.replace("a", &PostParams::default(), &created).await.expect("replaced");
    assert_eq!(same.metadata.resource_version, created.metadata.resource_version);
    let patch = Patch::Merge(json!({"spec": {"size": 1}}));
    let same = api.patch("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(same.metadata.resource_version, created.metadata.resource_version);
}

#[tokio::test]
async fn status_is_written_only_through_its_subresource() {
    let api = widgets(&server().client());
    let mut object = widget("a", json!({}));
    object.data["status"] = json!({"ready": true});
    let created = api.create(&PostParams::default(), &object).await.expect("created");
    assert_eq!(created.data.get("status"), None);
    let patch = Patch::Merge(json!({"spec": {"size": 9}, "status": {"ready": true}}));
    let patched = api.patch_status("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(patched.data["status"], json!({"ready": true}));
    assert_eq!(patched.data["spec"], json!({"size": 1}));
    assert_eq!(patched.metadata.generation, Some(1));
}

#[tokio::test]
async fn applied_fields_are_owned_by_their_field_manager() {
    let api = widgets(&server().client());
    let config = |size: i32| Patch::Apply(widget("a", json!({"size": size, "parts": [{"name": "p", "weight": size}]})));
    let created = api.patch("a", &PatchParams::apply("one"), &config(1)).await.expect("applied");
    let again = api.patch("a", &PatchParams::apply("one"), &config(1)).await.expect("applied");
    assert_eq!(again.metadata.resource_version, created.metadata.resource_version);
    let (code, reason, message) = refused(api.patch("a", &PatchParams::apply("two"), &config(2)).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert_eq!(
        message,
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.size\n- .spec.parts[name=\"p\"].weight"
    );
    let forced = api.patch("a", &PatchParams::apply("two").force(), &config(2)).await.expect("forced");
    assert_eq!(forced.data["spec"]["size"], 2);
    let fewer_fields = Patch::Apply(widget("a", json!({})));
    let applied = api.patch("a", &PatchParams::apply("two"), &fewer_fields).await.expect("applied");
    assert_eq!(applied.data["spec"]["parts"], json!([{"name": "p"}]), "manager `one` still owns the item");
}

#[tokio::test]
async fn deletion_waits_for_finalizers() {
    let api = widgets(&server().client());
    let mut object = widget("a", json!({}));
    object.metadata.finalizers = Some(vec!["example.com/clean".to_owned()]);
    api.create(&PostParams::default(), &object).await.expect("created");
    api.delete("a", &DeleteParams::default()).await.expect("deleted");
    let waiting = api.get("a").await.expect("still exists");
    assert!(waiting.metadata.deletion_timestamp.is_some());
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(refused(api.get("a").await).0, 404);
}

#[tokio::test]
async fn dry_run_stores_nothing() {
    let api = widgets(&server().client());
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let created = api.create(&dry, &widget("a", json!({}))).await.expect("dry run succeeds");
    assert_eq!(created.data["spec"]["size"], 1);
    assert_eq!(refused(api.get("a").await).0, 404);
}

#[tokio::test]
async fn embedded_resources_are_validated_and_pruned() {
    const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: holders.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Holder, plural: holders}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          held: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
";
    let client = kube_fake_apiserver::FakeApiServer::builder().crds_yaml(CRD).build().expect("a server").client();
    let resource = super::resource("example.com", "v1", "Holder", "holders");
    let api: kube::Api<kube::api::DynamicObject> = kube::Api::default_namespaced_with(client, &resource);
    let create = async |held: serde_json::Value| {
        let object = json!({
            "apiVersion": "example.com/v1", "kind": "Holder", "metadata": {"generateName": "h-"}, "held": held,
        });
        let object = serde_json::from_value(object).expect("a holder");
        api.create(&kube::api::PostParams::default(), &object).await
    };
    let created =
        create(json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "x", "unknown": 1}, "free": 1})).await;
    let held = created.expect("created").data["held"].clone();
    assert_eq!(held, json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "x"}, "free": 1}));
    let (code, _, message) =
        super::refused(create(json!({"kind": "not a kind", "metadata": {"labels": {"a": "!"}}})).await);
    assert_eq!(code, 422);
    for part in [
        "held.apiVersion: Required value",
        "held.kind: Invalid value: \"not a kind\"",
        "held.metadata.labels: Invalid value: \"!\"",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}
