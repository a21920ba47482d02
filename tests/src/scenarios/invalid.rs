//! Invalid objects and names.

use aigateway_client::runtime::client::{FieldValidation, Namespaced, Patch, PatchOptions};
use serde_json::json;

use crate::samples::Sample;

/// Verifies that an invalid object is refused with its invalid field as cause.
///
/// # Panics
/// If it is accepted, or if the field is missing.
pub async fn invalid_object_is_refused_with_causes<K: Sample>(objects: Namespaced<K>) {
    let mut invalid = K::sample("invalid");
    let field = invalid.invalidate();
    let refused = objects.create(&invalid).await.unwrap_err();
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

/// Verifies that names cannot change the path of a request.
///
/// # Panics
/// If a request is sent.
pub async fn names_with_path_syntax_are_refused<K: Sample>(objects: Namespaced<K>) {
    for name in ["", ".", "..", "a/b", "a?b", "a#b", "%2e"] {
        let refused = objects.get(name).await.unwrap_err();
        assert!(refused.status().is_none(), "{name}: {refused}");
    }
}
