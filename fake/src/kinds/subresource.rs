//! Subresources of objects.

use kube_structured_merge::Set;

use super::builtin::strategy;
use super::{Kind, Rules};

/// A part of an object with its own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subresource {
    /// The object itself.
    None,
    Status,
    Scale,
    Finalize,
    /// The conditions of a certificate signing request.
    Approval,
    /// The ephemeral containers of a pod.
    EphemeralContainers,
    /// The resources of a pod's containers.
    Resize,
    /// Assigns a pod to a node.
    Binding,
    /// Deletes a pod if its disruption budget permits that.
    Eviction,
    /// Issues a token of a service account.
    Token,
}

impl Subresource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Subresource::None => "",
            Subresource::Status => "status",
            Subresource::Scale => "scale",
            Subresource::Finalize => "finalize",
            Subresource::Approval => "approval",
            Subresource::EphemeralContainers => "ephemeralcontainers",
            Subresource::Resize => "resize",
            Subresource::Binding => "binding",
            Subresource::Eviction => "eviction",
            Subresource::Token => "token",
        }
    }

    /// Returns the subresource of a built-in kind that this server supports.
    pub(crate) fn of_builtin(name: &str) -> Option<Self> {
        let all = [
            Subresource::Status,
            Subresource::Scale,
            Subresource::Finalize,
            Subresource::Approval,
            Subresource::EphemeralContainers,
            Subresource::Resize,
            Subresource::Binding,
            Subresource::Eviction,
            Subresource::Token,
        ];
        all.into_iter().find(|subresource| subresource.name() == name)
    }

    /// Whether it is a part of the object that is read and updated.
    pub(crate) fn is_part(self) -> bool {
        !matches!(self, Subresource::None | Subresource::Binding | Subresource::Eviction | Subresource::Token)
    }

    /// Returns the fields that writes to this subresource cannot change: `status` of objects with that subresource, and
    /// all other fields through it.
    pub(crate) fn reset_fields(self, kind: &Kind) -> Set {
        match self {
            Subresource::Status => status_reset_fields(kind),
            Subresource::Approval => Set::from_fields([["metadata"].as_slice(), &["spec"]]),
            _ => Set::from_fields([["status"].as_slice()]),
        }
    }
}

fn status_reset_fields(kind: &Kind) -> Set {
    let spec: &[&str] = &["spec"];
    if kind.rules == Rules::Namespace {
        return Set::from_fields([spec]);
    }
    match kind.coded() {
        Some((group, name)) if strategy::status_writes_metadata(group, name) => {
            let kept = strategy::metadata_kept_by_status(group, name).iter();
            let kept: Vec<[&str; 2]> = kept.map(|field| ["metadata", field]).collect();
            Set::from_fields(kept.iter().map(<[&str; 2]>::as_slice).chain([spec]))
        }
        _ => Set::from_fields([["metadata"].as_slice(), spec]),
    }
}
