//! Errors of requests.

mod conflicts;
mod predicates;
mod remedy;

use std::fmt;

use kube::core::Status;

pub use self::conflicts::FieldConflict;
use super::transport::{CallError, RequestTimeout, find_timeout};

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
#[error("{action}: {reason}{}", remedy::Suffix(self.remedy()))]
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
    /// The apply configuration is not valid.
    #[cfg(feature = "apply")]
    #[error("{0}")]
    Configuration(Box<crate::apply::ConfigurationError>),
    /// The managed fields of the object cannot be extracted.
    #[cfg(feature = "apply")]
    #[error("{0}")]
    Extract(Box<crate::apply::ExtractError>),
    /// The object could not be encoded.
    #[error("cannot encode the object: {0}")]
    Encode(serde_json::Error),
    /// The response could not be decoded.
    #[error("cannot decode the response: {0}")]
    Decode(serde_json::Error),
    /// The connection failed, or could not be established.
    #[error("{}", chain(.0))]
    Transport(#[source] Box<kube::Error>),
    /// The client gave up.
    #[error("{0}")]
    Timeout(RequestTimeout),
    /// The API server may have executed the request: the connection broke, or it returned an error that does not say so. Read
    /// the object before sending the request again.
    #[error("the API server may have executed the request: {}", chain(.0))]
    FateUnknown(#[source] Box<kube::Error>),
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cause {
    /// The path of the field, such as `spec.rules[0].name`.
    pub field: String,
    /// The machine-readable reason, such as `FieldValueInvalid`.
    pub reason: String,
    /// The message.
    pub message: String,
}

/// Returns the reason of an error of kube, or of a transport, whose errors travel in those of kube.
fn reason(source: kube::Error) -> Reason {
    if let Some(timeout) = find_timeout(&source) {
        return Reason::Timeout(timeout);
    }
    match source {
        kube::Error::Api(status) => Reason::Status(status),
        kube::Error::SerdeError(error) => Reason::Decode(error),
        kube::Error::Service(error) => match error.downcast::<CallError>().map(|error| *error) {
            Ok(CallError::FateUnknown(source)) => Reason::FateUnknown(source),
            Ok(CallError::Timeout(timeout)) => Reason::Timeout(timeout),
            Err(error) => match error.downcast::<kube::Error>() {
                // A client of kube over a transport boxes its errors.
                Ok(error) => reason(*error),
                Err(error) => Reason::Transport(Box::new(kube::Error::Service(error))),
            },
        },
        other => Reason::Transport(Box::new(other)),
    }
}

impl Action {
    pub(crate) fn failed(&self, source: kube::Error) -> Error {
        self.with_reason(reason(source))
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
            #[cfg(feature = "apply")]
            Reason::Configuration(source) => kube::Error::Service(source.into()),
            #[cfg(feature = "apply")]
            Reason::Extract(source) => kube::Error::Service(source.into()),
            Reason::Encode(source) | Reason::Decode(source) => kube::Error::SerdeError(source),
            Reason::Transport(source) => *source,
            Reason::Timeout(timeout) => CallError::Timeout(timeout).into(),
            Reason::FateUnknown(source) => CallError::FateUnknown(source).into(),
        }
    }
}

impl Error {
    pub(super) fn connect(source: kube::Error) -> Self {
        Action { verb: "connect to", kind: "the API server".to_owned(), ..Action::default() }.failed(source)
    }

    #[cfg(any(feature = "crds", feature = "dynamic"))]
    pub(crate) fn discovery(api_version: &str, source: kube::Error) -> Self {
        Action { verb: "discover", kind: api_version.to_owned(), ..Action::default() }.failed(source)
    }
}
