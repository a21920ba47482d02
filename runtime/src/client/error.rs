//! What goes wrong, and with which request.

use std::fmt;

use kube::core::Status;

/// What a request wanted to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// The verb.
    pub verb: &'static str,
    /// The kind.
    pub kind: String,
    /// The namespace, if it is one.
    pub namespace: Option<String>,
    /// The object's name, if it is about one.
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
    /// What was tried.
    pub action: Box<Action>,
    /// Why it failed.
    #[source]
    pub reason: Reason,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The API server refused it.
    #[error("{} ({} {})", .0.message, .0.code, .0.reason)]
    Status(Box<Status>),
    /// The request could not be built.
    #[error("{0}")]
    Invalid(String),
    /// The object could not be encoded.
    #[error("cannot encode the object: {0}")]
    Encode(serde_json::Error),
    /// The answer could not be decoded.
    #[error("cannot decode the answer: {0}")]
    Decode(serde_json::Error),
    /// The connection failed, or could not be made.
    #[error("{}", chain(.0))]
    Transport(#[source] Box<kube::Error>),
}

/// An error with what is behind it: what a connection failed of is seldom in the first line.
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

/// One of the fields that the API server complains about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The field's path, such as `spec.rules[0].name`.
    pub field: String,
    /// A word for programs, such as `FieldValueInvalid`.
    pub reason: String,
    /// The complaint.
    pub message: String,
}

impl Action {
    pub(crate) fn failed(&self, source: kube::Error) -> Error {
        let reason = match source {
            kube::Error::Api(status) => Reason::Status(status),
            kube::Error::SerdeError(error) => Reason::Decode(error),
            other => Reason::Transport(Box::new(other)),
        };
        self.because(reason)
    }

    pub(super) fn invalid(&self, why: &str) -> Error {
        self.because(Reason::Invalid(why.to_owned()))
    }

    pub(super) fn encode(&self, source: serde_json::Error) -> Error {
        self.because(Reason::Encode(source))
    }

    pub(super) fn decode(&self, source: serde_json::Error) -> Error {
        self.because(Reason::Decode(source))
    }

    pub(crate) fn build(&self, source: &http::Error) -> Error {
        self.because(Reason::Invalid(source.to_string()))
    }

    pub(super) fn because(&self, reason: Reason) -> Error {
        Error { action: Box::new(self.clone()), reason }
    }
}

/// For code that works with kube's errors; the [`Action`] is lost.
impl From<Error> for kube::Error {
    fn from(error: Error) -> Self {
        match error.reason {
            Reason::Status(status) => kube::Error::Api(status),
            Reason::Invalid(why) => kube::Error::Service(why.into()),
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

    /// The API server's answer, if it gave one.
    pub fn status(&self) -> Option<&Status> {
        if let Reason::Status(status) = &self.reason { Some(status) } else { None }
    }

    fn has_reason(&self, reason: &str) -> bool {
        self.status().is_some_and(|status| status.reason == reason)
    }

    fn has_code(&self, code: u16) -> bool {
        self.status().is_some_and(|status| status.code == code)
    }

    /// There is no such object, or no such kind.
    pub fn is_not_found(&self) -> bool {
        self.has_code(404)
    }

    /// There is an object of that name already.
    pub fn is_already_exists(&self) -> bool {
        self.has_reason("AlreadyExists")
    }

    /// Someone else wrote in between, or a precondition does not hold, or apply met another manager's field.
    pub fn is_conflict(&self) -> bool {
        self.has_code(409) && !self.is_already_exists()
    }

    /// The object breaks the schema; [`causes`](Self::causes) tells where.
    pub fn is_invalid(&self) -> bool {
        self.has_reason("Invalid")
    }

    /// The request itself is wrong.
    pub fn is_bad_request(&self) -> bool {
        self.has_code(400)
    }

    /// The user may not do that.
    pub fn is_forbidden(&self) -> bool {
        self.has_code(403)
    }

    /// The user is not known.
    pub fn is_unauthorized(&self) -> bool {
        self.has_code(401)
    }

    /// The resource version is too old, or the continue token has run out: list anew.
    pub fn is_expired(&self) -> bool {
        self.has_code(410)
    }

    /// The server asks to slow down.
    pub fn is_too_many_requests(&self) -> bool {
        self.has_code(429)
    }

    /// The server gave up waiting.
    pub fn is_timeout(&self) -> bool {
        self.has_code(504)
    }

    /// The fields that the API server complains about.
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
