//! Errors of updates and of server-side apply.

use crate::managed::{InvalidManagedFields, Manager};
use crate::path::PathElement;
use crate::set::format_path;
use crate::value::check::ShapeErrors;

/// A field that another manager owns, and whose value would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The owner.
    pub manager: Manager,
    /// The field.
    pub path: Vec<PathElement>,
}

impl Conflict {
    /// Formats the field as messages do, such as `.spec.replicas`.
    pub fn field(&self) -> String {
        format_path(&self.path)
    }
}

/// An error of server-side apply.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// Other managers own fields that would change.
    #[error("{}", conflict_message(.0))]
    Conflicts(Vec<Conflict>),
    /// The configuration has a wrong version or kind, or sets `managedFields`.
    #[error("{0}")]
    Invalid(String),
    /// The configuration, or the live object, does not match the schema of the kind.
    #[error("failed to {task} ({name}){rest}: {errors}")]
    Shape {
        /// The operation that failed.
        task: &'static str,
        /// The object: namespace, name, version and kind.
        name: String,
        /// The end of the operation's description.
        rest: &'static str,
        /// The errors.
        errors: ShapeErrors,
    },
    /// The object does not match the schema of a version that one of its managers has written.
    #[error("{0}")]
    OtherVersion(String),
    /// The object's managed fields cannot be decoded.
    #[error("failed to decode managed fields: {0}")]
    ManagedFields(#[from] InvalidManagedFields),
}

impl From<UpdateError> for ApplyError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Conflicts(conflicts) => ApplyError::Conflicts(conflicts),
            UpdateError::Shape(message) => ApplyError::OtherVersion(message),
        }
    }
}

/// Formats conflicts as the API server does.
fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [conflict] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", conflict.manager, conflict.field());
    }
    let mut lines: Vec<String> = Vec::new();
    let mut sorted: Vec<&Conflict> = conflicts.iter().collect();
    sorted.sort_by_key(|conflict| conflict.manager.clone());
    for (index, conflict) in sorted.iter().enumerate() {
        if index == 0 || sorted[index - 1].manager != conflict.manager {
            lines.push(format!("conflicts with {}:", conflict.manager));
        }
        lines.push(format!("- {}", conflict.field()));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

/// An error of an update or an apply.
#[derive(Debug)]
pub(crate) enum UpdateError {
    /// Other managers own fields that would change.
    Conflicts(Vec<Conflict>),
    /// The object does not match the schema of a version that a manager has written.
    Shape(String),
}

impl UpdateError {
    pub(crate) fn shape(task: &str, errors: &ShapeErrors) -> Self {
        UpdateError::Shape(format!("{task}{errors}"))
    }

    pub(crate) fn while_pruning(self) -> Self {
        match self {
            UpdateError::Shape(message) => UpdateError::Shape(format!("failed to prune fields: {message}")),
            conflicts @ UpdateError::Conflicts(_) => conflicts,
        }
    }
}
