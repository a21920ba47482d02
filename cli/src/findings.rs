//! Findings about objects.

use std::fmt;

use serde_json::{Value, json};

use crate::inventory::{FileProblem, Key, Object, Origin};
use crate::output::{Tone, paint, visible};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The API server would refuse the object, or the user asked for an error.
    Error,
    /// The API server accepts the object; it does not do what it says.
    Warning,
    /// Nothing is known.
    Note,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A finding about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) origin: Origin,
    /// The object; `None` for documents that are not objects.
    pub(crate) object: Option<Key>,
    /// The field; empty for the whole object.
    pub(crate) field: String,
    /// The machine-readable reason, such as `FieldValueInvalid`, or the name of a check.
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Finding {
    /// Creates a finding about a field of an object.
    pub(crate) fn new(severity: Severity, object: &Object, field: &str, reason: &str, message: String) -> Self {
        let (origin, key) = (object.origin_of(field), object.key.clone());
        let [field, reason] = [field, reason].map(str::to_owned);
        Finding { severity, origin, object: Some(key), field, reason, message }
    }

    /// Returns the finding as JSON.
    pub(crate) fn json(&self) -> Value {
        let (file, line) = match &self.origin {
            Origin::File { path, line } => (json!(path), json!(line)),
            Origin::Cluster => (Value::Null, Value::Null),
        };
        let object = self.object.as_ref().map(|Key { group, kind, namespace, name }| {
            json!({"group": group, "kind": kind, "namespace": namespace, "name": name})
        });
        json!({
            "severity": self.severity.name(), "file": file, "line": line, "object": object,
            "field": self.field, "reason": self.reason, "message": self.message,
        })
    }
}

impl From<&FileProblem> for Finding {
    fn from(problem: &FileProblem) -> Self {
        Finding {
            severity: Severity::Error,
            origin: Origin::File { path: problem.path.clone(), line: problem.line },
            object: None,
            field: String::new(),
            reason: "Malformed".to_owned(),
            message: problem.message.clone(),
        }
    }
}

/// `file:line: kind namespace/name: message` with colours; findings that are not errors name their severity before the message.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", visible(&self.origin.to_string()))?;
        if let Some(object) = &self.object {
            write!(out, "{}: ", visible(&object.to_string()))?;
        }
        let message = visible(&self.message);
        match self.severity {
            Severity::Error => out.write_str(&paint(Tone::Bad, &message)),
            Severity::Warning => write!(out, "{}: {message}", paint(Tone::Doubtful, "warning")),
            Severity::Note => write!(out, "{}: {message}", paint(Tone::Neutral, "note")),
        }
    }
}

/// Returns how many findings have a severity.
pub(crate) fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}
