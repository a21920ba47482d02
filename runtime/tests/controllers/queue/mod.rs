//! The work queue. `docs/client-go.md` lists which test verifies which behaviour of client-go and controller-runtime.

mod delays;
mod items;
mod metrics;
mod model;
mod priorities;
mod shutdown;

use std::time::Duration;

use futures::FutureExt;
use kube_client_runtime::controllers::queue::{
    AddOptions, Cause, ExponentialBackoff, WorkItem, WorkQueue, metrics_text,
};
use testkit::time::within;

type Queue = WorkQueue<&'static str>;

const SECOND: Duration = Duration::from_secs(1);

/// Takes an item that is ready.
fn take<T: Clone + Eq + std::hash::Hash + Send + Sync + 'static>(queue: &WorkQueue<T>) -> WorkItem<T> {
    queue.get().now_or_never().expect("an item is ready").expect("the queue is open")
}

/// Takes and ends all items that are ready.
fn take_all(queue: &Queue) -> Vec<&'static str> {
    std::iter::from_fn(|| queue.get().now_or_never().flatten().map(|item| *item)).collect()
}

fn is_empty(queue: &Queue) -> bool {
    queue.get().now_or_never().is_none()
}
