//! What is refused.

use aigateway_client::runtime::client::{FieldValidation, Namespaced, Patch, PatchOptions};
use serde_json::json;

use crate::samples::Sample;

/// An invalid object is refused with the field that is wrong.
///
/// # Panics
/// If it is taken, or refused without the field.
pub async fn invalid_objects_are_refused_with_causes<K: Sample>(objects: Namespaced<K>) {
    let mut spoiled = K::sample("spoiled");
    let field = spoiled.spoil();
    let refused = objects.create(&spoiled).await.unwrap_err();
    assert!(refused.is_invalid(), "{refused}");
    assert!(refused.causes().iter().any(|cause| cause.field == field), "{field}: {:?}", refused.causes());

    objects.create(&K::sample("good")).await.unwrap();
    let unknown = Patch::Merge(json!({"spec": {"noSuchField": 1}}));
    let strict = PatchOptions::default().field_validation(FieldValidation::Strict);
    let refused = objects.patch("good", &unknown, &strict).await.unwrap_err();
    assert!(refused.to_string().contains("noSuchField"), "{refused}");
    objects.patch("good", &unknown, &PatchOptions::default().field_validation(FieldValidation::Ignore)).await.unwrap();

    let unversioned = objects.update(&K::sample("good")).await.unwrap_err();
    assert!(unversioned.is_invalid(), "an update without resource version: {unversioned}");
}

/// A name is a name, never a path.
///
/// # Panics
/// If a request is sent.
pub async fn names_that_leave_the_collection_are_refused<K: Sample>(objects: Namespaced<K>) {
    for name in ["", ".", "..", "a/b", "a?b", "a#b", "%2e"] {
        let refused = objects.get(name).await.unwrap_err();
        assert!(refused.status().is_none(), "{name}: {refused}");
    }
}
