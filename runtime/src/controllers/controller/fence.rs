//! Fences, which keep the reconciliations of a former leader from going on.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// Returns whether this process may still act.
pub(in crate::controllers) type Fence = Arc<dyn Fn() -> bool + Send + Sync>;

/// Polls a future only while the fence is open. A process that was paused does not go on when it continues, even before
/// the loss of leadership is noticed. The owner of the fence drops the future.
pub(super) async fn within<F: Future>(fence: Option<&Fence>, future: F) -> F::Output {
    let Some(fence) = fence else { return future.await };
    let mut future = pin!(future);
    std::future::poll_fn(|context| if fence() { future.as_mut().poll(context) } else { Poll::Pending }).await
}
