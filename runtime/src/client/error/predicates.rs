//! Predicates of errors, as in `k8s.io/apimachinery/pkg/api/errors`.

use std::time::Duration;

use kube::core::Status;

use super::{Cause, Error, Reason};

impl Error {
    /// Returns the `Status`, if the API server returned one.
    pub fn status(&self) -> Option<&Status> {
        match &self.reason {
            Reason::Status(status) => Some(status),
            Reason::FateUnknown(source) => match &**source {
                kube::Error::Api(status) => Some(status),
                _ => None,
            },
            _ => None,
        }
    }

    fn has_reason(&self, reason: &str) -> bool {
        self.status().is_some_and(|status| status.reason == reason)
    }

    pub(super) fn has_code(&self, code: u16) -> bool {
        self.status().is_some_and(|status| status.code == code)
    }

    /// Returns whether the object or the kind does not exist.
    pub fn is_not_found(&self) -> bool {
        self.has_code(404)
    }

    /// Returns whether an object of that name already exists.
    pub fn is_already_exists(&self) -> bool {
        self.has_reason("AlreadyExists")
    }

    /// Returns whether the write conflicts: the object was modified, a precondition failed, or another manager owns a field of
    /// an apply.
    pub fn is_conflict(&self) -> bool {
        self.has_code(409) && !self.is_already_exists()
    }

    /// Returns whether the object is invalid; [`causes`](Self::causes) returns the fields.
    pub fn is_invalid(&self) -> bool {
        self.has_reason("Invalid")
    }

    /// Returns whether the request is malformed.
    pub fn is_bad_request(&self) -> bool {
        self.has_code(400)
    }

    /// Returns whether the user is not allowed to make the request.
    pub fn is_forbidden(&self) -> bool {
        self.has_code(403)
    }

    /// Returns whether the request is not authenticated.
    pub fn is_unauthorized(&self) -> bool {
        self.has_code(401)
    }

    /// Returns whether the kind does not have the verb.
    pub fn is_method_not_supported(&self) -> bool {
        self.has_code(405)
    }

    /// Returns whether the server cannot encode the response as the client accepts it.
    pub fn is_not_acceptable(&self) -> bool {
        self.has_code(406)
    }

    /// Returns whether the resource version or the continue token has expired; list again.
    pub fn is_expired(&self) -> bool {
        self.has_code(410)
    }

    /// Returns whether the request, such as an object, is too large.
    pub fn is_request_entity_too_large(&self) -> bool {
        self.has_code(413)
    }

    /// Returns whether the server cannot decode the request, or does not support the kind of patch.
    pub fn is_unsupported_media_type(&self) -> bool {
        self.has_code(415)
    }

    /// Returns whether the server throttles the client.
    pub fn is_too_many_requests(&self) -> bool {
        self.has_code(429)
    }

    /// Returns whether the server failed internally.
    pub fn is_internal_error(&self) -> bool {
        self.has_reason("InternalError")
    }

    /// Returns whether the server cannot complete the request at the moment (`ServerTimeout`).
    pub fn is_server_timeout(&self) -> bool {
        self.has_reason("ServerTimeout")
    }

    /// Returns whether the server is not available.
    pub fn is_service_unavailable(&self) -> bool {
        self.has_code(503)
    }

    /// Returns whether the server or the client timed out.
    pub fn is_timeout(&self) -> bool {
        self.has_code(504) || matches!(self.reason, Reason::Timeout(_))
    }

    /// Returns whether the namespace of a create is being deleted.
    pub fn is_namespace_terminating(&self) -> bool {
        self.causes().iter().any(|cause| cause.reason == "NamespaceTerminating")
    }

    /// Returns whether the API server may have executed a request that changes something, although the client got an error:
    /// read the object before sending the request again.
    pub fn is_fate_unknown(&self) -> bool {
        match &self.reason {
            Reason::FateUnknown(_) => true,
            Reason::Timeout(timeout) => timeout.fate_unknown,
            _ => false,
        }
    }

    /// Returns whether no response was received, or not all of it.
    pub fn is_transport(&self) -> bool {
        match &self.reason {
            Reason::Transport(_) => true,
            Reason::FateUnknown(_) => self.status().is_none(),
            _ => false,
        }
    }

    /// Returns the delay after which the API server suggests to repeat the request.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.status()?.details.as_ref()?.retry_after_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// Returns the causes in the details of the `Status`.
    pub fn causes(&self) -> Vec<Cause> {
        let details = self.status().and_then(|status| status.details.as_ref());
        let causes = details.map(|details| details.causes.as_slice()).unwrap_or_default();
        causes
            .iter()
            .map(|cause| Cause {
                field: cause.field.clone(),
                reason: cause.reason.clone(),
                message: cause.message.clone(),
            })
            .collect()
    }
}
