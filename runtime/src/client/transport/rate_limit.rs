//! The rate limit of a client.

use std::time::Duration;

use tokio::time::Instant;

use crate::token_bucket::TokenBucket;

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
        RateLimit { qps, burst }
    }
}

/// The rate limit of a transport.
pub(super) struct RateLimiter(TokenBucket);

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
            self.limiter.0.give_back();
        }
    }
}

impl RateLimiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        RateLimiter(TokenBucket::new(limit.qps, limit.burst))
    }

    /// Waits until the rate limit allows a request, and returns the wait since `now`. A prioritized request does not wait.
    pub(super) async fn acquire(&self, prioritized: bool, now: Instant) -> Duration {
        let wait = self.0.take_at(now);
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
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn burst_passes_at_once_and_later_requests_at_the_rate() {
        let limiter = RateLimiter::new(RateLimit::new(5.0, 10));
        let start = Instant::now();
        for _ in 0..10 {
            assert_eq!(limiter.acquire(false, Instant::now()).await, Duration::ZERO);
        }
        for _ in 0..10 {
            assert_eq!(limiter.acquire(false, Instant::now()).await, Duration::from_millis(200));
        }
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn prioritized_request_does_not_wait_but_counts() {
        let limiter = RateLimiter::new(RateLimit::new(1.0, 1));
        limiter.acquire(false, Instant::now()).await;
        assert_eq!(limiter.acquire(true, Instant::now()).await, Duration::ZERO);
        assert_eq!(limiter.acquire(false, Instant::now()).await, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn abandoned_request_returns_its_token() {
        let limiter = RateLimiter::new(RateLimit::new(1.0, 1));
        limiter.acquire(false, Instant::now()).await;
        assert!(limiter.acquire(false, Instant::now()).now_or_never().is_none());
        assert_eq!(limiter.acquire(false, Instant::now()).await, Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn any_limit_is_finite() {
        for qps in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 1e300] {
            let limiter = RateLimiter::new(RateLimit::new(qps, u32::MAX));
            limiter.acquire(false, Instant::now()).await;
        }
    }
}
