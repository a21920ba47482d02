//! How a reflector fares, for people and for readiness checks.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Error;

/// What a reflector is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It has not been started.
    #[default]
    NotStarted,
    /// It reads all objects.
    Listing,
    /// It follows what happens.
    Watching,
    /// It has stopped.
    Stopped,
}

/// Why a reflector does not get on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The user may not list or watch the kind: a Role or ClusterRole is missing.
    Forbidden,
    /// The API server does not know the user.
    Unauthorized,
    /// The API server does not have the kind, or not in this version: a CRD is missing.
    KindNotFound,
    /// The API server asks to slow down.
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

/// What stands in a reflector's way. It keeps trying all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of a problem.
    pub kind: ProblemKind,
    /// What went wrong last.
    pub message: String,
    /// Since when.
    pub since: Instant,
    /// How often it was tried since.
    pub attempts: u32,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = Duration::from_secs(self.since.elapsed().as_secs());
        write!(out, "{} for {since:?}, tried {} times: {}", self.kind, self.attempts, self.message)
    }
}

/// How one reflector fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReflectorHealth {
    /// The namespace that it reads; `None`: the whole cluster.
    pub namespace: Option<String>,
    /// What it is doing.
    pub phase: Phase,
    /// What stands in its way, if anything does.
    pub problem: Option<Problem>,
    /// When it last heard from the API server.
    pub last_response: Option<Instant>,
}

impl ReflectorHealth {
    pub(super) fn failed(&mut self, error: &Error) {
        let now = Instant::now();
        let (since, attempts) = self.problem.as_ref().map_or((now, 0), |problem| (problem.since, problem.attempts));
        let kind = ProblemKind::of(error);
        self.problem = Some(Problem { kind, message: error.to_string(), since, attempts: attempts + 1 });
    }

    pub(super) fn well(&mut self, phase: Phase) {
        self.phase = phase;
        self.problem = None;
        self.last_response = Some(Instant::now());
    }
}
