//! Errors of waits.

use std::fmt;
use std::time::Duration;

use crate::client::{Action, Error};

/// A wait that ended without its condition being met.
#[derive(Debug)]
pub struct WaitError<K> {
    /// What was waited on.
    pub action: Box<Action>,
    /// The condition.
    pub condition: String,
    /// The cause.
    pub cause: WaitErrorCause,
    /// The objects in their last known state: at most one for a wait on one object.
    pub last: Vec<K>,
}

/// The cause of a [`WaitError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitErrorCause {
    /// The condition was not met in time.
    Timeout {
        /// The time.
        timeout: Duration,
        /// What was missing at the end, if known.
        explanation: Option<String>,
        /// The last error of a request, if none succeeded after it.
        last_error: Option<Box<Error>>,
    },
    /// The condition cannot be met any more, for this reason.
    Failed(String),
    /// A request failed, and further attempts would fail in the same way.
    Request(Box<Error>),
}

impl<K> WaitError<K> {
    /// Returns whether the time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause, WaitErrorCause::Timeout { .. })
    }

    /// Returns whether the condition cannot be met any more.
    pub fn is_failed(&self) -> bool {
        matches!(self.cause, WaitErrorCause::Failed(_))
    }

    /// Returns the error of a request, if one is the cause.
    pub fn request_error(&self) -> Option<&Error> {
        match &self.cause {
            WaitErrorCause::Request(error) => Some(error),
            WaitErrorCause::Timeout { last_error, .. } => last_error.as_deref(),
            WaitErrorCause::Failed(_) => None,
        }
    }
}

impl<K> fmt::Display for WaitError<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} until {}: ", self.action, self.condition)?;
        match &self.cause {
            WaitErrorCause::Timeout { timeout, explanation, last_error } => {
                write!(out, "not met within {timeout:?}")?;
                match (last_error, explanation) {
                    (Some(error), _) => write!(out, ": {error}"),
                    (None, Some(explanation)) => write!(out, ": {explanation}"),
                    (None, None) if self.last.is_empty() => out.write_str(": no object exists"),
                    (None, None) => Ok(()),
                }
            }
            WaitErrorCause::Failed(reason) => out.write_str(reason),
            WaitErrorCause::Request(error) => error.fmt(out),
        }
    }
}

impl<K: fmt::Debug> std::error::Error for WaitError<K> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.request_error().map(|error| error as _)
    }
}
