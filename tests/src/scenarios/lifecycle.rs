//! The lifecycle of an object.

use aigateway_client::runtime::client::{
    DeleteOptions, DeleteResult, ListOptions, Namespaced, Patch, PatchOptions, WriteOptions,
};
use serde_json::json;

use crate::samples::{Sample, accepted};

/// Creates, reads, lists, updates, patches and deletes objects of one kind in one version.
///
/// # Panics
/// If a response differs from that of Kubernetes.
pub async fn lifecycle<K: Sample>(objects: Namespaced<K>) {
    let created = creation(&objects).await;
    let updated = updates(&objects, created).await;
    status(&objects, updated).await;
    patches(&objects).await;
    modification(&objects).await;
    deletion(&objects).await;
}

const NAME: &str = "one";

async fn creation<K: Sample>(objects: &Namespaced<K>) -> K {
    let sample = K::sample(NAME);
    let dry = objects.create_with(&sample, &WriteOptions::default().dry_run()).await.unwrap();
    assert!(dry.meta().uid.is_some() && dry.meta().resource_version.is_none());
    assert!(objects.get(NAME).await.unwrap_err().is_not_found());

    let created = objects.create_with(&sample, &WriteOptions::default().field_manager("scenario")).await.unwrap();
    assert_eq!(created.meta().generation, Some(1));
    let managers = created.meta().managed_fields.clone().unwrap_or_default();
    assert!(managers.iter().any(|entry| entry.manager.as_deref() == Some("scenario")));
    assert!(objects.create(&sample).await.unwrap_err().is_already_exists());
    assert_eq!(objects.get(NAME).await.unwrap(), created);
    assert_eq!(objects.get_opt("missing").await.unwrap(), None);
    created
}

async fn updates<K: Sample>(objects: &Namespaced<K>, created: K) -> K {
    let mut changed = created.clone();
    changed.change();
    changed.conditions().push(accepted());
    let updated = objects.update(&changed).await.unwrap();
    assert_eq!(updated.meta().generation, Some(2), "a change of the spec increments the generation");
    assert_eq!(objects.list(&ListOptions::default()).await.unwrap().items, std::slice::from_ref(&updated));
    assert!(updated.clone().conditions().is_empty(), "an update does not change the status");

    let mut stale = created;
    stale.change();
    stale.meta_mut().labels = Some([("too".to_owned(), "late".to_owned())].into());
    assert!(objects.update(&stale).await.unwrap_err().is_conflict());
    updated
}

async fn status<K: Sample>(objects: &Namespaced<K>, updated: K) {
    let mut with_status = updated.clone();
    with_status.conditions().push(accepted());
    with_status.meta_mut().labels = Some([("not".to_owned(), "written".to_owned())].into());
    let mut stored = objects.update_status(&with_status).await.unwrap();
    assert_eq!(*stored.conditions(), [accepted()]);
    assert_eq!(stored.meta().labels, updated.meta().labels, "a status update changes only the status");
    assert_eq!(stored.meta().generation, updated.meta().generation);
    assert!(objects.update_status(&with_status).await.unwrap_err().is_conflict(), "the version is stale");

    let mut condition = accepted();
    condition.message = "patched".to_owned();
    let patch = Patch::Merge(json!({"status": {"conditions": [condition]}}));
    let mut patched = objects.patch_status(NAME, &patch, &PatchOptions::default()).await.unwrap();
    assert_eq!(patched.conditions()[0].message, "patched");
    let mut modified =
        objects.modify_status(NAME, |object| object.conditions()[0].message = "modified".to_owned()).await.unwrap();
    assert_eq!(modified.conditions()[0].message, "modified");
}

async fn patches<K: Sample>(objects: &Namespaced<K>) {
    let label = |object: &K, name: &str| object.meta().labels.as_ref().and_then(|labels| labels.get(name)).cloned();
    let none = PatchOptions::default();

    let merge = Patch::Merge(json!({"metadata": {"labels": {"merge": "yes"}}}));
    assert_eq!(label(&objects.patch(NAME, &merge, &none).await.unwrap(), "merge").as_deref(), Some("yes"));

    let json = Patch::Json(
        json!([{"op": "test", "path": "/metadata/labels/merge", "value": "yes"}, {"op": "add", "path": "/metadata/labels/json", "value": "yes"}]),
    );
    assert_eq!(label(&objects.patch(NAME, &json, &none).await.unwrap(), "json").as_deref(), Some("yes"));
    let failing = Patch::Json(json!([{"op": "test", "path": "/metadata/labels/merge", "value": "no"}]));
    assert!(objects.patch(NAME, &failing, &none).await.is_err());

    let apply = |label: &str| {
        Patch::Apply(
            json!({"apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": {"labels": {label: "yes"}}}),
        )
    };
    let applied = objects.patch(NAME, &apply("applied"), &PatchOptions::manager("applier")).await.unwrap();
    assert_eq!(label(&applied, "applied").as_deref(), Some("yes"));
    let reapplied = objects.patch(NAME, &apply("instead"), &PatchOptions::manager("applier")).await.unwrap();
    assert_eq!(label(&reapplied, "applied"), None, "fields that a manager no longer applies are removed");

    let strategic = Patch::Strategic(json!({}));
    let refused = objects.patch(NAME, &strategic, &none).await.unwrap_err();
    assert_eq!(refused.status().map(|status| status.code), Some(415));
}

async fn modification<K: Sample>(objects: &Namespaced<K>) {
    let before = objects.get(NAME).await.unwrap();
    let untouched = objects.modify(NAME, |_| {}).await.unwrap();
    assert_eq!(untouched, before, "unchanged objects are not sent");

    let mut attempts = 0;
    let modified = objects.modify(NAME, |object| {
        attempts += 1;
        object.meta_mut().labels.get_or_insert_default().insert("modified".to_owned(), "yes".to_owned());
    });
    let modified = modified.await.unwrap();
    assert_eq!(attempts, 1);
    assert_ne!(modified.meta().resource_version, before.meta().resource_version);
    assert_eq!(modified.meta().generation, before.meta().generation);
}

async fn deletion<K: Sample>(objects: &Namespaced<K>) {
    let object = objects.get(NAME).await.unwrap();
    let wrong = DeleteOptions::default().uid("00000000-0000-0000-0000-000000000000");
    assert!(objects.delete_with(NAME, &wrong).await.unwrap_err().is_conflict());
    objects.delete_with(NAME, &DeleteOptions::default().dry_run()).await.unwrap();
    let uid = object.meta().uid.clone().unwrap_or_default();
    let version = object.meta().resource_version.clone().unwrap_or_default();
    let deleted =
        objects.delete_with(NAME, &DeleteOptions::default().uid(uid).resource_version(version)).await.unwrap();
    assert!(matches!(deleted, DeleteResult::Deleted(_)), "{deleted:?}");
    assert!(objects.delete(NAME).await.unwrap_err().is_not_found());

    let mut finalized = K::sample("finalized");
    finalized.meta_mut().finalizers = Some(vec!["example.com/hold".to_owned()]);
    objects.create(&finalized).await.unwrap();
    assert!(matches!(objects.delete("finalized").await.unwrap(), DeleteResult::Terminating(_)));
    objects.modify("finalized", |object| object.meta_mut().finalizers = None).await.unwrap();
    assert!(objects.get("finalized").await.unwrap_err().is_not_found(), "objects without finalizers are deleted");

    for name in ["a", "b", "c"] {
        let mut object = K::sample(name);
        object.meta_mut().labels = Some([("keep".to_owned(), (name == "c").to_string())].into());
        objects.create(&object).await.unwrap();
    }
    let selected = objects
        .delete_collection(&ListOptions::default().label_selector("keep=false"), &DeleteOptions::default())
        .await
        .unwrap();
    assert_eq!(selected.len(), 2);
    let remaining = objects.list(&ListOptions::default()).await.unwrap();
    let remaining: Vec<_> =
        remaining.items.iter().map(|object| object.meta().name.as_deref().unwrap_or_default()).collect();
    assert_eq!(remaining, ["c"]);
}
