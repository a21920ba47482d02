//! Options of queues and additions.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::time::Duration;

use rapidhash::fast::RandomState;
use tokio::sync::Notify;

use super::backoff::{ExponentialBackoff, RateLimiter};
use super::cause::Cause;
use super::metrics::Metrics;
use super::state::State;
use super::{Group, Inner, Shared, WorkQueue};
use crate::sync::Mutex;

/// The priority of items that are not urgent, such as initial and resynced objects, as in controller-runtime.
pub const LOW_PRIORITY: i32 = -100;

/// Options of an addition, for [`WorkQueue::add_with`].
#[derive(Clone, Debug, Default)]
pub struct AddOptions {
    pub(super) after: Option<Duration>,
    pub(super) rate_limited: bool,
    pub(super) priority: i32,
    pub(super) cause: Cause,
}

impl AddOptions {
    /// Delays the addition.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// Counts a failure and delays the addition as the rate limiter says; with [`after`](Self::after), by the shorter delay.
    pub fn rate_limited(mut self) -> Self {
        self.rate_limited = true;
        self
    }

    /// Sets the priority; items of a higher one are returned first. The default is 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the cause, for traces.
    pub fn cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }
}

/// A builder of a [`WorkQueue`].
pub struct WorkQueueBuilder<T> {
    name: String,
    limiter: Box<dyn RateLimiter<T>>,
    group: Option<Group<T>>,
}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> WorkQueueBuilder<T> {
    pub(super) fn new() -> Self {
        WorkQueueBuilder { name: String::new(), limiter: Box::new(ExponentialBackoff::default()), group: None }
    }
}

impl<T: Eq + Hash + Send + Sync + 'static> WorkQueueBuilder<T> {
    /// Sets the name in metrics.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the rate limiter of failed items.
    pub fn rate_limiter(mut self, limiter: impl RateLimiter<T>) -> Self {
        self.limiter = Box::new(limiter);
        self
    }

    /// Makes groups of items take turns within a priority: a group with many items does not delay those of others.
    ///
    /// ```
    /// # use kube_client_runtime::controllers::queue::WorkQueue;
    /// # use kube_client_runtime::informer::ObjectKey;
    /// let queue = WorkQueue::<ObjectKey>::builder().fair_by(|key| key.namespace.clone()).build();
    /// ```
    pub fn fair_by<G: Hash>(mut self, group: impl Fn(&T) -> G + Send + Sync + 'static) -> Self {
        let hasher = RandomState::default();
        self.group = Some(Box::new(move |item| hasher.hash_one(group(item))));
        self
    }

    /// Creates the queue.
    pub fn build(self) -> WorkQueue<T> {
        let WorkQueueBuilder { name, limiter, group } = self;
        let inner = Mutex::new(Inner { state: State::new(), metrics: Metrics::default() });
        let shared = Shared { name, inner, limiter, group, ready: Notify::new(), idle: Notify::new() };
        WorkQueue { shared: Arc::new(shared) }
    }
}

impl<T> std::fmt::Debug for WorkQueueBuilder<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WorkQueueBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
