//! The annotation that definitions in groups of the Kubernetes community need.

use serde_json::Value;

use crate::object::{FieldError, go};

/// The annotation that groups of Kubernetes' own need.
///
/// Source: `apiextensions-apiserver/pkg/apihelpers/helpers.go`, `GetAPIApprovalState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    Missing,
    Bypassed,
    Approved,
    Invalid,
}

/// The name of that annotation.
pub(super) const APPROVAL: &str = "api-approved.kubernetes.io";

impl Approval {
    pub(super) fn of(definition: &Value) -> Self {
        let text = annotation(definition);
        let host =
            text.split_once("://").map(|(scheme, rest)| (scheme, rest.split(['/', '?']).next().unwrap_or_default()));
        match host {
            _ if text.is_empty() => Approval::Missing,
            _ if text.starts_with("unapproved") => Approval::Bypassed,
            Some((scheme, host))
                if !host.is_empty()
                    && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && crate::object::format::uri::is_request_uri(text) =>
            {
                Approval::Approved
            }
            _ => Approval::Invalid,
        }
    }

    /// What is wrong, for a definition in that state.
    pub(super) fn error(self, definition: &Value) -> Option<FieldError> {
        let field = format!("metadata.annotations[{APPROVAL}]");
        let (quoted, see) = (go::quoted(APPROVAL), "see https://github.com/kubernetes/enhancements/pull/1111");
        match self {
            Approval::Approved | Approval::Bypassed => None,
            Approval::Missing => {
                let detail = format!("protected groups must have approval annotation {quoted}, {see}");
                Some(FieldError::required(field, detail))
            }
            Approval::Invalid => {
                let detail = format!(
                    "protected groups must have approval annotation {quoted} with either a URL or a reason starting with \"unapproved\", {see}"
                );
                Some(FieldError::invalid(field, annotation(definition), detail))
            }
        }
    }
}

fn annotation(definition: &Value) -> &str {
    let annotations = definition.pointer("/metadata/annotations");
    annotations.and_then(|annotations| annotations.get(APPROVAL)?.as_str()).unwrap_or_default()
}
