//! Create, update, patch, apply, delete.

use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::{refused, server, widget, widgets};

#[tokio::test]
async fn what_is_created_is_as_a_server_keeps_it() {
    let api = widgets(&server().client());
    let made = api.create(&PostParams::default(), &widget("a", json!({"typo": 1}))).await.expect("created");
    assert_eq!(made.data["spec"], json!({"size": 1}));
    let metadata = &made.metadata;
    assert_eq!((metadata.generation, metadata.namespace.as_deref()), (Some(1), Some("default")));
    assert!(metadata.uid.is_some() && metadata.creation_timestamp.is_some() && metadata.resource_version.is_some());
    assert_eq!(api.get("a").await.expect("there"), made);
}

#[tokio::test]
async fn a_name_is_taken_once_and_made_where_asked() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    api.create(&post, &widget("a", json!({}))).await.expect("created");
    let (code, reason, message) = refused(api.create(&post, &widget("a", json!({}))).await);
    assert_eq!((code, reason.as_str()), (409, "AlreadyExists"));
    assert_eq!(message, "widgets.example.com \"a\" already exists");

    let mut unnamed = widget("", json!({}));
    unnamed.metadata.generate_name = Some("w-".to_owned());
    let made = api.create(&post, &unnamed).await.expect("created");
    let name = made.metadata.name.expect("a name");
    assert!(name.len() == 7 && name.starts_with("w-"), "{name}");
}

#[tokio::test]
async fn what_breaks_the_schema_or_a_rule_is_refused_in_the_servers_words() {
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
async fn a_transition_rule_guards_updates() {
    let api = widgets(&server().client());
    let post = PostParams::default();
    let mut made = api.create(&post, &widget("a", json!({"class": "x"}))).await.expect("created");
    made.data["spec"]["class"] = "y".into();
    let (code, _, message) = refused(api.replace("a", &post, &made).await);
    assert_eq!(code, 422);
    assert_eq!(message, "Widget.example.com \"a\" is invalid: spec.class: Invalid value: \"y\": class is immutable");
}

#[tokio::test]
async fn who_writes_what_is_old_is_told_so() {
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
async fn a_write_that_changes_nothing_makes_no_version() {
    let api = widgets(&server().client());
    let made = api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    let same = api.replace("a", &PostParams::default(), &made).await.expect("replaced");
    assert_eq!(same.metadata.resource_version, made.metadata.resource_version);
    let patch = Patch::Merge(json!({"spec": {"size": 1}}));
    let same = api.patch("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(same.metadata.resource_version, made.metadata.resource_version);
}

#[tokio::test]
async fn the_status_is_written_on_its_own() {
    let api = widgets(&server().client());
    let mut object = widget("a", json!({}));
    object.data["status"] = json!({"ready": true});
    let made = api.create(&PostParams::default(), &object).await.expect("created");
    assert_eq!(made.data.get("status"), None);
    let patch = Patch::Merge(json!({"spec": {"size": 9}, "status": {"ready": true}}));
    let patched = api.patch_status("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(patched.data["status"], json!({"ready": true}));
    assert_eq!(patched.data["spec"], json!({"size": 1}));
    assert_eq!(patched.metadata.generation, Some(1));
}

#[tokio::test]
async fn appliers_own_what_they_apply() {
    let api = widgets(&server().client());
    let of = |size: i32| Patch::Apply(widget("a", json!({"size": size, "parts": [{"name": "p", "weight": size}]})));
    let made = api.patch("a", &PatchParams::apply("one"), &of(1)).await.expect("applied");
    let again = api.patch("a", &PatchParams::apply("one"), &of(1)).await.expect("applied");
    assert_eq!(again.metadata.resource_version, made.metadata.resource_version);
    let (code, reason, message) = refused(api.patch("a", &PatchParams::apply("two"), &of(2)).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert_eq!(
        message,
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.size\n- .spec.parts[name=\"p\"].weight"
    );
    let taken = api.patch("a", &PatchParams::apply("two").force(), &of(2)).await.expect("forced");
    assert_eq!(taken.data["spec"]["size"], 2);
    let mine = Patch::Apply(widget("a", json!({})));
    let left = api.patch("a", &PatchParams::apply("two"), &mine).await.expect("applied");
    assert_eq!(left.data["spec"]["parts"], json!([{"name": "p"}]), "the first still owns the item");
}

#[tokio::test]
async fn an_object_with_finalizers_waits_for_them() {
    let api = widgets(&server().client());
    let mut object = widget("a", json!({}));
    object.metadata.finalizers = Some(vec!["example.com/clean".to_owned()]);
    api.create(&PostParams::default(), &object).await.expect("created");
    api.delete("a", &DeleteParams::default()).await.expect("deleted");
    let waiting = api.get("a").await.expect("still there");
    assert!(waiting.metadata.deletion_timestamp.is_some());
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch("a", &PatchParams::default(), &patch).await.expect("patched");
    assert_eq!(refused(api.get("a").await).0, 404);
}

#[tokio::test]
async fn a_dry_run_leaves_nothing() {
    let api = widgets(&server().client());
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let made = api.create(&dry, &widget("a", json!({}))).await.expect("would be created");
    assert_eq!(made.data["spec"]["size"], 1);
    assert_eq!(refused(api.get("a").await).0, 404);
}

#[tokio::test]
async fn resources_inside_of_resources_are_looked_at_as_resources() {
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
    let made =
        create(json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "x", "unknown": 1}, "free": 1})).await;
    let held = made.expect("created").data["held"].clone();
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
