//! Conflicts of server-side apply.

use serde::Serialize;

use super::Error;

/// The reason of the causes.
///
/// Source: `metav1.CauseTypeFieldManagerConflict`.
const REASON: &str = "FieldManagerConflict";

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FieldConflict {
    /// The manager that owns the field.
    pub manager: String,
    /// The path of the field, such as `.spec.replicas`.
    pub field: String,
}

impl Error {
    /// Returns the fields that kept an apply from succeeding, with the managers that own them.
    pub fn field_conflicts(&self) -> Vec<FieldConflict> {
        let conflicts = self.causes().into_iter().filter(|cause| cause.reason == REASON);
        // The server names managers only in its messages: `conflict with "kubectl" using v1`.
        let manager = |message: &str| message.split('"').nth(1).unwrap_or_default().to_owned();
        conflicts.map(|cause| FieldConflict { manager: manager(&cause.message), field: cause.field }).collect()
    }
}
