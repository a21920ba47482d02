//! Answers that are no objects: `Status`, in the API server's words.
//!
//! Source: `apimachinery/pkg/api/errors/errors.go`.

use std::collections::BTreeSet;
use std::fmt;

use ::http::StatusCode;
use kube_structural_schema::object::{FieldError, go};
use serde_json::{Map, Value, json};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub code: StatusCode,
    /// The reason, such as `NotFound`; may be empty.
    pub reason: &'static str,
    /// What happened.
    pub message: String,
    /// `details`, where there are any.
    pub details: Option<Box<Value>>,
    /// `metadata.continue`, with which an expired list can go on.
    pub continue_token: Option<String>,
}

/// A resource of a group: what errors name.
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
    /// A failure with a reason and nothing else.
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

    /// There is no such object.
    pub fn not_found(of: &GroupResource, name: &str) -> Self {
        let message = format!("{of} {} not found", go::quoted(name));
        Failure::new(StatusCode::NOT_FOUND, "NotFound", message).about(of, name)
    }

    /// Nothing is at a path.
    pub(crate) fn nothing_here() -> Self {
        let message = "the server could not find the requested resource";
        Failure::by_the_router(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// A method that a path does not know.
    pub(crate) fn no_such_method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Failure::by_the_router(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// A failure of the router of the kinds that are Go's structs.
    pub(crate) fn by_the_router(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Failure { details: Some(Box::new(json!({}))), ..Failure::new(code, reason, message) }
    }

    pub(crate) fn unsupported_by_the_router() -> Self {
        let message = "415: Unsupported Media Type";
        Failure::by_the_router(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// There is such an object.
    pub fn already_exists(of: &GroupResource, name: &str) -> Self {
        let message = format!("{of} {} already exists", go::quoted(name));
        Failure::new(StatusCode::CONFLICT, "AlreadyExists", message).about(of, name)
    }

    pub(crate) fn no_name_left(of: &GroupResource, name: &str) -> Self {
        let message = format!(
            "{of} {} already exists, the server was not able to generate a unique name for the object",
            go::quoted(name)
        );
        Failure::new(StatusCode::CONFLICT, "AlreadyExists", message)
            .about(of, name)
            .detail("retryAfterSeconds", 1.into())
    }

    /// A write that another write came before.
    pub fn conflict(of: &GroupResource, name: &str, why: impl fmt::Display) -> Self {
        let message = format!("Operation cannot be fulfilled on {of} {}: {why}", go::quoted(name));
        Failure::new(StatusCode::CONFLICT, "Conflict", message).about(of, name)
    }

    pub(crate) fn stale(of: &GroupResource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(of, name, why)
    }

    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// A request that is not permitted.
    pub fn forbidden(of: &GroupResource, name: &str, why: impl fmt::Display) -> Self {
        let message = if name.is_empty() && of.resource.is_empty() {
            format!("forbidden: {why}")
        } else {
            format!("{of} {} is forbidden: {why}", go::quoted(name))
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

    /// An object that breaks rules; `kind` and `group` name its kind.
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

    /// A list or watch from a time that is not kept any more.
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

    /// A failure without a reason, as untyped errors of the API server become.
    pub(crate) fn untyped(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// A patch that cannot be done.
    pub(crate) fn rejected() -> Self {
        let message = "the server rejected our request due to an error in our request";
        let failure = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message);
        Failure { details: Some(Box::new(json!({}))), ..failure }
    }

    /// A failure that the server is to blame for.
    pub fn internal(message: impl Into<String>) -> Self {
        let message = message.into();
        let cause = message.strip_prefix("Internal error occurred: ").unwrap_or_default().to_owned();
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
        failure.with_causes([(String::new(), cause, String::new())])
    }

    /// A watch whose time was over before it began.
    pub(crate) fn out_of_time() -> Self {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "context deadline exceeded")
    }

    /// Too many requests; the client may try again after so many seconds.
    pub fn too_many_requests(seconds: u32) -> Self {
        let message = "too many requests, please try again later";
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message)
            .detail("retryAfterSeconds", seconds.into())
    }

    /// The server is not ready.
    pub fn unavailable() -> Self {
        Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        )
    }

    /// The server has not done in time what it was asked to do.
    pub fn timeout() -> Self {
        let message = "Timeout: request did not complete within the requested timeout";
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message).with_causes([])
    }

    /// The `Status` object.
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
