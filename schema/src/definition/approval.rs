//! The approval annotation of definitions in groups of the Kubernetes community.

use serde_json::Value;

use crate::object::{FieldError, go};

/// The state of the approval annotation.
///
/// Source: `apiextensions-apiserver/pkg/apihelpers/helpers.go`, `GetAPIApprovalState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    Missing,
    Bypassed,
    Approved,
    Invalid,
}

/// The name of the annotation.
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

    /// Returns the reason and message of the condition.
    fn reason(self, definition: &Value) -> (&'static str, String) {
        let (quoted, see) = (go::quoted(APPROVAL), "see https://github.com/kubernetes/enhancements/pull/1111");
        match self {
            Approval::Approved => ("ApprovedAnnotation", format!("approved in {}", annotation(definition))),
            Approval::Bypassed => {
                ("UnapprovedAnnotation", format!("not approved: {}", go::quoted(annotation(definition))))
            }
            Approval::Missing => {
                ("MissingAnnotation", format!("protected groups must have approval annotation {quoted}, {see}"))
            }
            Approval::Invalid => (
                "InvalidAnnotation",
                format!(
                    "protected groups must have approval annotation {quoted} with either a URL or a reason starting with \"unapproved\", {see}"
                ),
            ),
        }
    }

    /// Returns the error of a definition with this state.
    pub(super) fn error(self, definition: &Value) -> Option<FieldError> {
        let field = format!("metadata.annotations[{APPROVAL}]");
        let (_, detail) = self.reason(definition);
        match self {
            Approval::Approved | Approval::Bypassed => None,
            Approval::Missing => Some(FieldError::required(field, detail)),
            Approval::Invalid => Some(FieldError::invalid(field, annotation(definition), detail)),
        }
    }
}

/// Returns whether a group belongs to the Kubernetes community, so that its APIs need approval.
///
/// Source: `apiextensions-apiserver/pkg/apihelpers/helpers.go`, `IsProtectedCommunityGroup`.
pub(super) fn is_protected(group: &str) -> bool {
    let is_in = |domain: &str| group == domain || group.ends_with(&format!(".{domain}"));
    is_in("k8s.io") || is_in("kubernetes.io")
}

/// Returns whether a definition in a protected group is approved, with reason and message of the condition
/// `KubernetesAPIApprovalPolicyConformant`; `None` in other groups.
pub fn approval(definition: &Value) -> Option<(bool, &'static str, String)> {
    let group = definition.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default();
    if !is_protected(group) {
        return None;
    }
    let state = Approval::of(definition);
    let (reason, message) = state.reason(definition);
    Some((state == Approval::Approved, reason, message))
}

fn annotation(definition: &Value) -> &str {
    let annotations = definition.pointer("/metadata/annotations");
    annotations.and_then(|annotations| annotations.get(APPROVAL)?.as_str()).unwrap_or_default()
}
