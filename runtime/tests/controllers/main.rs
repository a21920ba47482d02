//! Tests of work queues, controllers and managers, with tokio's paused clock.

mod controller;
mod endpoint;
mod manager;
mod predicates;
mod queue;
mod rate_limiters;
mod sharding;

use std::time::Duration;

/// Awaits a future with a timeout.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(600), future).await.expect("timed out")
}

/// Waits until a condition is true. The clock of tests is paused, so that this takes no real time.
async fn until(mut condition: impl FnMut() -> bool) {
    within(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
