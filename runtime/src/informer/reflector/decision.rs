//! The reaction to failed requests and interrupted responses.

use std::time::Duration;

use crate::client::{Cause, Error, Reason};

/// A failure of a list or a watch.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    pub(super) error: Error,
    /// The value of the `Retry-After` header.
    pub(super) retry_after: Option<Duration>,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The request failed, or the watch returned an error event.
    Rejected,
    /// The response was interrupted or is malformed; `received` is whether it contained an event before.
    Interrupted { received: bool },
    /// The response ended without an error.
    Ended { lasted: Duration, received: bool },
    /// Nothing was received for too long.
    Idle,
}

/// An operation of a reflector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// A streaming list; `at_version` is whether it requires the last known version.
    StreamingList { at_version: bool },
    /// A page of a list; `first_attempt` is whether the list was not restarted at the latest version yet, `continued`
    /// whether the page is not the first one.
    List { first_attempt: bool, continued: bool },
    /// A watch.
    Watch,
}

/// The reaction to a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Report the failure, wait for the backoff delay, and retry.
    BackOff,
    /// Resume the watch at the last version without a delay.
    Resume,
    /// List all objects again, at least at the last version.
    Relist,
    /// List all objects again at the latest version: the server does not have the last one.
    RelistLatest,
    /// Restart the list without pages.
    RestartWithoutPages,
    /// Send a list request instead of a streaming list.
    FallBackToList,
}

/// A watch that ends earlier, without an event, is not resumed without a delay.
const MIN_WATCH: Duration = Duration::from_secs(1);

/// Decides how to react to a failure. No other function interprets errors of the API server.
pub(super) fn decide(operation: Operation, failure: &Failure) -> Decision {
    let error = &failure.error;
    let code = error.status().map(|status| status.code);
    let version_unavailable = error.is_expired() || is_version_too_large(error);
    match (operation, failure.kind) {
        (Operation::StreamingList { .. }, FailureKind::Idle) => Decision::FallBackToList,
        (Operation::StreamingList { at_version: true }, FailureKind::Rejected) if version_unavailable => {
            Decision::RelistLatest
        }
        (Operation::StreamingList { at_version: false }, FailureKind::Rejected) if version_unavailable => {
            Decision::BackOff
        }
        // Other rejections may not apply to a list: the server may not support streaming, or the role may allow `list` and
        // not `watch`.
        (Operation::StreamingList { .. }, FailureKind::Rejected) if matches!(code, Some(400..=428 | 430..=499)) => {
            Decision::FallBackToList
        }
        (Operation::StreamingList { .. }, _) => Decision::BackOff,

        // The continue token has expired; a list without pages needs none.
        (Operation::List { continued: true, .. }, _) if error.is_expired() => Decision::RestartWithoutPages,
        (Operation::List { first_attempt: true, .. }, _) if version_unavailable => Decision::RelistLatest,
        (Operation::List { .. }, _) => Decision::BackOff,

        (Operation::Watch, FailureKind::Ended { lasted, received: false }) if lasted < MIN_WATCH => Decision::BackOff,
        (Operation::Watch, FailureKind::Ended { .. }) => Decision::Resume,
        // The response contained a malformed event: resuming at the same version would return it again.
        (Operation::Watch, FailureKind::Interrupted { .. }) if matches!(error.reason, Reason::Decode(_)) => {
            Decision::Relist
        }
        (Operation::Watch, FailureKind::Interrupted { received: true }) => Decision::Resume,
        (Operation::Watch, FailureKind::Interrupted { received: false } | FailureKind::Idle) => Decision::BackOff,
        (Operation::Watch, FailureKind::Rejected) if is_version_too_large(error) => Decision::RelistLatest,
        // The list requires the last version again, which means "at least as new".
        (Operation::Watch, FailureKind::Rejected) if error.is_expired() => Decision::Relist,
        // The server does not accept a watch from this version.
        (Operation::Watch, FailureKind::Rejected) if matches!(code, Some(400 | 405 | 406 | 422)) => {
            Decision::RelistLatest
        }
        (Operation::Watch, FailureKind::Rejected) => Decision::BackOff,
    }
}

/// Returns whether the server has not reached the requested version yet. Source: `apimachinery/pkg/apis/meta/v1/types.go`,
/// `CauseTypeResourceVersionTooLarge`.
fn is_version_too_large(error: &Error) -> bool {
    let is_cause =
        |cause: &Cause| cause.reason == "ResourceVersionTooLarge" || cause.message == "Too large resource version";
    error.causes().iter().any(is_cause)
        || error
            .status()
            .is_some_and(|status| status.code == 504 && status.message.contains("Too large resource version"))
}

impl Failure {
    /// Returns the minimum delay that the server requests, from the header or the `Status`.
    pub(super) fn requested_delay(&self) -> Option<Duration> {
        self.retry_after.or_else(|| {
            let seconds = self.error.status()?.details.as_ref()?.retry_after_seconds;
            (seconds > 0).then(|| Duration::from_secs(seconds.into()))
        })
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;
    use crate::client::Action;

    fn failure(kind: FailureKind, reason: Reason) -> Failure {
        Failure { kind, error: Error { action: Box::new(Action::default()), reason }, retry_after: None }
    }

    fn rejected(code: u16, message: &str) -> Failure {
        let status = Status::failure(message, "").with_code(code);
        failure(FailureKind::Rejected, Reason::Status(Box::new(status)))
    }

    const STREAMING: Operation = Operation::StreamingList { at_version: true };
    const STREAMING_LATEST: Operation = Operation::StreamingList { at_version: false };
    const LIST: Operation = Operation::List { first_attempt: true, continued: false };
    const CONTINUED: Operation = Operation::List { first_attempt: true, continued: true };
    const RESTARTED: Operation = Operation::List { first_attempt: false, continued: false };

    #[test]
    fn rejected_request_is_decided_by_status_and_operation() {
        use Decision::{BackOff, FallBackToList, Relist, RelistLatest, RestartWithoutPages};

        let operations = [STREAMING, STREAMING_LATEST, LIST, CONTINUED, RESTARTED, Operation::Watch];
        for (code, message, expected) in [
            (410, "", [RelistLatest, BackOff, RelistLatest, RestartWithoutPages, BackOff, Relist]),
            (
                504,
                "Too large resource version",
                [RelistLatest, BackOff, RelistLatest, RelistLatest, BackOff, RelistLatest],
            ),
            (504, "timeout", [BackOff; 6]),
            (429, "", [BackOff; 6]),
            (500, "", [BackOff; 6]),
            (403, "", [FallBackToList, FallBackToList, BackOff, BackOff, BackOff, BackOff]),
            (404, "", [FallBackToList, FallBackToList, BackOff, BackOff, BackOff, BackOff]),
            (422, "", [FallBackToList, FallBackToList, BackOff, BackOff, BackOff, RelistLatest]),
        ] {
            let decisions = operations.map(|operation| decide(operation, &rejected(code, message)));
            assert_eq!(decisions, expected, "{code} {message}");
        }
    }

    #[test]
    fn interrupted_watch_is_resumed_only_after_an_event() {
        let interrupted = |received, reason| failure(FailureKind::Interrupted { received }, reason);
        let connection = || Reason::Transport(Box::new(kube::Error::Service("reset".into())));
        let malformed = || Reason::Decode(serde::de::Error::custom("malformed"));
        assert_eq!(decide(Operation::Watch, &interrupted(true, connection())), Decision::Resume);
        assert_eq!(decide(Operation::Watch, &interrupted(false, connection())), Decision::BackOff);
        assert_eq!(decide(Operation::Watch, &interrupted(true, malformed())), Decision::Relist);
        assert_eq!(decide(STREAMING, &interrupted(true, malformed())), Decision::BackOff);
    }

    #[test]
    fn ended_watch_is_resumed_unless_it_was_short_and_empty() {
        let ended = |lasted, received| {
            failure(
                FailureKind::Ended { lasted, received },
                Reason::Transport(Box::new(kube::Error::Service("".into()))),
            )
        };
        assert_eq!(decide(Operation::Watch, &ended(Duration::ZERO, false)), Decision::BackOff);
        assert_eq!(decide(Operation::Watch, &ended(Duration::ZERO, true)), Decision::Resume);
        assert_eq!(decide(Operation::Watch, &ended(MIN_WATCH, false)), Decision::Resume);
        assert_eq!(decide(STREAMING, &ended(MIN_WATCH, true)), Decision::BackOff);
    }
}
