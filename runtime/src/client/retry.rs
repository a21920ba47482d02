//! Trying again after a conflict.

use std::future::Future;
use std::time::Duration;

use super::Error;

/// How often a change is tried, and how long to wait before the second time: client-go's `DefaultRetry`.
pub(super) const ATTEMPTS: u32 = 5;
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// Runs `attempt` until it does not end in a conflict, at most five times. It must read the object anew each time.
///
/// Source: `client-go/util/retry`, `RetryOnConflict`.
pub async fn retry_on_conflict<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_conflict() => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    attempt().await
}
