//! Rate limiters of failed items. Source: `k8s.io/client-go/util/workqueue`, `default_rate_limiters.go`.

use std::time::Duration;

use kube_client_runtime::controllers::queue::{
    BucketLimiter, ExponentialBackoff, FastSlow, MaxOf, MaxWait, RateLimiter,
};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Returns the delays after the first failures of an item.
fn delays(limiter: &impl RateLimiter<&'static str>, item: &'static str, failures: usize) -> Vec<Duration> {
    (0..failures).map(|_| limiter.when(&item)).collect()
}

#[test]
fn exponential_backoff_doubles_the_delay_of_each_item_separately() {
    let limiter = ExponentialBackoff::new(ms(1), Duration::from_secs(1));
    assert_eq!(delays(&limiter, "one", 5), [ms(1), ms(2), ms(4), ms(8), ms(16)]);
    assert_eq!(limiter.failures(&"one"), 5);
    assert_eq!(delays(&limiter, "two", 2), [ms(1), ms(2)]);
    limiter.forget(&"one");
    assert_eq!(limiter.failures(&"one"), 0);
    assert_eq!(delays(&limiter, "one", 1), [ms(1)]);
}

#[test]
fn exponential_backoff_stays_at_its_maximum_after_any_number_of_failures() {
    let limiter = ExponentialBackoff::new(ms(1), Duration::from_secs(1000));
    let delays = delays(&limiter, "one", 5_000);
    assert!(delays.is_sorted());
    assert_eq!(delays[20], Duration::from_secs(1000));
    assert_eq!(delays.last(), Some(&Duration::from_secs(1000)));
    let fine = ExponentialBackoff::new(Duration::from_nanos(1), Duration::from_secs(10));
    assert_eq!(self::delays(&fine, "one", 34).last(), Some(&Duration::from_nanos(1 << 33)));
}

#[test]
fn fast_slow_limiter_is_slow_after_the_given_number_of_failures() {
    let limiter = FastSlow::new(ms(5), Duration::from_secs(10), 3);
    assert_eq!(delays(&limiter, "one", 5), [ms(5), ms(5), ms(5), ms(10_000), ms(10_000)]);
    assert_eq!(limiter.failures(&"one"), 5);
    limiter.forget(&"one");
    assert_eq!(delays(&limiter, "one", 1), [ms(5)]);
}

#[tokio::test(start_paused = true)]
async fn bucket_limits_the_rate_of_all_items_together() {
    let limiter = BucketLimiter::new(10.0, 2);
    assert_eq!(delays(&limiter, "one", 4), [ms(0), ms(0), ms(100), ms(200)]);
    assert_eq!(delays(&limiter, "two", 1), [ms(300)]);
    limiter.forget(&"one");
    assert_eq!(RateLimiter::<&str>::failures(&limiter, &"one"), 0);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(delays(&limiter, "one", 3), [ms(0), ms(0), ms(100)]);
}

#[tokio::test(start_paused = true)]
async fn max_of_two_limiters_returns_the_longer_delay_and_counts_in_both() {
    let limiter = MaxOf(ExponentialBackoff::new(ms(5), Duration::from_secs(1000)), BucketLimiter::new(10.0, 1));
    assert_eq!(delays(&limiter, "one", 3), [ms(5), ms(100), ms(200)]);
    assert_eq!(limiter.failures(&"one"), 3);
    limiter.forget(&"one");
    assert_eq!(limiter.failures(&"one"), 0);
}

#[test]
fn max_wait_limits_the_delay_of_another_limiter() {
    let limiter = MaxWait::new(ExponentialBackoff::new(ms(5), Duration::from_secs(1000)), ms(12));
    assert_eq!(delays(&limiter, "one", 4), [ms(5), ms(10), ms(12), ms(12)]);
    assert_eq!(limiter.failures(&"one"), 4);
    limiter.forget(&"one");
    assert_eq!(limiter.failures(&"one"), 0);
    assert_eq!(delays(&limiter, "one", 1), [ms(5)]);
}
