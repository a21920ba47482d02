//! Errors of operations.

use std::fmt;

use super::apply_set::ApplySetError;
use super::problem::Problems;
use super::report::Report;
use crate::dynamic::MapperError;

/// Manifests that were not all applied or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestsError {
    /// The input has problems. Nothing was sent.
    #[error("{0}")]
    Invalid(Problems),
    /// The input contains no objects. Nothing was sent.
    #[error("no manifests were passed: add a file, a folder, a stream or an object")]
    Empty,
    /// The kinds of the server are not known. Nothing was sent.
    #[error("the kinds of the server cannot be discovered: {0}")]
    Discovery(#[from] MapperError),
    /// The ApplySet cannot be used. No object was applied.
    #[error(transparent)]
    ApplySet(#[from] ApplySetError),
    /// The deadline passed before an object was applied.
    #[error("the deadline passed before an object was sent: use a longer timeout")]
    Deadline,
    /// Some objects failed, or the ApplySet was not pruned. The report has an entry for each object.
    #[error("{}", Summary(.0))]
    Failed(Box<Report>),
}

impl ManifestsError {
    /// Returns the report, if objects were sent.
    pub fn report(&self) -> Option<&Report> {
        if let ManifestsError::Failed(report) = self { Some(report) } else { None }
    }
}

/// Returns the report of a successful operation, and the error of another one.
pub(super) fn checked(report: Report) -> Result<Report, ManifestsError> {
    if report.is_success() { Ok(report) } else { Err(ManifestsError::Failed(Box::new(report))) }
}

/// The lines of a report that are not successes.
struct Summary<'r>(&'r Report);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary(report) = self;
        let failed: Vec<_> = report.failures().cloned().collect();
        write!(out, "{} of {} objects failed", failed.len(), report.entries.len())?;
        let failures = Report { entries: failed, ..(*report).clone() };
        let lines = failures.to_string();
        lines.trim_end().lines().try_for_each(|line| write!(out, "\n{line}"))
    }
}
