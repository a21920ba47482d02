//! What a failed request means.

use std::time::Duration;

use kube::core::Status;

use super::source::Failure;
use crate::client::{Cause, Error};

/// Why a step did not succeed, and what to do about it.
pub(super) enum Trouble {
    /// Wait, and do the same again.
    Again(Failure),
    /// Do it in another way: the server does not know this one.
    Otherwise(Failure),
    /// Read all objects anew.
    Relist(Failure),
}

/// What to do about a streaming list that failed.
pub(super) fn sort_streaming(failure: Failure) -> Trouble {
    let error = &failure.error;
    if is_gone(error) || is_ahead(error) {
        return Trouble::Relist(failure);
    }
    match error.status().map(|status| status.code) {
        // Whatever else is refused may be granted to a list, as in a server that does not stream, or by a role that has
        // `list` and no `watch`.
        Some(400..=428 | 430..=499) => Trouble::Otherwise(failure),
        _ => Trouble::Again(failure),
    }
}

/// The version is no longer there.
pub(super) fn is_gone(error: &Error) -> bool {
    error.is_expired()
}

/// The version is not there yet. Source: `apimachinery/pkg/apis/meta/v1/types.go`, `CauseTypeResourceVersionTooLarge`.
pub(super) fn is_ahead(error: &Error) -> bool {
    let says =
        |cause: &Cause| cause.reason == "ResourceVersionTooLarge" || cause.message == "Too large resource version";
    error.causes().iter().any(says)
        || error
            .status()
            .is_some_and(|status| status.code == 504 && status.message.contains("Too large resource version"))
}

pub(super) fn asked_to_wait(status: Option<&Status>) -> Option<Duration> {
    let seconds = status?.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}
