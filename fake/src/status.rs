//! `Status` objects with the messages of the API server.
//!
//! Source: `apimachinery/pkg/api/errors/errors.go`.

use std::collections::BTreeSet;
use std::fmt;

use ::http::StatusCode;
use kube_structural_schema::object::{FieldError, go};
use serde_json::{Map, Value, json};

/// An error response: the HTTP status and the fields of a `Status`.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub code: StatusCode,
    /// The reason, such as `NotFound`; may be empty.
    pub reason: &'static str,
    /// The message.
    pub message: String,
    /// `details`, if any.
    pub details: Option<Box<Value>>,
    /// `metadata.continue`: a token to continue an expired list.
    pub continue_token: Option<String>,
}

/// A resource with its group, as error messages name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupResource {
    /// The group; empty for the core group.
    pub group: String,
    /// The plural.
    pub resource: String,
}

impl fmt::Display for GroupResource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&qualified(&self.resource, &self.group))
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

impl Failure {
    /// Creates an error with a reason and a message.
    pub fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Failure { code, reason, message: message.into(), details: None, continue_token: None }
    }

    fn about(self, of: &GroupResource, name: &str) -> Self {
        let mut details = Map::new();
        for (key, value) in [("name", name), ("group", &of.group), ("kind", &of.resource)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        }
        Failure { details: Some(Box::new(Value::Object(details))), ..self }
    }

    fn detail(mut self, name: &str, value: Value) -> Self {
        let details = self.details.get_or_insert_with(|| Box::new(json!({})));
        if let Some(details) = details.as_object_mut() {
            details.insert(name.to_owned(), value);
        }
        self
    }

    /// Creates a 404 for an object that does not exist.
    pub fn not_found(of: &GroupResource, name: &str) -> Self {
        let message = format!("{of} {} not found", go::quoted(name));
        Failure::new(StatusCode::NOT_FOUND, "NotFound", message).about(of, name)
    }

    /// Creates a 404 for a path without a handler.
    pub(crate) fn path_not_found() -> Self {
        let message = "the server could not find the requested resource";
        Failure::from_router(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// Creates a 405 for a method that a path does not support.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Failure::from_router(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// Creates an error of the router (go-restful) that serves built-in kinds.
    pub(crate) fn from_router(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Failure { details: Some(Box::new(json!({}))), ..Failure::new(code, reason, message) }
    }

    pub(crate) fn unsupported_media_type_from_router() -> Self {
        let message = "415: Unsupported Media Type";
        Failure::from_router(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// Creates a 409 for a name that is taken.
    pub fn already_exists(of: &GroupResource, name: &str) -> Self {
        let message = format!("{of} {} already exists", go::quoted(name));
        Failure::new(StatusCode::CONFLICT, "AlreadyExists", message).about(of, name)
    }

    pub(crate) fn generated_name_exists(of: &GroupResource, name: &str) -> Self {
        let message = format!(
            "{of} {} already exists, the server was not able to generate a unique name for the object",
            go::quoted(name)
        );
        Failure::new(StatusCode::CONFLICT, "AlreadyExists", message)
            .about(of, name)
            .detail("retryAfterSeconds", 1.into())
    }

    /// Creates a 409 for a write based on an outdated version.
    pub fn conflict(of: &GroupResource, name: &str, reason: impl fmt::Display) -> Self {
        let message = format!("Operation cannot be fulfilled on {of} {}: {reason}", go::quoted(name));
        Failure::new(StatusCode::CONFLICT, "Conflict", message).about(of, name)
    }

    pub(crate) fn stale(of: &GroupResource, name: &str) -> Self {
        let reason = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(of, name, reason)
    }

    /// Creates a 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Creates a 403.
    pub fn forbidden(of: &GroupResource, name: &str, reason: impl fmt::Display) -> Self {
        let message = match name {
            _ if of.resource.is_empty() && of.group.is_empty() => format!("forbidden: {reason}"),
            "" => format!("{of} is forbidden: {reason}"),
            name => format!("{of} {} is forbidden: {reason}", go::quoted(name)),
        };
        Failure::new(StatusCode::FORBIDDEN, "Forbidden", message).about(of, name)
    }

    pub(crate) fn with_causes(self, causes: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let causes: Vec<Value> = causes
            .into_iter()
            .map(|(reason, message, field)| {
                let mut cause = Map::new();
                for (key, value) in [("reason", reason), ("message", message), ("field", field)] {
                    if !value.is_empty() {
                        cause.insert(key.to_owned(), value.into());
                    }
                }
                Value::Object(cause)
            })
            .collect();
        self.detail("causes", Value::Array(causes))
    }

    /// Creates a 422 for an object that fails validation; `kind` and `group` name its kind.
    pub(crate) fn invalid(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> Self {
        let mut seen = BTreeSet::new();
        let texts: Vec<String> =
            errors.iter().map(FieldError::to_string).filter(|text| seen.insert(text.clone())).collect();
        let all = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} {} is invalid: {all}", qualified(kind, group), go::quoted(name));
        let of = GroupResource { group: group.to_owned(), resource: kind.to_owned() };
        let causes = errors.iter().map(|error| (error.kind.reason().to_owned(), error.body(), error.field.clone()));
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(&of, name).with_causes(causes)
    }

    pub(crate) fn not_allowed(of: &GroupResource, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind {}", go::quoted(&of.to_string()));
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).about(of, "")
    }

    /// Creates a 410 for a list or watch from a version that is no longer kept.
    pub fn expired(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::GONE, "Expired", message)
    }

    pub(crate) fn too_large_version(asked: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {asked}, current: {current}");
        let cause = ("ResourceVersionTooLarge".to_owned(), "Too large resource version".to_owned(), String::new());
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", format!("Timeout: {message}"))
            .with_causes([cause])
            .detail("retryAfterSeconds", 1.into())
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// Creates an error without a reason, as the API server returns for untyped Go errors.
    pub(crate) fn untyped(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// Creates a 422 for a patch that cannot be applied.
    pub(crate) fn rejected() -> Self {
        let message = "the server rejected our request due to an error in our request";
        let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message);
        Failure { details: Some(Box::new(json!({}))), ..failure }
    }

    /// Creates a 500.
    pub fn internal(message: impl Into<String>) -> Self {
        let message = message.into();
        let cause = message.strip_prefix("Internal error occurred: ").unwrap_or_default().to_owned();
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
        failure.with_causes([(String::new(), cause, String::new())])
    }

    /// Creates a 500 for a watch whose timeout elapsed before it started.
    pub(crate) fn deadline_exceeded() -> Self {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "context deadline exceeded")
    }

    /// Sets `details.retryAfterSeconds` and, unless it is 0, the header `Retry-After`.
    ///
    /// Source: `apiserver/pkg/endpoints/handlers/responsewriters/writers.go`, `ErrorNegotiated`.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        self.detail("retryAfterSeconds", seconds.into())
    }

    /// Creates a 429; the client may retry after `seconds`.
    pub fn too_many_requests(seconds: u32) -> Self {
        let message = "too many requests, please try again later";
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message).with_retry_after(seconds)
    }

    /// Creates a 503.
    pub fn unavailable() -> Self {
        Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        )
    }

    /// Creates a 504.
    pub fn timeout() -> Self {
        let message = "Timeout: request did not complete within the requested timeout";
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message).with_causes([])
    }

    /// Returns the `Status` object.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code.as_u16(),
        });
        if let Some(status) = status.as_object_mut() {
            if !self.reason.is_empty() {
                status.insert("reason".to_owned(), self.reason.into());
            }
            if let Some(details) = &self.details {
                status.insert("details".to_owned(), (**details).clone());
            }
        }
        if let Some(token) = &self.continue_token {
            status["metadata"] = json!({ "continue": token });
        }
        status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
