//! Delays and rate limits.

use super::*;

#[tokio::test(start_paused = true)]
async fn delayed_item_is_returned_after_its_delay() {
    let queue = Queue::new();
    queue.add_after("one", SECOND);
    assert!(is_empty(&queue));
    assert_eq!(queue.len(), 0, "delayed items do not count");
    let start = tokio::time::Instant::now();
    assert_eq!(*within(queue.get()).await.unwrap(), "one");
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn delayed_items_are_returned_in_the_order_of_their_times() {
    let queue = Queue::new();
    queue.add_after("late", 2 * SECOND);
    queue.add_after("early", SECOND);
    queue.add("now");
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(take_all(&queue), ["now", "early", "late"]);
}

#[tokio::test(start_paused = true)]
async fn item_with_two_delays_keeps_the_shorter_one() {
    for delays in [[2, 1], [1, 2]] {
        let queue = Queue::new();
        delays.into_iter().for_each(|delay| queue.add_after("one", delay * SECOND));
        tokio::time::advance(SECOND).await;
        assert_eq!(take_all(&queue), ["one"]);
        tokio::time::advance(10 * SECOND).await;
        assert!(is_empty(&queue), "returned once");
    }
}

#[tokio::test(start_paused = true)]
async fn delayed_item_that_is_added_without_a_delay_is_ready_and_not_returned_again() {
    let queue = Queue::new();
    queue.add_after("one", SECOND);
    queue.add("one");
    assert_eq!(take_all(&queue), ["one"]);
    tokio::time::advance(10 * SECOND).await;
    assert!(is_empty(&queue));
}

#[tokio::test(start_paused = true)]
async fn delay_of_an_item_that_is_ready_has_no_effect() {
    let queue = Queue::new();
    queue.add("one");
    queue.add_after("one", SECOND);
    assert_eq!(take_all(&queue), ["one"]);
    tokio::time::advance(10 * SECOND).await;
    assert!(is_empty(&queue));
}

#[tokio::test(start_paused = true)]
async fn delay_that_ends_during_the_processing_returns_the_item_afterwards() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add_after("one", SECOND);
    tokio::time::advance(2 * SECOND).await;
    assert!(is_empty(&queue));
    drop(processed);
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn waiting_worker_learns_of_a_shorter_delay_even_if_another_one_gives_up() {
    let queue = Queue::new();
    let patient = tokio::spawn({
        let queue = queue.clone();
        async move { *queue.get().await.unwrap() }
    });
    tokio::task::yield_now().await;
    {
        let mut impatient = std::pin::pin!(queue.get());
        assert!((&mut impatient).now_or_never().is_none());
        queue.add_after("one", SECOND);
        // Either of the two may have been woken to wait for the delay.
        assert!((&mut impatient).now_or_never().is_none());
    }
    assert_eq!(within(patient).await.unwrap(), "one");
}

#[tokio::test(start_paused = true)]
async fn longest_delay_is_finite() {
    let queue = Queue::new();
    queue.add_after("one", Duration::MAX);
    assert!(is_empty(&queue));
    queue.add("one");
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn failed_item_waits_longer_after_each_failure_until_it_is_forgotten() {
    let limiter = ExponentialBackoff::new(SECOND, 100 * SECOND);
    let queue = WorkQueue::<&str>::builder().rate_limiter(limiter).build();
    for (failures, delay) in [(1, 1), (2, 2), (3, 4)] {
        queue.add_rate_limited("one");
        assert_eq!(queue.failures(&"one"), failures);
        let start = tokio::time::Instant::now();
        drop(within(queue.get()).await);
        assert_eq!(start.elapsed(), delay * SECOND);
    }
    queue.forget(&"one");
    assert_eq!(queue.failures(&"one"), 0);
    let start = tokio::time::Instant::now();
    queue.add_rate_limited("one");
    drop(within(queue.get()).await);
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn delay_and_rate_limit_together_use_the_shorter_one() {
    let queue = WorkQueue::<&str>::builder().rate_limiter(ExponentialBackoff::new(2 * SECOND, 2 * SECOND)).build();
    queue.add_with("one", AddOptions::default().after(SECOND).rate_limited());
    let start = tokio::time::Instant::now();
    drop(within(queue.get()).await);
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(queue.failures(&"one"), 1);
}

#[tokio::test(start_paused = true)]
async fn item_with_a_delay_of_zero_is_ready_at_once() {
    let queue = Queue::new();
    queue.add_after("one", Duration::ZERO);
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn delayed_item_is_ordered_by_the_end_of_its_delay() {
    let queue = Queue::new();
    queue.add_after("delayed", 2 * SECOND);
    queue.add("before");
    tokio::time::advance(3 * SECOND).await;
    // No worker has asked for an item since the delay ended.
    queue.add("after");
    assert_eq!(take_all(&queue), ["before", "delayed", "after"]);
}

#[tokio::test(start_paused = true)]
async fn forgotten_item_is_processed_until_its_worker_ends() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.forget(&"one");
    queue.add("one");
    assert!(is_empty(&queue), "it is still being processed");
    drop(processed);
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn default_rate_limiter_waits_from_5_milliseconds_to_1000_seconds() {
    let queue = Queue::new();
    for delay in [5, 10, 20] {
        let start = tokio::time::Instant::now();
        queue.add_rate_limited("one");
        drop(within(queue.get()).await);
        assert_eq!(start.elapsed().as_millis(), delay);
    }
    (0..30).for_each(|_| queue.add_with("one", AddOptions::default().rate_limited()));
    drop(within(queue.get()).await);
    let start = tokio::time::Instant::now();
    queue.add_rate_limited("one");
    drop(tokio::time::timeout(1001 * SECOND, queue.get()).await.expect("an item"));
    assert_eq!(start.elapsed().as_secs(), 1000);
}
