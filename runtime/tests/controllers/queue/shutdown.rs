//! The end of a queue.

use super::*;

#[tokio::test(start_paused = true)]
async fn shut_down_queue_returns_what_is_ready_and_adds_nothing() {
    let queue = Queue::new();
    queue.add("one");
    queue.add_after("delayed", SECOND);
    queue.shut_down();
    assert!(queue.is_shutting_down());
    queue.add("two");
    assert_eq!(*take(&queue), "one");
    assert!(within(queue.get()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn shut_down_queue_returns_an_item_that_was_added_while_it_was_processed() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    queue.shut_down();
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move { (queue.get().await.map(|item| *item), queue.get().await.is_none()) }
    });
    tokio::task::yield_now().await;
    assert!(!worker.is_finished(), "the item is not lost");
    drop(processed);
    assert_eq!(within(worker).await.unwrap(), (Some("one"), true));
}

#[tokio::test(start_paused = true)]
async fn drain_waits_until_all_items_are_processed() {
    let queue = Queue::new();
    ["one", "two"].into_iter().for_each(|item| queue.add(item));
    let processed = take(&queue);
    let mut drain = std::pin::pin!(queue.shut_down_with_drain());
    assert!((&mut drain).now_or_never().is_none());
    drop(take(&queue));
    assert!((&mut drain).now_or_never().is_none(), "an item is being processed");
    drop(processed);
    within(drain).await;
}

#[tokio::test(start_paused = true)]
async fn closed_queue_drops_all_items_and_wakes_all_workers() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    queue.add("two");
    queue.close();
    assert!(within(queue.get()).await.is_none());
    assert!(queue.drained().now_or_never().is_none(), "an item is being processed");
    drop(processed);
    within(queue.drained()).await;
}

#[tokio::test(start_paused = true)]
async fn shut_down_wakes_all_waiting_workers() {
    let queue = Queue::new();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.get().await.is_none() })
        })
        .collect();
    tokio::task::yield_now().await;
    queue.shut_down();
    assert_eq!(within(futures::future::try_join_all(workers)).await.unwrap(), [true; 3]);
}

#[tokio::test(start_paused = true)]
async fn item_that_is_added_while_it_is_processed_after_shut_down_is_not_returned_again() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.shut_down();
    queue.add("one");
    queue.add_after("two", SECOND);
    queue.add_rate_limited("three");
    drop(processed);
    assert!(within(queue.get()).await.is_none());
    tokio::time::advance(10 * SECOND).await;
    assert!(within(queue.get()).await.is_none());
    assert_eq!(queue.failures(&"three"), 0);
}

#[tokio::test(start_paused = true)]
async fn second_shut_down_has_no_effect() {
    let queue = Queue::new();
    queue.add("one");
    queue.shut_down();
    queue.shut_down();
    assert_eq!(*take(&queue), "one");
    assert!(within(queue.get()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn drain_waits_for_an_item_that_was_added_while_it_was_processed() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    let mut drain = std::pin::pin!(queue.shut_down_with_drain());
    assert!((&mut drain).now_or_never().is_none());
    drop(processed);
    assert!((&mut drain).now_or_never().is_none(), "it has to be processed once more");
    let again = take(&queue);
    assert!((&mut drain).now_or_never().is_none());
    drop(again);
    within(drain).await;
}

#[tokio::test(start_paused = true)]
async fn shut_down_without_drain_does_not_wait() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.shut_down();
    assert!(within(queue.get()).await.is_none(), "although an item is being processed");
    drop(processed);
}

#[tokio::test(start_paused = true)]
async fn drain_can_be_given_up() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    let drain = tokio::time::timeout(SECOND, queue.shut_down_with_drain());
    assert!(drain.await.is_err());
    assert!(within(queue.get()).await.is_none(), "it has shut down all the same");
    drop(processed);
    within(queue.drained()).await;
}
