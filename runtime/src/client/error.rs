//! Errors of requests.

use std::fmt;

use kube::core::Status;

/// The operation of a request, for error messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// The verb.
    pub verb: &'static str,
    /// The kind.
    pub kind: String,
    /// The namespace, if the request is limited to one.
    pub namespace: Option<String>,
    /// The name of the object, if the request concerns a single one.
    pub name: Option<String>,
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.verb, self.kind)?;
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(out, " {namespace}/{name}"),
            (Some(namespace), None) => write!(out, " in {namespace}"),
            (None, Some(name)) => write!(out, " {name}"),
            (None, None) => Ok(()),
        }
    }
}

/// A request that failed.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {reason}")]
pub struct Error {
    /// The operation that failed.
    pub action: Box<Action>,
    /// The reason of the failure.
    #[source]
    pub reason: Reason,
}

/// The reason of a failed request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The API server returned an error.
    #[error("{} ({} {})", .0.message, .0.code, .0.reason)]
    Status(Box<Status>),
    /// The request could not be built.
    #[error("{0}")]
    Invalid(String),
    /// The object could not be encoded.
    #[error("cannot encode the object: {0}")]
    Encode(serde_json::Error),
    /// The response could not be decoded.
    #[error("cannot decode the response: {0}")]
    Decode(serde_json::Error),
    /// The connection failed, or could not be established.
    #[error("{}", chain(.0))]
    Transport(#[source] Box<kube::Error>),
}

/// Formats an error with its sources: the cause of a failed connection is seldom in the outermost error.
fn chain(error: &kube::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}

/// One cause of an error, from the details of the `Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The path of the field, such as `spec.rules[0].name`.
    pub field: String,
    /// The machine-readable reason, such as `FieldValueInvalid`.
    pub reason: String,
    /// The message.
    pub message: String,
}

impl Action {
    pub(crate) fn failed(&self, source: kube::Error) -> Error {
        let reason = match source {
            kube::Error::Api(status) => Reason::Status(status),
            kube::Error::SerdeError(error) => Reason::Decode(error),
            other => Reason::Transport(Box::new(other)),
        };
        self.with_reason(reason)
    }

    pub(super) fn invalid(&self, message: &str) -> Error {
        self.with_reason(Reason::Invalid(message.to_owned()))
    }

    pub(super) fn encode(&self, source: serde_json::Error) -> Error {
        self.with_reason(Reason::Encode(source))
    }

    pub(super) fn decode(&self, source: serde_json::Error) -> Error {
        self.with_reason(Reason::Decode(source))
    }

    pub(crate) fn build(&self, source: &http::Error) -> Error {
        self.with_reason(Reason::Invalid(source.to_string()))
    }

    pub(super) fn with_reason(&self, reason: Reason) -> Error {
        Error { action: Box::new(self.clone()), reason }
    }
}

/// Discards the [`Action`].
impl From<Error> for kube::Error {
    fn from(error: Error) -> Self {
        match error.reason {
            Reason::Status(status) => kube::Error::Api(status),
            Reason::Invalid(message) => kube::Error::Service(message.into()),
            Reason::Encode(source) | Reason::Decode(source) => kube::Error::SerdeError(source),
            Reason::Transport(source) => *source,
        }
    }
}

impl Error {
    pub(super) fn connect(source: kube::Error) -> Self {
        Action { verb: "connect to", kind: "the API server".to_owned(), ..Action::default() }.failed(source)
    }

    #[cfg(feature = "crds")]
    pub(crate) fn discovery(api_version: &str, source: kube::Error) -> Self {
        Action { verb: "discover", kind: api_version.to_owned(), ..Action::default() }.failed(source)
    }

    /// Returns the `Status`, if the API server returned one.
    pub fn status(&self) -> Option<&Status> {
        if let Reason::Status(status) = &self.reason { Some(status) } else { None }
    }

    fn has_reason(&self, reason: &str) -> bool {
        self.status().is_some_and(|status| status.reason == reason)
    }

    fn has_code(&self, code: u16) -> bool {
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

    /// Returns whether the resource version or the continue token has expired; list again.
    pub fn is_expired(&self) -> bool {
        self.has_code(410)
    }

    /// Returns whether the server throttles the client.
    pub fn is_too_many_requests(&self) -> bool {
        self.has_code(429)
    }

    /// Returns whether the server timed out.
    pub fn is_timeout(&self) -> bool {
        self.has_code(504)
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
