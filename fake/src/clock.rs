//! The server's clock.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A clock that tests can advance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_time: Timestamp,
    stopped: bool,
    advanced: Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock { start: Instant::now(), start_time: Timestamp::now(), stopped: false, advanced: Duration::ZERO }
    }

    /// Returns the monotonic time since the clock was created.
    pub(crate) fn elapsed(&self) -> Duration {
        if self.stopped { self.advanced } else { self.start.elapsed() + self.advanced }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.start_time.checked_add(self.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Returns the time as objects contain it: RFC 3339 in seconds.
    pub(crate) fn rfc3339(&self) -> String {
        self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Advances the clock. From then on, it only moves when it is advanced.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.elapsed() + by;
        self.stopped = true;
    }
}
