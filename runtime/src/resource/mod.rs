//! Objects: information about their kind, serde, and kube's traits.

mod builtin;
mod builtin_conditions;
mod condition_names;
mod cow_str;
mod info;
mod object;
mod selectable;

pub use cow_str::cow_str;
pub use info::{CustomKind, HasScaleSubresource, HasStatusSubresource, KindInfo, Scope};
pub use object::{ReadObject, check_type_meta, next_key};
pub use selectable::SelectableField;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// Parses an embedded CRD: comment lines, then JSON.
///
/// # Panics
/// Panics if the text is not a valid CRD. Generators embed only CRDs that they have parsed, and the tests of an emitted
/// crate parse them again.
pub fn crd(embedded: &str) -> CustomResourceDefinition {
    let json = embedded.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    match serde_json::from_str(json) {
        Ok(crd) => crd,
        Err(error) => panic!("embedded CRD is not valid: {error}"),
    }
}
