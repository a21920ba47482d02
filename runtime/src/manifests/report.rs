//! The report of an operation.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::key::ObjectKey;
use super::problem::Origin;
use crate::client::{Cause, Error, FieldConflict};

/// The result of an operation, with an entry for each object.
///
/// `{}` prints it as kubectl does (`configmap/x serverside-applied`), `{:#}` with what became of each object
/// (`configmap/x unchanged`). It serializes to JSON.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether nothing was stored.
    pub dry_run: bool,
    /// The objects, in the order in which they were applied or deleted; pruned objects follow.
    pub entries: Vec<Entry>,
    /// The ApplySet, if the options contain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_set: Option<ApplySetReport>,
}

/// The result for one object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The place of the manifest; `None` for pruned objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The object.
    pub object: ObjectKey,
    /// What became of it.
    pub outcome: Outcome,
    /// The uid, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The resource version after the operation, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// Warnings about the manifest and of the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What became of an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// It was created.
    Created,
    /// It existed and was changed. Also if the user may apply it but not read it, so that changes are not known.
    Configured,
    /// It existed and was not changed.
    Unchanged,
    /// It was deleted, because it is in the ApplySet and not in the input any more.
    Pruned,
    /// It was deleted; or it has a deletion timestamp and is deleted once its finalizers are removed.
    Deleted,
    /// It was to be deleted and does not exist.
    Absent,
    /// A dry run cannot check it, because its namespace or its CRD is only in the input.
    Unchecked(String),
    /// It was not sent, for this reason.
    NotAttempted(String),
    /// It failed.
    Failed(Box<Failure>),
}

/// Why an object failed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The kind of failure.
    pub reason: FailureReason,
    /// The error.
    pub message: String,
    /// The fields that other managers own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<FieldConflict>,
    /// The fields that are not valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The error of the request, if one is the reason.
    #[serde(skip)]
    pub error: Option<Arc<Error>>,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FailureReason {
    /// Other managers own fields: apply with [`force`](super::ApplyManifestsOptions::force), or remove them.
    Conflict,
    /// The user is not allowed to make the request.
    Forbidden,
    /// The object is not valid.
    Invalid,
    /// The object belongs to another ApplySet.
    OtherApplySet,
    /// The CRD was applied, and its kind is not served.
    NotServed,
    /// The object was deleted, and still exists.
    NotDeleted,
    /// The deadline of the operation, or the timeout of the request.
    Timeout,
    /// The server may have executed the request: the connection broke.
    FateUnknown,
    /// Another error of the request.
    Request,
}

/// The result for an ApplySet.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplySetReport {
    /// The parent object.
    pub parent: ObjectKey,
    /// The id: the value of the label `applyset.kubernetes.io/part-of` of the members.
    pub id: String,
    /// Whether the set was pruned.
    pub prune: PruneOutcome,
    /// Warnings about the parent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Whether a set was pruned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PruneOutcome {
    /// All members that are not in the input were deleted.
    Pruned,
    /// Nothing was deleted, because objects of the input were not applied. The parent still covers all members, so that the
    /// next run prunes.
    Skipped,
    /// Not all members could be listed or deleted, or the parent could not be updated.
    Failed(String),
}

impl Report {
    /// Returns the entries of objects that failed or were not attempted.
    pub fn failures(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome.is_failure())
    }

    /// Returns whether all objects succeeded, and the set was pruned.
    pub fn is_success(&self) -> bool {
        let pruned = self.apply_set.as_ref().is_none_or(|set| set.prune == PruneOutcome::Pruned);
        pruned && self.failures().next().is_none()
    }
}

impl Outcome {
    /// Returns whether the object failed or was not attempted.
    pub fn is_failure(&self) -> bool {
        matches!(self, Outcome::NotAttempted(_) | Outcome::Failed(_))
    }
}

impl Failure {
    pub(super) fn new(reason: FailureReason, message: impl Into<String>) -> Self {
        Failure { reason, message: message.into(), conflicts: Vec::new(), causes: Vec::new(), error: None }
    }
}

/// Returns whether a field of an apply does not fit the schema: the API server answers 500 without a reason.
///
/// Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/structuredmerge.go`, `Apply`.
fn is_untyped(error: &Error) -> bool {
    let is_typed_patch = |message: &str| message.starts_with("failed to create typed patch object");
    error.status().is_some_and(|status| status.reason.is_empty() && is_typed_patch(&status.message))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let conflicts = error.field_conflicts();
        let reason = match &error {
            _ if !conflicts.is_empty() => FailureReason::Conflict,
            error if error.is_forbidden() => FailureReason::Forbidden,
            error if error.is_invalid() || error.is_bad_request() || is_untyped(error) => FailureReason::Invalid,
            error if error.is_timeout() => FailureReason::Timeout,
            error if error.is_fate_unknown() => FailureReason::FateUnknown,
            _ => FailureReason::Request,
        };
        let causes = if conflicts.is_empty() { error.causes() } else { Vec::new() };
        Failure { reason, message: error.to_string(), conflicts, causes, error: Some(Arc::new(error)) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            line(out, entry, self.dry_run)?;
        }
        match self.apply_set.as_ref().map(|set| (&set.parent, &set.prune)) {
            Some((parent, PruneOutcome::Failed(message))) => writeln!(out, "applyset {parent} failed: {message}"),
            Some((parent, PruneOutcome::Skipped)) => {
                writeln!(out, "applyset {parent} not pruned: not all objects were applied")
            }
            Some((_, PruneOutcome::Pruned)) | None => Ok(()),
        }
    }
}

/// Writes the line of an entry.
fn line(out: &mut fmt::Formatter<'_>, entry: &Entry, dry_run: bool) -> fmt::Result {
    let Entry { object, origin, outcome, .. } = entry;
    if let Some(origin) = origin.as_ref().filter(|_| outcome.is_failure()) {
        write!(out, "{origin}: ")?;
    }
    match outcome {
        Outcome::Created | Outcome::Configured | Outcome::Unchanged if !out.alternate() => {
            write!(out, "{object} serverside-applied")
        }
        Outcome::Created => write!(out, "{object} created"),
        Outcome::Configured => write!(out, "{object} configured"),
        Outcome::Unchanged => write!(out, "{object} unchanged"),
        Outcome::Pruned => write!(out, "{object} pruned"),
        Outcome::Deleted => {
            write!(out, "{} deleted", object.quoted())?;
            object.namespace.as_ref().map_or(Ok(()), |namespace| write!(out, " from {namespace} namespace"))
        }
        Outcome::Absent => write!(out, "{} not found", object.quoted()),
        Outcome::Unchecked(reason) => write!(out, "{object} not checked: {reason}"),
        Outcome::NotAttempted(reason) => write!(out, "{object} not attempted: {reason}"),
        Outcome::Failed(failure) => write!(out, "{object} failed: {failure}"),
    }?;
    writeln!(out, "{}", if dry_run && !outcome.is_failure() { " (server dry run)" } else { "" })
}
