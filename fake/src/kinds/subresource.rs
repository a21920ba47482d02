//! Subresources of objects.

use kube_structured_merge::Set;

use super::Rules;

/// A part of an object with its own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subresource {
    /// The object itself.
    None,
    Status,
    Scale,
    Finalize,
}

impl Subresource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Subresource::None => "",
            Subresource::Status => "status",
            Subresource::Scale => "scale",
            Subresource::Finalize => "finalize",
        }
    }

    /// Returns the fields that writes to this subresource cannot change: `status` of objects with that subresource, and
    /// all other fields through it.
    pub(crate) fn reset_fields(self, rules: Rules) -> Set {
        match self {
            Subresource::Status if rules == Rules::Namespace => Set::from_fields([["spec"].as_slice()]),
            Subresource::Status => Set::from_fields([["metadata"].as_slice(), &["spec"]]),
            _ => Set::from_fields([["status"].as_slice()]),
        }
    }
}
