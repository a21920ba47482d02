//! Resolution of references.

use super::{Grant, Reference, granted};
use crate::inventory::Inventory;
use crate::kinds::GATEWAY_API;

/// What a reference leads to.
#[derive(Clone, Debug)]
pub(crate) enum Resolution {
    /// To an object.
    Found,
    /// The object does not exist.
    Missing,
    /// The inventory contains no object of the kind, so that nothing is known about this one.
    Unverified,
    /// The Secret lacks the key.
    MissingKey(&'static str),
    /// The object is in another namespace, and no ReferenceGrant permits the reference.
    NotGranted(Grant),
    /// The object is in another namespace, and the inventory contains no ReferenceGrants.
    GrantUnverified(Grant),
}

/// Resolves a reference.
pub(crate) fn resolve(inventory: &Inventory, reference: &Reference) -> Resolution {
    let target = &reference.target;
    let Some(found) = inventory.find(target) else {
        let is_known = inventory.knows(&target.group, &target.kind);
        return if is_known { Resolution::Missing } else { Resolution::Unverified };
    };
    if let Some(grant) = reference.grant.as_ref().filter(|grant| !granted(inventory, grant)) {
        return not_granted(inventory, grant.clone());
    }
    match reference.key.filter(|key| !found.has_key(key)) {
        Some(key) => Resolution::MissingKey(key),
        None => Resolution::Found,
    }
}

/// Returns the resolution of a reference without a ReferenceGrant.
pub(crate) fn not_granted(inventory: &Inventory, grant: Grant) -> Resolution {
    let is_known = inventory.knows(GATEWAY_API, "ReferenceGrant");
    if is_known { Resolution::NotGranted(grant) } else { Resolution::GrantUnverified(grant) }
}

impl Resolution {
    /// Returns what is wrong with a reference, and whether it is certain.
    pub(crate) fn problem(&self, reference: &Reference) -> Option<(String, bool)> {
        let Reference { field, target, .. } = reference;
        match self {
            Resolution::Found => None,
            Resolution::Missing => Some((format!("{field}: {target} does not exist"), true)),
            Resolution::Unverified => {
                let kind = &target.kind;
                Some((format!("{field}: {target} is not verified: the input contains no {kind}"), false))
            }
            Resolution::MissingKey(key) => Some((format!("{field}: {target} has no key {key:?}"), true)),
            Resolution::NotGranted(grant) => Some((format!("{field}: {grant}"), true)),
            Resolution::GrantUnverified(grant) => {
                Some((format!("{field}: the input contains no ReferenceGrant: {grant}"), false))
            }
        }
    }

    /// Returns what to do about a problem.
    pub(crate) fn remedy(&self, reference: &Reference) -> String {
        let target = &reference.target;
        match self {
            Resolution::MissingKey(key) => format!("add the key {key:?} to {target}"),
            Resolution::NotGranted(grant) | Resolution::GrantUnverified(grant) => {
                format!("create the ReferenceGrant:\n{}", grant.yaml())
            }
            _ => format!("create {target}, or correct {}", reference.field),
        }
    }
}
