//! Options in the query and in bodies.

use std::time::Duration;

use ::http::request::Parts;
use kube_structural_schema::object::{FieldError, go};

use super::view::Include;
use crate::registry::{DeleteOptions, FieldValidation, IGNORES_READ_ERRORS, PatchKind, Preconditions, WriteOptions};
use crate::status::Failure;
use crate::strconv;

/// The query parameters of a request.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Query { pairs: form_urlencoded::parse(text.as_bytes()).into_owned().collect() }
    }

    /// Returns the decoded parameters in order.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    /// Returns a boolean as Go parses it: everything is true except `0` and `false` in any case.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let value = self.all(name).first().copied()?;
        Some(value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// Returns a number; a parameter without a value is an error.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.all(name).first().copied() else { return Ok(None) };
        strconv::int(text).map(Some).map_err(Failure::bad_request)
    }

    pub(super) fn is_watch(&self) -> bool {
        self.flag("watch").unwrap_or_default()
    }

    /// Returns the requested duration of a watch. A number that overflows Go's durations wraps around.
    pub(super) fn timeout(&self) -> Result<Option<Duration>, Failure> {
        let nanos = self.integer("timeoutSeconds")?.unwrap_or_default().wrapping_mul(1_000_000_000);
        Ok(u64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos))
    }

    /// Whether the timeout of a watch has elapsed before it starts.
    pub(super) fn has_expired(&self) -> Result<bool, Failure> {
        Ok(self.integer("timeoutSeconds")?.is_some_and(|seconds| seconds.wrapping_mul(1_000_000_000) < 0))
    }

    /// Returns what the rows of a table contain of their objects.
    pub(super) fn include(&self) -> Include {
        match self.text("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        }
    }

    /// Validates the options of a table, which the API server does after it has executed the request.
    pub(super) fn check_table(&self) -> Result<(), Failure> {
        let value = self.text("includeObject");
        if matches!(value, "" | "None" | "Metadata" | "Object") {
            return Ok(());
        }
        let error = FieldError::invalid("includeObject", value, "must be 'Metadata', 'Object', 'None', or empty");
        Err(Failure::bad_request(format!("Unable to convert to Table as requested: {error}")))
    }

    /// Returns the options of a write; `kind` is their kind in error messages.
    pub(super) fn write(&self, head: &Parts, kind: &str) -> Result<WriteOptions, Failure> {
        let mut errors = Vec::new();
        let options = self.write_options(head, &mut errors);
        if errors.is_empty() { Ok(options) } else { Err(Failure::invalid(kind, "meta.k8s.io", "", &errors)) }
    }

    pub(super) fn patch(&self, head: &Parts, kind: PatchKind) -> Result<WriteOptions, Failure> {
        let mut errors = Vec::new();
        if kind == PatchKind::Apply {
            if self.text("fieldManager").is_empty() {
                errors.push(FieldError::required("fieldManager", "is required for apply patch"));
            }
        } else if self.has("force") {
            errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
        }
        let options = WriteOptions { is_apply: kind == PatchKind::Apply, ..self.write_options(head, &mut errors) };
        if errors.is_empty() { Ok(options) } else { Err(Failure::invalid("PatchOptions", "meta.k8s.io", "", &errors)) }
    }

    fn write_options(&self, head: &Parts, errors: &mut Vec<FieldError>) -> WriteOptions {
        let manager = self.text("fieldManager");
        if manager.len() > 128 {
            errors.push(FieldError::too_long("fieldManager", 128));
        }
        for (at, letter) in manager.char_indices().filter(|(_, letter)| !go::is_printable(*letter)) {
            let detail = format!("invalid character U+{:04X} (at position {at})", u32::from(letter));
            errors.push(FieldError::invalid("fieldManager", manager, detail));
        }
        let dry_run = self.all("dryRun");
        if dry_run.iter().any(|value| *value != "All") {
            let values = serde_json::json!(dry_run);
            errors.push(FieldError::not_supported("dryRun", values, ["All"]));
        }
        let validation = match self.text("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let allowed = ["", "Ignore", "Strict", "Warn"];
                errors.push(FieldError::not_supported("fieldValidation", other, allowed));
                FieldValidation::Warn
            }
        };
        let manager = if manager.is_empty() { from_user_agent(head) } else { manager.to_owned() };
        WriteOptions {
            dry_run: !dry_run.is_empty(),
            manager,
            validation,
            force: self.flag("force").unwrap_or_default(),
            is_apply: false,
        }
    }

    /// Returns the options of a deletion.
    pub(super) fn delete(&self) -> Result<DeleteOptions, Failure> {
        let set = |name: &str| Some(self.text(name).to_owned()).filter(|text| !text.is_empty());
        let preconditions = Preconditions { uid: set("uid"), resource_version: set("resourceVersion") };
        Ok(DeleteOptions {
            grace_period_seconds: self.integer("gracePeriodSeconds")?,
            preconditions: Some(preconditions).filter(|preconditions| *preconditions != Preconditions::default()),
            orphan_dependents: self.flag("orphanDependents"),
            propagation_policy: self.has("propagationPolicy").then(|| self.text("propagationPolicy").to_owned()),
            dry_run: self.has("dryRun").then(|| self.all("dryRun").into_iter().map(str::to_owned).collect()),
            ignores_read_errors: self.flag(IGNORES_READ_ERRORS).unwrap_or_default(),
        })
    }
}

/// Returns the default field manager: the start of the user agent.
fn from_user_agent(head: &Parts) -> String {
    let agent = head.headers.get(::http::header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(128).collect()
}
