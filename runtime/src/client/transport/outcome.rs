//! The outcome of one attempt.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;

use super::Mode;

/// The longest delay that an API server can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The outcome of one attempt.
pub(super) enum Outcome {
    /// A response that is not a failure of the attempt: a success, or an error that no repetition changes.
    Answered(Response<Body>),
    /// A response whose status may change if the request is repeated.
    Rejected(Failure, Response<Body>),
    /// No response, or not all of it.
    Failed(Failure, kube::Error),
    /// An error of the client that no repetition changes, such as credentials that cannot be read. Nothing was sent.
    Invalid(kube::Error),
}

/// A failed attempt, for the retry table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection: the request was not sent.
    NotSent,
    /// The connection broke after the request may have been sent.
    Interrupted,
    /// An error of the API server.
    Status {
        /// The HTTP status.
        code: u16,
        /// The delay that the API server asks for.
        retry_after: Option<Duration>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotSent => out.write_str("no connection"),
            Failure::Interrupted => out.write_str("the connection broke"),
            Failure::Status { code, .. } => write!(out, "status {code}"),
        }
    }
}

impl Failure {
    /// Returns whether the API server may have executed the request.
    ///
    /// A request that is throttled (429), or that a server without capacity rejects with `Retry-After` (503), is rejected
    /// before it is executed, and so is one that fails authentication or validation (4xx).
    pub(super) fn may_be_executed(self) -> bool {
        match self {
            Failure::NotSent => false,
            Failure::Interrupted => true,
            Failure::Status { code, retry_after } => code >= 500 && !(code == 503 && retry_after.is_some()),
        }
    }

    /// Returns whether the object does not exist, or has another uid than the precondition.
    pub(super) fn is_gone(self) -> bool {
        matches!(self, Failure::Status { code: 404 | 409, .. })
    }

    pub(super) fn retry_after(self) -> Option<Duration> {
        if let Failure::Status { retry_after, .. } = self { retry_after } else { None }
    }
}

impl Outcome {
    pub(super) fn new(result: Result<Response<Body>, kube::Error>) -> Self {
        match result {
            Ok(response) if response.status().is_client_error() || response.status().is_server_error() => {
                let code = response.status().as_u16();
                let retry_after = retry_after(response.headers());
                Outcome::Rejected(Failure::Status { code, retry_after }, response)
            }
            Ok(response) => Outcome::Answered(response),
            Err(error) => match classify(&error) {
                Some(failure) => Outcome::Failed(failure, error),
                None => Outcome::Invalid(error),
            },
        }
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        match self {
            Outcome::Rejected(failure, _) | Outcome::Failed(failure, _) => Some(*failure),
            Outcome::Answered(_) | Outcome::Invalid(_) => None,
        }
    }

    pub(super) fn response(&self) -> Option<&Response<Body>> {
        match self {
            Outcome::Answered(response) | Outcome::Rejected(_, response) => Some(response),
            Outcome::Failed(..) | Outcome::Invalid(_) => None,
        }
    }

    /// Returns the status of the response, if there was one.
    pub(super) fn code(&self) -> Option<StatusCode> {
        self.response().map(Response::status)
    }

    pub(super) fn into_result(self) -> Result<Response<Body>, kube::Error> {
        match self {
            Outcome::Answered(response) | Outcome::Rejected(_, response) => Ok(response),
            Outcome::Failed(_, error) | Outcome::Invalid(error) => Err(error),
        }
    }

    pub(super) async fn into_error(self) -> kube::Error {
        match self {
            Outcome::Answered(response) | Outcome::Rejected(_, response) => {
                let (head, body) = response.into_parts();
                let bytes = body.collect_bytes().await.unwrap_or_default();
                kube::Error::Api(Box::new(status(head.status, &bytes)))
            }
            Outcome::Failed(_, error) | Outcome::Invalid(error) => error,
        }
    }
}

/// Reads the body of a response, unless it is a stream. The bodies of errors are always read.
pub(super) async fn read(response: Response<Body>, mode: Mode) -> Result<Response<Body>, kube::Error> {
    if mode != Mode::Whole && response.status().is_success() || response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let bytes = collect(body).await?;
    Ok(Response::from_parts(head, Body::from(bytes)))
}

/// Reads a body. One of a single part, as most are, is not copied.
pub(super) async fn collect(mut body: Body) -> Result<Bytes, kube::Error> {
    let mut whole: Option<BytesMut> = None;
    let mut first = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame?.into_data() else { continue };
        match &mut whole {
            Some(whole) => whole.extend_from_slice(&part),
            None if first.is_empty() => first = part,
            None => {
                let mut both = BytesMut::with_capacity(2 * (first.len() + part.len()));
                both.extend_from_slice(&first);
                both.extend_from_slice(&part);
                whole = Some(both);
            }
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(whole.map_or(first, BytesMut::freeze))
}

/// Returns the answer to a deletion whose object an earlier attempt deleted.
pub(super) fn deleted() -> Response<Body> {
    let status = br#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":200}"#;
    Response::new(Body::from(status.to_vec()))
}

/// Returns the `Status` in the body of an error response, or one created from its text.
pub(crate) fn status(code: StatusCode, body: &[u8]) -> Status {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&body[..body.len().min(1024)]).trim().to_owned();
        let reason = code.canonical_reason().unwrap_or_default().replace(' ', "");
        Status::failure(&text, &reason).with_code(code.as_u16())
    })
}

/// Returns the delay that a response asks for. API servers send seconds, not dates.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Returns how an attempt without a response failed; `None` if the request was not sent and never will be.
fn classify(error: &kube::Error) -> Option<Failure> {
    match error {
        kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => {}
        _ => return None,
    }
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        if source
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return connect_failure(source);
        }
        if let Some(error) = source.downcast_ref::<kube::Error>() {
            // Another layer of kube failed, for example the one that reads credentials.
            return classify(error);
        }
        let kind = source.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::ConnectionRefused) {
            return Some(Failure::NotSent);
        }
        next = source.source();
    }
    Some(Failure::Interrupted)
}

/// Returns how a connection failed; `None` if the certificate of the server is not accepted, which a repetition does not
/// change.
fn connect_failure(error: &(dyn std::error::Error + 'static)) -> Option<Failure> {
    let mut next = Some(error);
    while let Some(source) = next {
        if source.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::InvalidData) {
            return None;
        }
        next = source.source();
    }
    Some(Failure::NotSent)
}
