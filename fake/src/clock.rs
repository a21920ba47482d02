//! The clock of a server: the machine's, unless a test sets it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A clock that a test can move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: Instant,
    at: Timestamp,
    stopped: bool,
    moved: Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock { began: Instant::now(), at: Timestamp::now(), stopped: false, moved: Duration::ZERO }
    }

    /// Time since the clock was created; never decreases.
    pub(crate) fn elapsed(&self) -> Duration {
        if self.stopped { self.moved } else { self.began.elapsed() + self.moved }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.at.checked_add(self.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// The time as objects have it: RFC 3339 in seconds.
    pub(crate) fn text(&self) -> String {
        self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Moves the clock. It no longer advances by itself afterwards.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.moved = self.elapsed() + by;
        self.stopped = true;
    }
}
