//! The outcome of a validation.

use std::collections::HashSet;

use serde_json::Value;

use super::error::{ErrorKind, FieldError};
use super::path::Path;

/// Failures and the number of successful checks: a failing `anyOf` reports the alternative with the most of these.
#[derive(Default)]
pub(super) struct Outcome {
    failures: Vec<Failure>,
    pub(super) matched: usize,
}

/// A failed check.
pub(super) struct Failure {
    kind: ErrorKind,
    /// The path; `None` for the whole object.
    name: Option<String>,
    value: Option<Value>,
    /// The detail of the error, if it differs from the message.
    detail: Option<String>,
    /// The message, which also identifies the failure.
    message: String,
}

impl Failure {
    /// Creates a failure of a value.
    pub(super) fn for_value(kind: ErrorKind, path: &Path<'_>, value: Value, problem: &str) -> Self {
        let name = path.dotted();
        let message = format!("{name} in body {problem}");
        Failure { kind, name: Some(name), value: Some(value), detail: None, message }
    }

    /// Sets the detail.
    pub(super) fn with_detail(self, detail: String) -> Self {
        Failure { detail: Some(detail), ..self }
    }

    /// Creates a failure of a field name, or of a missing field.
    pub(super) fn for_name(kind: ErrorKind, path: &Path<'_>, name: &str, problem: &str) -> Self {
        let parent = path.dotted();
        let message = format!("{parent}.{name} in body {problem}");
        if kind == ErrorKind::Required {
            let detail = Some(String::new());
            return Failure { kind, name: Some(format!("{parent}.{name}")), value: None, detail, message };
        }
        Failure { kind, name: Some(parent), value: Some(name.into()), detail: None, message }
    }

    /// Creates a failure of an invalid schema.
    pub(super) fn for_schema(path: &Path<'_>, keyword: Value, message: String) -> Self {
        Failure { kind: ErrorKind::Invalid, name: Some(path.dotted()), value: Some(keyword), detail: None, message }
    }

    /// Creates a failure of the whole object.
    pub(super) fn for_object(message: String) -> Self {
        Failure { kind: ErrorKind::Invalid, name: None, value: Some("".into()), detail: None, message }
    }
}

impl Outcome {
    pub(super) fn is_valid(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    pub(super) fn merge(&mut self, other: Outcome) {
        self.failures.extend(other.failures);
        self.matched += other.matched;
    }

    /// Drops all failures.
    pub(super) fn clear(&mut self) {
        self.failures.clear();
    }

    /// Returns the errors without duplicates; the check started at `root`.
    pub(super) fn into_errors(self, root: &Path<'_>) -> Vec<FieldError> {
        let part = root.part_name();
        let mut seen = HashSet::new();
        let mut errors = Vec::with_capacity(self.failures.len());
        for failure in self.failures {
            if !seen.insert(failure.message.clone()) {
                continue;
            }
            let name = failure.name.as_deref().map(|name| name.strip_prefix('.').unwrap_or(name)).unwrap_or_default();
            let field = match (part, name) {
                (None, "") => "<nil>".to_owned(),
                (None, name) => name.to_owned(),
                (Some(part), "") => part.to_owned(),
                (Some(part), name) => format!("{part}.{name}"),
            };
            let detail = failure.detail.unwrap_or(failure.message);
            errors.push(FieldError { kind: failure.kind, field, value: failure.value, detail });
        }
        errors
    }
}
