//! The rate limit of a client.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The maximum rate of a client's requests, as in client-go: on average `qps` a second, and up to `burst` at once.
///
/// It is off by default: the API server limits its clients itself (API priority and fairness).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    qps: f64,
    burst: u32,
}

impl RateLimit {
    /// Creates a limit of `qps` requests a second, at least one in an hour, and of `burst` at once, at least one.
    pub fn new(qps: f64, burst: u32) -> Self {
        let qps = if qps.is_nan() { f64::INFINITY } else { qps.max(1.0 / 3600.0) };
        RateLimit { qps, burst: burst.max(1) }
    }
}

/// A token bucket, stored as the time at which it is full again (the generic cell rate algorithm).
pub(super) struct RateLimiter {
    interval: Duration,
    burst: u32,
    full_at: Mutex<Option<Instant>>,
}

/// A wait of this length is reported, as in client-go (`longThrottleLatency`).
const LONG_WAIT: Duration = Duration::from_secs(1);

/// A request that waits for its turn; returns its token if the call is given up.
struct Turn<'l> {
    limiter: &'l RateLimiter,
    taken: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.taken {
            let mut full_at = self.limiter.full_at.lock().unwrap_or_else(PoisonError::into_inner);
            *full_at = full_at.and_then(|at| at.checked_sub(self.limiter.interval));
        }
    }
}

impl RateLimiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / limit.qps).unwrap_or_default();
        RateLimiter { interval, burst: limit.burst, full_at: Mutex::new(None) }
    }

    /// Takes a token and returns how long the request has to wait for it.
    fn reserve(&self) -> Duration {
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full_at.map_or(now, |at| at.max(now)) + self.interval;
        *full_at = Some(next);
        let capacity = self.interval.saturating_mul(self.burst);
        next.saturating_duration_since(now).saturating_sub(capacity)
    }

    /// Waits until the rate limit allows a request, and returns the wait. A prioritized request does not wait.
    pub(super) async fn acquire(&self, prioritized: bool) -> Duration {
        let wait = self.reserve();
        if prioritized || wait.is_zero() {
            return Duration::ZERO;
        }
        if wait >= LONG_WAIT {
            tracing::info!(?wait, "the rate limit of the client delays a request");
        }
        let mut turn = Turn { limiter: self, taken: false };
        tokio::time::sleep(wait).await;
        turn.taken = true;
        wait
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn burst_passes_at_once_and_later_requests_at_the_rate() {
        let limiter = RateLimiter::new(RateLimit::new(5.0, 10));
        let start = Instant::now();
        for _ in 0..10 {
            assert_eq!(limiter.acquire(false).await, Duration::ZERO);
        }
        for _ in 0..10 {
            assert_eq!(limiter.acquire(false).await, Duration::from_millis(200));
        }
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn prioritized_request_does_not_wait_but_counts() {
        let limiter = RateLimiter::new(RateLimit::new(1.0, 1));
        limiter.acquire(false).await;
        assert_eq!(limiter.acquire(true).await, Duration::ZERO);
        assert_eq!(limiter.acquire(false).await, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn abandoned_request_returns_its_token() {
        let limiter = RateLimiter::new(RateLimit::new(1.0, 1));
        limiter.acquire(false).await;
        assert!(limiter.acquire(false).now_or_never().is_none());
        assert_eq!(limiter.acquire(false).await, Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn any_limit_is_finite() {
        for qps in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 1e300] {
            let limiter = RateLimiter::new(RateLimit::new(qps, u32::MAX));
            limiter.acquire(false).await;
        }
    }
}
