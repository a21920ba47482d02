//! A token bucket, for rate limits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A token bucket, stored as the time at which it is full again (the generic cell rate algorithm).
#[derive(Debug)]
pub(crate) struct TokenBucket {
    interval: Duration,
    burst: u32,
    full_at: Mutex<Option<Instant>>,
}

impl TokenBucket {
    /// Creates a full bucket of `burst` tokens, at least one, that gets `qps` tokens a second, at least one in an hour.
    pub(crate) fn new(qps: f64, burst: u32) -> Self {
        let qps = if qps.is_nan() { f64::INFINITY } else { qps.max(1.0 / 3600.0) };
        let interval = Duration::try_from_secs_f64(1.0 / qps).unwrap_or_default();
        TokenBucket { interval, burst: burst.max(1), full_at: Mutex::new(None) }
    }

    /// Takes a token and returns how long the caller has to wait for it.
    #[cfg(feature = "controllers")]
    pub(crate) fn take(&self) -> Duration {
        self.take_at(Instant::now())
    }

    /// Takes a token at this time, which is not in the future, and returns how long the caller has to wait for it.
    pub(crate) fn take_at(&self, now: Instant) -> Duration {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full_at.map_or(now, |at| at.max(now)) + self.interval;
        *full_at = Some(next);
        let capacity = self.interval.saturating_mul(self.burst);
        next.saturating_duration_since(now).saturating_sub(capacity)
    }

    /// Returns a token that was taken.
    pub(crate) fn give_back(&self) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at = full_at.and_then(|at| at.checked_sub(self.interval));
    }
}
