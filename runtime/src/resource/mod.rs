//! The object itself: what is known of its kind, its serde, and kube's traits.

mod builtin;
mod info;
mod object;
mod text;

pub use info::{CustomKind, HasStatusSubresource, KindInfo, Scope};
pub use object::{ReadObject, check, field};
pub use text::text;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// Reads a CRD that a generator has embedded: lines of comment, then JSON.
///
/// # Panics
/// If the text is something else. Generators embed what they have read themselves, and the tests of an emitted crate read
/// it back.
pub fn crd(embedded: &str) -> CustomResourceDefinition {
    let json = embedded.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    match serde_json::from_str(json) {
        Ok(crd) => crd,
        Err(error) => panic!("an embedded CRD is no CRD: {error}"),
    }
}
