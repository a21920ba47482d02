//! Retries after a conflict.

use std::future::Future;
use std::time::Duration;

use super::Error;

/// The number of attempts of a write and the delays between them. The delays grow exponentially, with jitter.
///
/// The default suits many concurrent writers of one object: each conflict means that another writer succeeded, so that ten
/// attempts suffice for ten writers.
///
/// Source: `k8s.io/apimachinery/pkg/util/wait`, `Backoff`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The number of attempts, at least one.
    pub steps: u32,
    /// The first delay.
    pub duration: Duration,
    /// The factor between a delay and the previous one.
    pub factor: f64,
    /// The maximum random extension of each delay, as a fraction of it.
    pub jitter: f64,
}

impl Backoff {
    /// client-go's `retry.DefaultRetry`: for objects that other clients modify occasionally.
    pub const DEFAULT_RETRY: Backoff =
        Backoff { steps: 5, duration: Duration::from_millis(10), factor: 1.0, jitter: 0.1 };

    /// client-go's `retry.DefaultBackoff`: for objects that other clients modify continuously.
    pub const DEFAULT_BACKOFF: Backoff =
        Backoff { steps: 4, duration: Duration::from_millis(10), factor: 5.0, jitter: 0.1 };

    /// Returns the delays between the attempts.
    pub(super) fn delays(self) -> impl Iterator<Item = Duration> {
        let mut next = self.duration.as_secs_f64();
        (1..self.steps).map(move |_| {
            let delay = next * (1.0 + self.jitter.max(0.0) * fastrand::f64());
            next *= self.factor;
            Duration::try_from_secs_f64(delay).unwrap_or(self.duration)
        })
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { steps: 10, duration: Duration::from_millis(10), factor: 1.5, jitter: 1.0 }
    }
}

/// Retries `attempt` while it returns a conflict, as often as the default [`Backoff`] allows. Each attempt must read the
/// object again.
///
/// Source: `k8s.io/client-go/util/retry`, `RetryOnConflict`.
///
/// # Errors
/// Returns the first error that is not a conflict, or the last conflict.
pub async fn retry_on_conflict<T, F>(attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    retry_on_conflict_with(Backoff::default(), attempt).await
}

/// [`retry_on_conflict`] with another backoff.
///
/// # Errors
/// Returns the first error that is not a conflict, or the last conflict.
pub async fn retry_on_conflict_with<T, F>(backoff: Backoff, mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for delay in backoff.delays() {
        match attempt().await {
            Err(error) if error.is_conflict() => tokio::time::sleep(delay).await,
            result => return result,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_by_the_factor_within_the_jitter() {
        let delays: Vec<Duration> = Backoff::DEFAULT_BACKOFF.delays().collect();
        assert_eq!(delays.len(), 3);
        for (delay, millis) in delays.iter().zip([10.0, 50.0, 250.0]) {
            let delay = delay.as_secs_f64() * 1000.0;
            assert!((millis - 0.001..=millis * 1.1 + 0.001).contains(&delay), "{delay}");
        }
        assert_eq!(Backoff::DEFAULT_RETRY.delays().count(), 4);
    }

    #[test]
    fn delays_of_any_backoff_are_finite() {
        for (factor, jitter) in [(f64::INFINITY, 0.0), (f64::NAN, f64::NAN), (-1.0, -1.0), (1e300, f64::INFINITY)] {
            let backoff = Backoff { steps: 5, duration: Duration::from_millis(10), factor, jitter };
            assert_eq!(backoff.delays().count(), 4, "{backoff:?}");
        }
        assert_eq!(Backoff { steps: 0, ..Backoff::default() }.delays().count(), 0);
    }
}
