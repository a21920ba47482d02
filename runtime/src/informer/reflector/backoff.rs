//! How long to wait before the next try.

use std::time::Duration;

use tokio::time::Instant;

/// As client-go's reflector waits: 0.8 s at first, twice as long each time up to 30 s, each with up to as much again by
/// chance; and 0.8 s again once there was no need to wait for two minutes. Source: `tools/cache/reflector.go`.
pub(super) struct Backoff {
    next: Duration,
    last: Option<Instant>,
}

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);
const RESET: Duration = Duration::from_secs(120);

impl Backoff {
    pub(super) fn new() -> Self {
        Backoff { next: FIRST, last: None }
    }

    /// How long to wait now; at least what the API server asked for.
    pub(super) fn delay(&mut self, asked: Option<Duration>) -> Duration {
        let now = Instant::now();
        if self.last.is_none_or(|last| now.duration_since(last) > RESET) {
            self.next = FIRST;
        }
        let delay = self.next.mul_f64(1.0 + fastrand::f64());
        self.next = (self.next * 2).min(LONGEST);
        let delay = delay.max(asked.unwrap_or_default());
        self.last = Some(now + delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_half_a_minute_and_begin_again_after_two_quiet_ones() {
        let mut backoff = Backoff::new();
        let mut least = FIRST;
        for _ in 0..10 {
            let delay = backoff.delay(None);
            assert!(delay >= least && delay < least * 2, "{delay:?} for {least:?}");
            least = (least * 2).min(LONGEST);
            tokio::time::advance(delay).await;
        }
        assert!(backoff.delay(Some(Duration::from_secs(90))) >= Duration::from_secs(90));
        tokio::time::advance(Duration::from_secs(90 + 121)).await;
        assert!(backoff.delay(None) < FIRST * 2);
    }
}
