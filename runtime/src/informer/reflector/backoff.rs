//! The delay before the next attempt.

use std::time::Duration;

use tokio::time::Instant;

/// The backoff of client-go's reflector: 0.8 s, doubled for each attempt up to 30 s, with a jitter of up to 100%, and reset
/// after two minutes without a delay. Source: `tools/cache/reflector.go`.
pub(super) struct Backoff {
    next: Duration,
    last: Option<Instant>,
}

const INITIAL: Duration = Duration::from_millis(800);
const MAX: Duration = Duration::from_secs(30);
const RESET: Duration = Duration::from_secs(120);

impl Backoff {
    pub(super) fn new() -> Self {
        Backoff { next: INITIAL, last: None }
    }

    /// Returns the next delay, at least the one that the API server requested.
    pub(super) fn delay(&mut self, requested: Option<Duration>) -> Duration {
        let now = Instant::now();
        if self.last.is_none_or(|last| now.duration_since(last) > RESET) {
            self.next = INITIAL;
        }
        let delay = self.next.mul_f64(1.0 + fastrand::f64());
        self.next = (self.next * 2).min(MAX);
        let delay = delay.max(requested.unwrap_or_default());
        self.last = Some(now + delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn delay_doubles_up_to_the_maximum_and_resets_after_two_minutes() {
        let mut backoff = Backoff::new();
        let mut min = INITIAL;
        for _ in 0..10 {
            let delay = backoff.delay(None);
            assert!(delay >= min && delay < min * 2, "{delay:?} for {min:?}");
            min = (min * 2).min(MAX);
            tokio::time::advance(delay).await;
        }
        assert!(backoff.delay(Some(Duration::from_secs(90))) >= Duration::from_secs(90));
        tokio::time::advance(Duration::from_secs(90 + 121)).await;
        assert!(backoff.delay(None) < INITIAL * 2);
    }
}
