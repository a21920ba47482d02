//! How long failed items wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rapidhash::fast::RandomState;

use crate::token_bucket::TokenBucket;

/// The failures of the items that have failed.
type Failures<T> = Mutex<HashMap<T, u32, RandomState>>;

/// Decides how long an item waits when it is added again after a failure, as client-go's `workqueue.TypedRateLimiter`.
pub trait RateLimiter<T>: Send + Sync + 'static {
    /// Counts a failure of an item and returns how long the item has to wait.
    fn when(&self, item: &T) -> Duration;

    /// Forgets the failures of an item.
    fn forget(&self, item: &T);

    /// Returns the number of counted failures of an item.
    fn failures(&self, item: &T) -> u32;
}

/// A delay for each item that doubles with each failure, as client-go's `ItemExponentialFailureRateLimiter`.
#[derive(Debug)]
pub struct ExponentialBackoff<T> {
    base: Duration,
    max: Duration,
    failures: Failures<T>,
}

impl<T> ExponentialBackoff<T> {
    /// Creates a limiter whose first delay is `base` and whose longest one is `max`.
    pub fn new(base: Duration, max: Duration) -> Self {
        ExponentialBackoff { base, max, failures: Mutex::default() }
    }
}

/// 5 milliseconds to 1000 seconds, as in client-go and controller-runtime.
impl<T> Default for ExponentialBackoff<T> {
    fn default() -> Self {
        ExponentialBackoff::new(Duration::from_millis(5), Duration::from_secs(1000))
    }
}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> RateLimiter<T> for ExponentialBackoff<T> {
    fn when(&self, item: &T) -> Duration {
        let mut failures = lock(&self.failures);
        let count = if let Some(count) = failures.get_mut(item) {
            *count = count.saturating_add(1);
            *count - 1
        } else {
            failures.insert(item.clone(), 1);
            0
        };
        // Beyond the largest Duration, it is the maximum.
        let delay = Duration::try_from_secs_f64(self.base.as_secs_f64() * 2_f64.powf(count.into()));
        delay.map_or(self.max, |delay| delay.min(self.max))
    }

    fn forget(&self, item: &T) {
        forget(&self.failures, item);
    }

    fn failures(&self, item: &T) -> u32 {
        lock(&self.failures).get(item).copied().unwrap_or_default()
    }
}

/// A short delay for the first failures of an item and a long one for the others, as client-go's `ItemFastSlowRateLimiter`.
#[derive(Debug)]
pub struct FastSlow<T> {
    fast: Duration,
    slow: Duration,
    attempts: u32,
    failures: Failures<T>,
}

impl<T> FastSlow<T> {
    /// Creates a limiter that returns `fast` for the first `attempts` failures of an item, and then `slow`.
    pub fn new(fast: Duration, slow: Duration, attempts: u32) -> Self {
        FastSlow { fast, slow, attempts, failures: Mutex::default() }
    }
}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> RateLimiter<T> for FastSlow<T> {
    fn when(&self, item: &T) -> Duration {
        let mut failures = lock(&self.failures);
        let count = failures.entry(item.clone()).or_default();
        *count = count.saturating_add(1);
        if *count <= self.attempts { self.fast } else { self.slow }
    }

    fn forget(&self, item: &T) {
        forget(&self.failures, item);
    }

    fn failures(&self, item: &T) -> u32 {
        lock(&self.failures).get(item).copied().unwrap_or_default()
    }
}

/// A common rate for all items, as client-go's `BucketRateLimiter`: on average `qps` failed items a second, and up to `burst`
/// at once.
#[derive(Debug)]
pub struct BucketLimiter(TokenBucket);

impl BucketLimiter {
    /// Creates a limiter of `qps` items a second, at least one in an hour, and of `burst` at once, at least one.
    pub fn new(qps: f64, burst: u32) -> Self {
        BucketLimiter(TokenBucket::new(qps, burst))
    }
}

impl<T> RateLimiter<T> for BucketLimiter {
    fn when(&self, _: &T) -> Duration {
        self.0.take()
    }

    fn forget(&self, _: &T) {}

    fn failures(&self, _: &T) -> u32 {
        0
    }
}

/// The longer delay of two limiters, as client-go's `MaxOfRateLimiter`.
#[derive(Clone, Debug)]
pub struct MaxOf<A, B>(
    /// The first limiter.
    pub A,
    /// The second limiter.
    pub B,
);

impl<T, A: RateLimiter<T>, B: RateLimiter<T>> RateLimiter<T> for MaxOf<A, B> {
    fn when(&self, item: &T) -> Duration {
        self.0.when(item).max(self.1.when(item))
    }

    fn forget(&self, item: &T) {
        self.0.forget(item);
        self.1.forget(item);
    }

    fn failures(&self, item: &T) -> u32 {
        self.0.failures(item).max(self.1.failures(item))
    }
}

/// A limiter with an upper bound, as client-go's `WithMaxWaitRateLimiter`.
#[derive(Clone, Debug)]
pub struct MaxWait<L> {
    limiter: L,
    max: Duration,
}

impl<L> MaxWait<L> {
    /// Limits the delays of `limiter` to `max`.
    pub fn new(limiter: L, max: Duration) -> Self {
        MaxWait { limiter, max }
    }
}

impl<T, L: RateLimiter<T>> RateLimiter<T> for MaxWait<L> {
    fn when(&self, item: &T) -> Duration {
        self.limiter.when(item).min(self.max)
    }

    fn forget(&self, item: &T) {
        self.limiter.forget(item);
    }

    fn failures(&self, item: &T) -> u32 {
        self.limiter.failures(item)
    }
}

impl<T: 'static> RateLimiter<T> for Box<dyn RateLimiter<T>> {
    fn when(&self, item: &T) -> Duration {
        (**self).when(item)
    }

    fn forget(&self, item: &T) {
        (**self).forget(item);
    }

    fn failures(&self, item: &T) -> u32 {
        (**self).failures(item)
    }
}

fn forget<T: Eq + Hash>(failures: &Failures<T>, item: &T) {
    let mut failures = lock(failures);
    // Most items never fail. Removal would compute the hash of an item also then.
    if !failures.is_empty() {
        failures.remove(item);
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
