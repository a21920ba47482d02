//! Errors of validation.

use std::collections::BTreeSet;
use std::fmt;

use kube_structural_schema::object::{FieldError, go};

use super::ValidatorError;

/// An object that the API server would reject as invalid; the text is the message of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The kind, with the group: `Widget.example.com`.
    pub kind: String,
    /// The name of the object.
    pub name: String,
    /// The errors, one or more.
    pub causes: Vec<InvalidField>,
}

/// An error of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The path of the field, such as `spec.rules[0].name`; `<nil>` for the object as a whole.
    pub field: String,
    /// The machine-readable reason, such as `FieldValueInvalid`.
    pub reason: &'static str,
    /// The message, with the path.
    pub message: String,
}

impl Invalid {
    pub(super) fn new(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> Self {
        let cause = |error: &FieldError| InvalidField {
            field: error.field.clone(),
            reason: error.kind.reason(),
            message: error.to_string(),
        };
        Invalid { kind: format!("{kind}.{group}"), name: name.to_owned(), causes: errors.iter().map(cause).collect() }
    }
}

impl std::error::Error for Invalid {}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} is invalid: ", self.kind, go::quoted(&self.name))?;
        let mut seen = BTreeSet::new();
        let texts: Vec<&str> =
            self.causes.iter().map(|cause| cause.message.as_str()).filter(|text| seen.insert(*text)).collect();
        match texts.as_slice() {
            [one] => out.write_str(one),
            many => write!(out, "[{}]", many.join(", ")),
        }
    }
}

/// A typed object that was not validated, or that is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// The API server would reject the object.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The object cannot be encoded as JSON.
    #[error("cannot encode the object: {0}")]
    Encode(#[from] serde_json::Error),
    /// The CRD of the kind cannot be used.
    #[error(transparent)]
    Crd(#[from] ValidatorError),
}

impl ValidateError {
    /// Returns the errors of the object, if it is invalid.
    pub fn invalid(&self) -> Option<&Invalid> {
        if let ValidateError::Invalid(invalid) = self { Some(invalid) } else { None }
    }
}
