//! Work queues, as client-go's `util/workqueue` and controller-runtime's `priorityqueue`.
//!
//! A [`WorkQueue`] contains each item once, however often it is added, and never returns an item that is being processed:
//! an item that is added meanwhile is returned once more afterwards. Items are ordered by priority, then first in, first out,
//! or in turns of groups such as namespaces ([`WorkQueueBuilder::fair_by`]).
//!
//! ```
//! use kube_client_runtime::controllers::queue::WorkQueue;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let queue = WorkQueue::new();
//! queue.add("team/settings".to_owned());
//! queue.add("team/settings".to_owned());
//! queue.shut_down();
//! while let Some(item) = queue.get().await {
//!     println!("{}", *item);
//!     queue.forget(&item);
//! }
//! # });
//! ```

mod backoff;
mod cause;
#[cfg(test)]
mod interleavings;
mod item;
mod lanes;
mod metrics;
mod options;
mod state;
mod status;
mod waiting;

pub use backoff::{BucketLimiter, ExponentialBackoff, FastSlow, MaxOf, MaxWait, RateLimiter};
pub use cause::Cause;
pub use item::WorkItem;
pub use options::{AddOptions, LOW_PRIORITY, WorkQueueBuilder};
pub use status::{QueueStatus, metrics_text};

use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::sync::{Mutex, MutexGuard};
use metrics::Metrics;
use state::{Add, Next, Phase, State};
use waiting::Waiting;

/// A queue of deduplicated items. Clones are handles to the same queue.
pub struct WorkQueue<T> {
    shared: Arc<Shared<T>>,
}

/// Returns the group of an item.
type Group<T> = Box<dyn Fn(&T) -> u64 + Send + Sync>;

struct Shared<T> {
    name: String,
    inner: Mutex<Inner<T>>,
    limiter: Box<dyn RateLimiter<T>>,
    group: Option<Group<T>>,
    /// Wakes one worker, when something is ready or the first delay has changed.
    ready: Notify,
    /// Wakes those that wait for the end of all processing.
    idle: Notify,
}

struct Inner<T> {
    state: State<T>,
    metrics: Metrics,
}

impl<T> Clone for WorkQueue<T> {
    fn clone(&self) -> Self {
        WorkQueue { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> Default for WorkQueue<T> {
    fn default() -> Self {
        WorkQueue::new()
    }
}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> WorkQueue<T> {
    /// Creates a queue whose failed items wait 5 milliseconds at first and twice as long after each failure.
    pub fn new() -> Self {
        WorkQueue::builder().build()
    }

    /// Returns a builder of a queue.
    pub fn builder() -> WorkQueueBuilder<T> {
        WorkQueueBuilder::new()
    }
}

impl<T: Eq + Hash + Send + Sync + 'static> WorkQueue<T> {
    /// Adds an item with priority 0. Has no effect after [`shut_down`](Self::shut_down).
    pub fn add(&self, item: T) {
        self.add_with(item, AddOptions::default());
    }

    /// Adds an item after a delay. If it is queued already, it keeps the earlier time.
    pub fn add_after(&self, item: T, delay: Duration) {
        self.add_with(item, AddOptions::default().after(delay));
    }

    /// Counts a failure of an item and adds it after the delay that the rate limiter returns.
    pub fn add_rate_limited(&self, item: T) {
        self.add_with(item, AddOptions::default().rate_limited());
    }

    /// Adds an item with options. If it is queued already, it keeps the earlier time and the higher priority.
    pub fn add_with(&self, item: T, options: AddOptions) {
        // An item that is not added does not count as failed.
        if options.rate_limited && self.is_shutting_down() {
            return;
        }
        let limit = options.rate_limited.then(|| self.shared.limiter.when(&item));
        let delay = match (options.after, limit) {
            (Some(after), Some(limit)) => after.min(limit),
            (after, limit) => after.or(limit).unwrap_or_default(),
        };
        let group = self.shared.group_of(&item);
        let add = Add { delay, priority: options.priority, cause: options.cause, group };
        let mut inner = self.shared.lock();
        if inner.state.phase != Phase::Open {
            return;
        }
        let now = Instant::now();
        // Items whose delays have ended are ahead of this one, even if no worker has asked for them yet.
        inner.promote(now);
        let queued = inner.state.add(item, add, now);
        inner.metrics.added(queued, !delay.is_zero());
        drop(inner);
        self.shared.ready.notify_one();
    }

    /// Waits for the next item. Returns `None` after [`shut_down`](Self::shut_down), once nothing is queued, and after
    /// [`close`](Self::close). Dropping the future loses no item.
    ///
    /// The item counts as processed until the [`WorkItem`] is dropped.
    pub async fn get(&self) -> Option<WorkItem<T>> {
        loop {
            // A worker that takes an item wakes the next one, because each addition wakes only one.
            let (next, wake_next) = self.shared.next();
            if wake_next {
                self.shared.ready.notify_one();
            }
            let deadline = match next {
                Next::Item(taken) => return Some(WorkItem::new(self.clone(), taken)),
                Next::End => return None,
                Next::Wait(deadline) => deadline,
            };
            // So does one that gives up waiting.
            let waiting = Waiting::of(&self.shared);
            let added = self.shared.ready.notified();
            match deadline {
                None => added.await,
                Some(deadline) => tokio::select! {
                    () = added => {}
                    () = tokio::time::sleep_until(deadline) => {}
                },
            }
            waiting.end();
        }
    }

    /// Forgets the failures of an item, after it was processed or given up.
    pub fn forget(&self, item: &T) {
        self.shared.limiter.forget(item);
    }

    /// Returns the number of failures of an item since it was forgotten, as client-go's `NumRequeues`.
    pub fn failures(&self, item: &T) -> u32 {
        self.shared.limiter.failures(item)
    }

    /// Returns the number of items that are ready, or ready as soon as their processing has ended. Delayed items do not count.
    pub fn len(&self) -> usize {
        self.shared.lock().state.len()
    }

    /// Returns whether no item is ready. See [`len`](Self::len).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stops additions and drops delayed items. Items that are ready are still returned by [`get`](Self::get).
    pub fn shut_down(&self) {
        self.end(Phase::ShuttingDown);
    }

    /// Shuts down and waits until all items that are ready have been processed.
    pub async fn shut_down_with_drain(&self) {
        self.shut_down();
        self.drained().await;
    }

    /// Shuts down and drops all items; those that are being processed are not affected. Wait for these with
    /// [`drained`](Self::drained).
    pub fn close(&self) {
        self.end(Phase::Closed);
    }

    /// Waits until no item is ready or being processed.
    pub async fn drained(&self) {
        loop {
            let changed = self.shared.idle.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.shared.lock().state.is_idle() {
                return;
            }
            changed.await;
        }
    }

    /// Returns whether the queue was shut down or closed.
    pub fn is_shutting_down(&self) -> bool {
        self.shared.lock().state.phase != Phase::Open
    }

    /// Returns the status of the queue, for metrics.
    pub fn status(&self) -> QueueStatus {
        let inner = self.shared.lock();
        status::of(self.shared.name.clone(), &inner.state, &inner.metrics, Instant::now())
    }

    fn end(&self, phase: Phase) {
        let mut inner = self.shared.lock();
        if inner.state.phase != Phase::Closed {
            inner.state.phase = phase;
            inner.state.discard(phase == Phase::Closed);
        }
        drop(inner);
        self.shared.ready.notify_waiters();
        self.shared.ready.notify_one();
        self.shared.idle.notify_waiters();
    }
}

impl<T: Eq + Hash> Inner<T> {
    /// Makes the delayed items ready whose time has come.
    fn promote(&mut self, now: Instant) {
        let promoted = self.state.promote(now);
        self.metrics.promoted(promoted);
    }

    /// Returns whether a worker has anything to wait for.
    fn is_awaited(&self) -> bool {
        self.state.has_work() || self.state.phase != Phase::Open
    }
}

impl<T: Eq + Hash> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // No foreign code runs under this lock except `Eq` and `Hash`, which change nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn group_of(&self, item: &T) -> u64 {
        self.group.as_ref().map_or(0, |group| group(item))
    }

    /// Takes the next item. Returns also whether another worker has to be woken.
    fn next(&self) -> (Next<T>, bool) {
        let mut inner = self.lock();
        let now = Instant::now();
        inner.promote(now);
        let next = inner.state.take(now);
        if let Next::Item(taken) = &next {
            inner.metrics.taken(taken.waited);
        }
        let wake_next = !matches!(next, Next::Wait(_)) && inner.is_awaited();
        (next, wake_next)
    }

    /// Ends the processing of an item.
    fn done(&self, item: &T) {
        let mut inner = self.lock();
        let now = Instant::now();
        inner.promote(now);
        let (took, ready) = inner.state.done(item, now);
        inner.metrics.done(took);
        let idle = inner.state.is_idle();
        let ended = inner.state.phase != Phase::Open;
        drop(inner);
        if ready || ended {
            self.ready.notify_one();
        }
        if idle {
            self.idle.notify_waiters();
        }
    }
}

impl<T> fmt::Debug for WorkQueue<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("WorkQueue").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
