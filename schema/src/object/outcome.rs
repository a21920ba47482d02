//! What comes of a check.

use std::collections::HashSet;

use serde_json::Value;

use super::error::{ErrorKind, FieldError};
use super::path::Path;

/// What is wrong, and how much was right: where nothing else tells alternatives apart, the one with more of it is blamed.
#[derive(Default)]
pub(super) struct Outcome {
    failures: Vec<Failure>,
    pub(super) matched: usize,
}

/// One thing that is wrong.
pub(super) struct Failure {
    kind: ErrorKind,
    /// Where; `None` where the object as a whole is blamed.
    name: Option<String>,
    value: Option<Value>,
    /// What the error says, if not the message.
    detail: Option<String>,
    /// What tells this failure from others.
    message: String,
}

impl Failure {
    /// A value that is wrong.
    pub(super) fn of_value(kind: ErrorKind, path: &Path<'_>, value: Value, what: &str) -> Self {
        let name = path.dotted();
        let message = format!("{name} in body {what}");
        Failure { kind, name: Some(name), value: Some(value), detail: None, message }
    }

    /// The same failure, told in other words.
    pub(super) fn saying(self, detail: String) -> Self {
        Failure { detail: Some(detail), ..self }
    }

    /// A name that is wrong, or missing, below a value.
    pub(super) fn of_name(kind: ErrorKind, path: &Path<'_>, name: &str, what: &str) -> Self {
        let above = path.dotted();
        let message = format!("{above}.{name} in body {what}");
        if kind == ErrorKind::Required {
            let detail = Some(String::new());
            return Failure { kind, name: Some(format!("{above}.{name}")), value: None, detail, message };
        }
        Failure { kind, name: Some(above), value: Some(name.into()), detail: None, message }
    }

    /// A schema that cannot be met.
    pub(super) fn of_schema(path: &Path<'_>, keyword: Value, message: String) -> Self {
        Failure { kind: ErrorKind::Invalid, name: Some(path.dotted()), value: Some(keyword), detail: None, message }
    }

    /// Something for which the object as a whole is blamed.
    pub(super) fn of_whole(message: String) -> Self {
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

    /// What was wrong is let pass.
    pub(super) fn forgive(&mut self) {
        self.failures.clear();
    }

    /// The errors, each once; `root` is where the check began.
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
