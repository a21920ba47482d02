//! The health of a reflector.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Error;

/// The phase of a reflector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The reflector has not been started.
    #[default]
    NotStarted,
    /// The reflector lists all objects.
    Listing,
    /// The reflector watches changes.
    Watching,
    /// The reflector reads nothing: no objects are selected.
    Idle,
    /// The reflector has stopped.
    Stopped,
}

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The user is not allowed to list or watch the kind: a Role or ClusterRole is missing.
    Forbidden,
    /// The requests are not authenticated.
    Unauthorized,
    /// The API server does not serve the kind or the version: a CRD is missing.
    KindNotFound,
    /// The API server throttles the client.
    TooManyRequests,
    /// The API server cannot be reached.
    Unreachable,
    /// Anything else.
    Other,
}

impl ProblemKind {
    pub(crate) fn of(error: &Error) -> Self {
        match error.status().map(|status| status.code) {
            Some(403) => ProblemKind::Forbidden,
            Some(401) => ProblemKind::Unauthorized,
            Some(404) => ProblemKind::KindNotFound,
            Some(429) => ProblemKind::TooManyRequests,
            Some(502..=504) => ProblemKind::Unreachable,
            None if matches!(error.reason, crate::client::Reason::Transport(_)) => ProblemKind::Unreachable,
            _ => ProblemKind::Other,
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            ProblemKind::Forbidden => "forbidden",
            ProblemKind::Unauthorized => "unauthorized",
            ProblemKind::KindNotFound => "no such kind",
            ProblemKind::TooManyRequests => "too many requests",
            ProblemKind::Unreachable => "unreachable",
            ProblemKind::Other => "failing",
        })
    }
}

/// The problem of a reflector. The reflector continues to retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of the problem.
    pub kind: ProblemKind,
    /// The message of the last error.
    pub message: String,
    /// The time of the first failed attempt.
    pub since: Instant,
    /// The number of failed attempts since then.
    pub attempts: u32,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = Duration::from_secs(self.since.elapsed().as_secs());
        write!(out, "{} for {since:?}, tried {} times: {}", self.kind, self.attempts, self.message)
    }
}

/// The health of one reflector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReflectorHealth {
    /// The namespace; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// The phase.
    pub phase: Phase,
    /// The current problem, if any.
    pub problem: Option<Problem>,
    /// The time of the last response of the API server.
    pub last_response: Option<Instant>,
}

impl ReflectorHealth {
    pub(super) fn failed(&mut self, error: &Error) {
        let now = Instant::now();
        let (since, attempts) = self.problem.as_ref().map_or((now, 0), |problem| (problem.since, problem.attempts));
        let kind = ProblemKind::of(error);
        self.problem = Some(Problem { kind, message: error.to_string(), since, attempts: attempts + 1 });
    }

    /// The reflector reads nothing.
    pub(super) fn set_idle(&mut self) {
        self.phase = Phase::Idle;
        self.problem = None;
    }

    pub(super) fn succeeded(&mut self, phase: Phase) {
        self.phase = phase;
        self.problem = None;
        self.last_response = Some(Instant::now());
    }
}
