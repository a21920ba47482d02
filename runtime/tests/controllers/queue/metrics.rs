//! Metrics.

use super::*;

#[tokio::test(start_paused = true)]
async fn metrics_have_the_names_of_client_go() {
    let queue = WorkQueue::<&str>::builder().name("widgets").build();
    queue.add("one");
    queue.add("one");
    queue.add_with("low", AddOptions::default().priority(-100));
    queue.add_rate_limited("retried");
    tokio::time::advance(SECOND / 2).await;
    let processed = take(&queue);
    tokio::time::advance(SECOND).await;
    let text = metrics_text(&[queue.status()]);
    for line in [
        "workqueue_depth{name=\"widgets\",priority=\"-100\"} 1",
        "workqueue_adds_total{name=\"widgets\"} 3",
        "workqueue_retries_total{name=\"widgets\"} 1",
        "workqueue_queue_duration_seconds_bucket{name=\"widgets\",le=\"0.1\"} 0",
        "workqueue_queue_duration_seconds_bucket{name=\"widgets\",le=\"1\"} 1",
        "workqueue_queue_duration_seconds_sum{name=\"widgets\"} 0.5",
        "workqueue_unfinished_work_seconds{name=\"widgets\"} 1",
        "workqueue_longest_running_processor_seconds{name=\"widgets\"} 1",
        "workqueue_work_duration_seconds_count{name=\"widgets\"} 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    drop(processed);
    let text = metrics_text(&[queue.status()]);
    assert!(text.contains("workqueue_work_duration_seconds_sum{name=\"widgets\"} 1\n"), "{text}");
}

/// Whether the metrics contain a line.
fn has_line(queue: &Queue, line: &str) -> bool {
    metrics_text(&[queue.status()]).lines().any(|other| other == line)
}

#[tokio::test(start_paused = true)]
async fn item_that_is_added_while_it_is_processed_counts_and_waits_from_then_on() {
    let queue = Queue::builder().name("q").build();
    queue.add("one");
    let processed = take(&queue);
    tokio::time::advance(SECOND).await;
    queue.add("one");
    queue.add("one");
    tokio::time::advance(2 * SECOND).await;
    drop(processed);
    drop(take(&queue));
    assert!(has_line(&queue, "workqueue_adds_total{name=\"q\"} 2"));
    assert!(has_line(&queue, "workqueue_queue_duration_seconds_count{name=\"q\"} 2"));
    assert!(has_line(&queue, "workqueue_queue_duration_seconds_sum{name=\"q\"} 2"), "{:?}", queue.status());
    assert!(has_line(&queue, "workqueue_work_duration_seconds_sum{name=\"q\"} 3"));
}

#[tokio::test(start_paused = true)]
async fn delayed_item_counts_as_a_retry_at_once_and_as_an_addition_when_it_is_ready() {
    let queue = Queue::builder().name("q").build();
    queue.add_after("one", SECOND);
    queue.add_after("two", Duration::ZERO);
    assert!(has_line(&queue, "workqueue_retries_total{name=\"q\"} 1"), "a delay of zero is no retry");
    assert!(has_line(&queue, "workqueue_adds_total{name=\"q\"} 1"));
    queue.add_with("one", AddOptions::default().priority(3));
    assert!(has_line(&queue, "workqueue_adds_total{name=\"q\"} 2"));
    assert!(has_line(&queue, "workqueue_depth{name=\"q\",priority=\"3\"} 1"));
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(take_all(&queue), ["one", "two"]);
    assert!(has_line(&queue, "workqueue_adds_total{name=\"q\"} 2"), "once");
}

#[tokio::test(start_paused = true)]
async fn depth_follows_the_priority_of_an_item() {
    let queue = Queue::builder().name("q").build();
    queue.add_with("one", AddOptions::default().priority(-100));
    assert!(has_line(&queue, "workqueue_depth{name=\"q\",priority=\"-100\"} 1"));
    queue.add("one");
    assert!(has_line(&queue, "workqueue_depth{name=\"q\",priority=\"0\"} 1"));
    assert!(!has_line(&queue, "workqueue_depth{name=\"q\",priority=\"-100\"} 1"));
    drop(take(&queue));
    assert!(has_line(&queue, "workqueue_depth{name=\"q\",priority=\"0\"} 0"));
}
