//! The versions of a client.

use kube_structural_schema::{Crd, Version};

/// Returns the versions of a client: the served ones, or all if none is served, because the CRD may be an old one.
pub(crate) fn versions(crd: &Crd) -> impl Iterator<Item = &Version> {
    let any_served = crd.versions.iter().any(|version| version.served);
    crd.versions.iter().filter(move |version| version.served || !any_served)
}
