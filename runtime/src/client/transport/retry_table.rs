//! Which requests are repeated after which failures.
//!
//! | request | no connection | 429, or 503 with `Retry-After` | 503 or 504 | other 5xx with `Retry-After` | connection broke |
//! |---|---|---|---|---|---|
//! | get, list, watch | repeat | repeat | repeat | repeat | repeat |
//! | server-side apply | repeat | repeat | repeat | repeat | repeat |
//! | delete with a uid as precondition | repeat | repeat | repeat | repeat | repeat |
//! | update with a resource version | repeat | repeat | read, then repeat | read, then repeat | read, then repeat |
//! | any other | repeat | repeat | fate unknown | fate unknown | fate unknown |
//! | a body that is a stream | return | return | return | return | fate unknown |
//!
//! 429 without `Retry-After` is repeated only where the second column says so for 503. Every other response is returned.
//! "Read" reads the object: if it still has the resource version of the update, the update is repeated; if it has the content
//! of the update, an earlier attempt succeeded; otherwise, the fate is unknown.
//!
//! client-go repeats each request that is answered with `Retry-After`, and reads whose connection broke
//! (`k8s.io/client-go/rest`, `with_retry.go`). `kube` repeats 429, 503 and 504 whatever the request, and with them creates that
//! were executed.

use http::{Method, Request, header};
use kube::client::Body;
use serde::Deserialize;

use super::outcome::Failure;
use super::replay;

/// What a repetition of a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    /// It returns the same, or has the same effect once.
    Harmless,
    /// It deletes the same object or none.
    DeleteByUid,
    /// It fails with a conflict if the request was executed.
    ReplaceVersion,
    /// It may have the effect twice.
    Harmful,
    /// It is impossible, because the body is a stream.
    NotBuffered,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Return the response or the error.
    Return,
    /// Repeat the request.
    Repeat,
    /// Read the object, and repeat the request if it was not executed.
    ReadAndRepeat,
    /// Return an error that says that the fate is unknown.
    FateUnknown,
}

#[derive(Deserialize)]
struct DeleteBody {
    preconditions: Option<DeletePreconditions>,
}

#[derive(Deserialize)]
struct DeletePreconditions {
    uid: Option<String>,
}

impl Replay {
    pub(super) fn of(request: &Request<Body>) -> Self {
        match *request.method() {
            Method::GET | Method::HEAD | Method::OPTIONS => Replay::Harmless,
            Method::PATCH if is_apply(request) => Replay::Harmless,
            Method::DELETE if deletes_by_uid(request) => Replay::DeleteByUid,
            Method::PUT if replay::replaced_version(request).is_some() => Replay::ReplaceVersion,
            _ => Replay::Harmful,
        }
    }
}

fn is_apply(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/apply-patch+"))
}

fn deletes_by_uid(request: &Request<Body>) -> bool {
    let body: Option<DeleteBody> = replay::bytes(request).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    body.and_then(|body| body.preconditions).and_then(|preconditions| preconditions.uid).is_some()
}

/// Decides what to do after a failed attempt: the table above.
pub(super) fn decide(replay: Replay, failure: Failure) -> Decision {
    let is_idempotent = matches!(replay, Replay::Harmless | Replay::DeleteByUid);
    match failure {
        _ if replay == Replay::NotBuffered => match failure {
            Failure::Interrupted => Decision::FateUnknown,
            Failure::NotSent | Failure::Status { .. } => Decision::Return,
        },
        Failure::NotSent | Failure::Status { code: 429 | 503, retry_after: Some(_) } => Decision::Repeat,
        Failure::Status { code: 429, retry_after: None } if is_idempotent => Decision::Repeat,
        Failure::Status { code, retry_after } if !matches!((code, retry_after), (503 | 504, _) | (500.., Some(_))) => {
            Decision::Return
        }
        Failure::Interrupted | Failure::Status { .. } => match replay {
            Replay::Harmless | Replay::DeleteByUid => Decision::Repeat,
            Replay::ReplaceVersion => Decision::ReadAndRepeat,
            Replay::Harmful | Replay::NotBuffered => Decision::FateUnknown,
        },
    }
}
