//! Lists as streams, waits, `create_or_update`, finalizers, owners, scale and selectable fields.

use std::time::Duration;

use aigateway_client::runtime::client::wait::{Combine, WaitOptions, condition, deleted_uid, exists};
use aigateway_client::runtime::client::{ListOptions, Namespaced, OperationResult, Patch, PatchOptions};
use aigateway_client::runtime::owners::{is_controlled_by, set_controller_reference};
use aigateway_client::runtime::selector::{FieldSelector, Selector};
use aigateway_client::runtime::types::{Condition, HasConditions};
use futures::TryStreamExt;
use kube_client_runtime::install::{InstallOptions, install};
use serde_json::json;
use zoo_client::zoo::v1::{Animal, AnimalSpec, AnimalStrings};

use crate::backend::Backend;
use crate::samples::Sample;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Lists objects with selectors that are built, as a stream over several pages.
///
/// # Panics
/// If an object is missing, repeated or not selected.
pub async fn streams_list_each_selected_object_once<K: Sample>(objects: Namespaced<K>) {
    for (name, tier) in [("a", "gold"), ("b", "silver"), ("c", "gold"), ("d", "bronze"), ("e", "gold")] {
        let mut object = K::sample(name);
        object.meta_mut().labels = Some([("tier".to_owned(), tier.to_owned())].into());
        objects.create(&object).await.unwrap();
    }
    let options = ListOptions::default()
        .label_selector(Selector::everything().one_of("tier", ["gold", "silver"]).not_equal("tier", "silver"))
        .field_selector(
            FieldSelector::<K>::everything().not_equal(kube_client_runtime::resource::SelectableField::NAME, "c"),
        )
        .limit(1_u32);
    let found: Vec<K> = objects.items(&options).try_collect().await.unwrap();
    assert_eq!(found.iter().filter_map(|object| object.meta().name.as_deref()).collect::<Vec<_>>(), ["a", "e"]);
    let invalid = ListOptions::default().label_selector(Selector::everything().equal("tier", "gold,a=b"));
    assert!(objects.list(&invalid).await.unwrap_err().is_bad_request(), "a value never becomes another requirement");
}

/// Waits for conditions, and for a deletion.
///
/// # Panics
/// If a wait ends too early or not at all.
pub async fn waits_end_when_the_condition_is_met<K: Sample + HasConditions>(objects: Namespaced<K>) {
    let created = objects.create(&K::sample("one")).await.unwrap();
    let accepted = || exists().and(condition("Accepted", "True")).fail_if(condition("NotAccepted", "True"));
    let report = |type_: &'static str| {
        let objects = objects.clone();
        async move {
            objects
                .modify_status("one", |object| {
                    object.remove_condition("Accepted");
                    object.set_condition(Condition::new(type_, "True", type_));
                })
                .await
                .unwrap()
        }
    };
    let options = WaitOptions::new(TIMEOUT).after(&created);
    let (waited, written) = tokio::join!(objects.wait_for("one", accepted(), options), report("Accepted"));
    let waited = waited.unwrap().expect("the object exists");
    assert_eq!(waited.meta().resource_version, written.meta().resource_version);

    let options = WaitOptions::new(TIMEOUT).after(&report("NotAccepted").await);
    let failed = objects.wait_for("one", accepted(), options).await.unwrap_err();
    assert!(failed.is_failed() && failed.to_string().contains("condition NotAccepted is True"), "{failed}");

    let gone = deleted_uid(created.meta().uid.clone().unwrap_or_default());
    let (waited, deleted) = tokio::join!(objects.wait_for("one", gone, TIMEOUT), objects.delete("one"));
    deleted.unwrap();
    assert_eq!(waited.unwrap(), None);
}

/// Creates, changes and owns objects as a controller does.
///
/// # Panics
/// If the result is wrong.
pub async fn controllers_write_idempotently<K: Sample>(objects: Namespaced<K>) {
    let owner = objects.create(&K::sample("owner")).await.unwrap();
    let namespace = objects.namespace().map(str::to_owned);
    let mutate = |object: &mut K| {
        object.meta_mut().namespace.clone_from(&namespace);
        object.change();
        set_controller_reference(&owner, &(), object).unwrap();
    };
    let wanted = K::sample("one");
    let (_, created) = objects.create_or_update(&wanted, mutate).await.unwrap();
    let (_, again) = objects.create_or_patch(&wanted, mutate).await.unwrap();
    assert_eq!([created, again], [OperationResult::Created, OperationResult::Unchanged]);
    let label = |object: &mut K| object.meta_mut().labels = Some([("a".to_owned(), "b".to_owned())].into());
    let (_, updated) = objects.create_or_update(&wanted, label).await.unwrap();
    let (stored, patched) = objects.create_or_patch(&wanted, |object| object.meta_mut().labels = None).await.unwrap();
    assert_eq!([updated, patched], [OperationResult::Updated, OperationResult::Updated]);
    assert!(is_controlled_by(&stored, &owner));

    let with = objects.add_finalizer(&stored, "example.com/ours").await.unwrap().expect("changed");
    assert_eq!(objects.add_finalizer(&with, "example.com/ours").await.unwrap(), None);
    objects.add_finalizer(&stored, "example.com/other").await.unwrap().expect("changed");
    let without = objects.remove_finalizer(&with, "example.com/ours").await.unwrap().expect("changed");
    assert_eq!(without.meta().finalizers, Some(vec!["example.com/other".to_owned()]));
    objects.delete("one").await.unwrap();
    let late = objects.add_finalizer(&without, "example.com/late").await.unwrap_err();
    assert!(late.is_invalid() || late.is_conflict(), "{late}");
    objects.remove_finalizer(&without, "example.com/other").await.unwrap();
    assert_eq!(objects.get_opt("one").await.unwrap(), None);
}

/// Scales an object of a kind with the scale subresource, and selects it by a field of its CRD.
///
/// # Panics
/// If the replicas or the selected objects are wrong.
pub async fn scale_and_selectable_fields_of_a_crd_are_usable(backend: Backend) {
    let client = backend.clients.client();
    let animals: Vec<_> = zoo_client::crds().into_iter().filter(|crd| crd.spec.names.kind == "Animal").collect();
    install(client, &animals, &InstallOptions::default()).await.unwrap();
    let animals = client.cluster::<Animal>();
    // The kind is cluster-scoped: the name of the namespace is unique.
    let name = &backend.namespace;
    let plain = format!("{name},metadata.name=\\");
    let spec = AnimalSpec { strings: Some(AnimalStrings::default().plain(&*plain).into()), ..AnimalSpec::default() };
    animals.create(&Animal::new(name, spec)).await.unwrap();

    let mut scale = animals.get_scale(name).await.unwrap();
    assert_eq!(scale.spec.as_ref().and_then(|spec| spec.replicas), Some(1), "the default of the CRD");
    scale.spec.get_or_insert_default().replicas = Some(3);
    animals.update_scale(&scale).await.unwrap();
    assert!(animals.update_scale(&scale).await.unwrap_err().is_conflict(), "the version is that of the first read");
    // Not an apply: for custom resources, kube-apiserver 1.37 answers that with an error 500.
    let patch = Patch::Merge(json!({"spec": {"replicas": 5}}));
    let scaled = animals.patch_scale(name, &patch, &PatchOptions::manager("hpa")).await.unwrap();
    assert_eq!(scaled.spec.and_then(|spec| spec.replicas), Some(5));
    assert_eq!(animals.get(name).await.unwrap().spec.replicas, Some(5));

    for (selector, expected) in [
        (FieldSelector::everything().equal(Animal::SPEC_STRINGS_PLAIN, &*plain), 1),
        (FieldSelector::everything().equal(Animal::SPEC_STRINGS_PLAIN, name), 0),
    ] {
        let found = animals.list(&ListOptions::default().field_selector(&selector)).await.unwrap();
        assert_eq!(found.items.len(), expected, "{selector}");
    }
    animals.delete(name).await.unwrap();
}
