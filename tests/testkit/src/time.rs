//! Waiting in tests with tokio's paused clock, which takes no real time.

use std::time::Duration;

/// Awaits a future with a timeout of ten minutes.
///
/// # Panics
/// Panics after the timeout.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(600), future).await.expect("timed out")
}

/// Waits until a condition is true.
///
/// # Panics
/// Panics after ten minutes.
pub async fn until(mut condition: impl FnMut() -> bool) {
    within(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
