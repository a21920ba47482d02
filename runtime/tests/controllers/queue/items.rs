//! Additions, and the workers that receive them.

use super::*;

#[tokio::test(start_paused = true)]
async fn item_that_is_added_twice_before_it_is_processed_is_returned_once() {
    let queue = Queue::new();
    ["one", "two", "one"].into_iter().for_each(|item| queue.add(item));
    assert_eq!(queue.len(), 2);
    assert_eq!(take_all(&queue), ["one", "two"]);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn item_that_is_added_while_it_is_processed_is_returned_afterwards() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    queue.add("one");
    assert_eq!(queue.len(), 1);
    assert!(is_empty(&queue), "one worker at a time");
    drop(processed);
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn worker_that_waits_receives_an_item_that_becomes_ready() {
    let queue = Queue::new();
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move { queue.get().await.map(|item| *item) }
    });
    tokio::task::yield_now().await;
    queue.add("one");
    assert_eq!(worker.await.unwrap(), Some("one"));
}

#[tokio::test(start_paused = true)]
async fn every_waiting_worker_receives_an_item() {
    let queue = Queue::new();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { *queue.get().await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    ["one", "two", "three"].into_iter().for_each(|item| queue.add(item));
    let mut items: Vec<_> = within(futures::future::try_join_all(workers)).await.unwrap();
    items.sort_unstable();
    assert_eq!(items, ["one", "three", "two"]);
}

#[tokio::test(start_paused = true)]
async fn first_cause_is_kept_until_the_item_is_processed() {
    let queue = Queue::new();
    let because = |event| Cause::Event("ConfigMap".into(), event);
    queue.add_with("one", AddOptions::default().cause(because("added")));
    queue.add_with("one", AddOptions::default().cause(because("updated")));
    assert_eq!(take(&queue).cause().to_string(), "ConfigMap added");
    queue.add_with("one", AddOptions::default().after(SECOND).cause(Cause::Retry));
    queue.add_with("one", AddOptions::default().cause(because("updated")));
    assert_eq!(take(&queue).cause().to_string(), "ConfigMap updated", "this event made it ready");
}

#[tokio::test(start_paused = true)]
async fn items_are_returned_in_the_order_of_their_first_additions() {
    let queue = Queue::new();
    ["one", "two", "three", "one"].into_iter().for_each(|item| queue.add(item));
    assert_eq!(take_all(&queue), ["one", "two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn item_that_is_added_while_it_is_processed_is_queued_behind_those_that_wait() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    queue.add("two");
    drop(processed);
    assert_eq!(take_all(&queue), ["two", "one"]);
}

#[tokio::test(start_paused = true)]
async fn worker_that_gives_up_takes_no_item() {
    let queue = Queue::new();
    let impatient = tokio::time::timeout(SECOND, queue.get());
    assert!(impatient.await.is_err());
    queue.add("one");
    assert_eq!(take_all(&queue), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn item_is_dropped_after_its_processing() {
    let item = std::sync::Arc::new(1);
    let queue = WorkQueue::new();
    queue.add(std::sync::Arc::clone(&item));
    queue.add_after(std::sync::Arc::clone(&item), SECOND);
    assert_eq!(std::sync::Arc::strong_count(&item), 2);
    drop(take(&queue));
    assert_eq!(std::sync::Arc::strong_count(&item), 1);
}
