//! Errors of ApplySets.

use super::{ID, KINDS, PARENT_TYPE, TOOLING};
use crate::client::Error;
use crate::dynamic::MapperError;

/// An ApplySet that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplySetError {
    /// The server does not have the kind of the parent, or discovery failed.
    #[error("the kind of the ApplySet parent is not known: {0}")]
    UnknownParent(MapperError),
    /// The parent is namespaced.
    #[error("the ApplySet parent {0} is namespaced: set its namespace")]
    NamespaceRequired(String),
    /// Objects of this kind cannot be parents.
    #[error(
        "{0} cannot be ApplySet parents: use a Secret, a ConfigMap, or a kind whose CRD has the label {PARENT_TYPE:?}"
    )]
    NotPermitted(String),
    /// A custom resource is not created automatically.
    #[error(
        "the ApplySet parent {0} does not exist: create it first, only Secrets and ConfigMaps are created automatically"
    )]
    ParentMissing(String),
    /// Another tool manages the set.
    #[error(
        "the ApplySet {parent} is managed by {found:?}, not by {expected:?}: use another parent, or set that tooling to take it over"
    )]
    ForeignTooling {
        /// The parent.
        parent: String,
        /// The name of the tool that manages it.
        found: String,
        /// The name of this tool.
        expected: String,
    },
    /// The object exists and is not the parent of a set.
    #[error("{parent} exists and is not an ApplySet parent, because it has no {missing:?}: use another name")]
    NotAParent {
        /// The parent.
        parent: String,
        /// The missing label or annotation.
        missing: &'static str,
    },
    /// The id of the parent is that of another object.
    #[error(
        "the ApplySet parent {parent} has the id {found:?} instead of {expected:?} in the label {ID:?}: was it copied? use another parent"
    )]
    OtherId {
        /// The parent.
        parent: String,
        /// The id in the label.
        found: String,
        /// The id of the object.
        expected: String,
    },
    /// The parent names a kind, and discovery is incomplete.
    #[error(
        "the annotation {KINDS:?} of the ApplySet parent {parent} names {kind:?}, which cannot be discovered: {source}"
    )]
    UnknownKind {
        /// The parent.
        parent: String,
        /// The kind.
        kind: String,
        /// The error of discovery.
        source: MapperError,
    },
    /// A request failed.
    #[error("cannot {action} the ApplySet {parent}: {source}")]
    Request {
        /// What was requested.
        action: &'static str,
        /// The parent.
        parent: String,
        /// The error.
        source: Box<Error>,
    },
}

impl ApplySetError {
    /// The error of an object without the annotation of the tool.
    pub(super) fn no_tooling(parent: String) -> Self {
        ApplySetError::NotAParent { parent, missing: TOOLING }
    }
}
