//! The work queue. Sources: `k8s.io/client-go/util/workqueue`, and
//! `sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue` for priorities.

use std::time::Duration;

use futures::FutureExt;
use kube_client_runtime::controllers::queue::{
    AddOptions, Cause, ExponentialBackoff, WorkItem, WorkQueue, metrics_text,
};
use proptest::prelude::*;

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
    let mut items: Vec<_> = super::within(futures::future::try_join_all(workers)).await.unwrap();
    items.sort_unstable();
    assert_eq!(items, ["one", "three", "two"]);
}

#[tokio::test(start_paused = true)]
async fn delayed_item_is_returned_after_its_delay() {
    let queue = Queue::new();
    queue.add_after("one", SECOND);
    assert!(is_empty(&queue));
    assert_eq!(queue.len(), 0, "delayed items do not count");
    let start = tokio::time::Instant::now();
    assert_eq!(*super::within(queue.get()).await.unwrap(), "one");
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
    assert_eq!(super::within(patient).await.unwrap(), "one");
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
        drop(super::within(queue.get()).await);
        assert_eq!(start.elapsed(), delay * SECOND);
    }
    queue.forget(&"one");
    assert_eq!(queue.failures(&"one"), 0);
    let start = tokio::time::Instant::now();
    queue.add_rate_limited("one");
    drop(super::within(queue.get()).await);
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn delay_and_rate_limit_together_use_the_shorter_one() {
    let queue = WorkQueue::<&str>::builder().rate_limiter(ExponentialBackoff::new(2 * SECOND, 2 * SECOND)).build();
    queue.add_with("one", AddOptions::default().after(SECOND).rate_limited());
    let start = tokio::time::Instant::now();
    drop(super::within(queue.get()).await);
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(queue.failures(&"one"), 1);
}

#[tokio::test(start_paused = true)]
async fn items_of_a_higher_priority_are_returned_first_and_others_in_their_order() {
    let queue = Queue::new();
    for (item, priority) in [("a", -100), ("b", 0), ("c", -100), ("d", 10), ("e", 0)] {
        queue.add_with(item, AddOptions::default().priority(priority));
    }
    assert_eq!(take_all(&queue), ["d", "b", "e", "a", "c"]);
}

#[tokio::test(start_paused = true)]
async fn item_that_is_added_with_a_higher_priority_moves_to_the_end_of_that_priority() {
    let queue = Queue::new();
    queue.add_with("low", AddOptions::default().priority(-100));
    queue.add("first");
    queue.add("low");
    queue.add_with("first", AddOptions::default().priority(-100));
    assert_eq!(take(&queue).priority(), 0);
    let item = take(&queue);
    assert_eq!((*item, item.priority()), ("low", 0));
}

#[tokio::test(start_paused = true)]
async fn delayed_and_held_items_keep_the_highest_priority() {
    let queue = Queue::new();
    queue.add_with("delayed", AddOptions::default().after(SECOND).priority(5));
    queue.add_with("delayed", AddOptions::default().after(2 * SECOND).priority(7));
    queue.add("held");
    let held = take(&queue);
    queue.add_with("held", AddOptions::default().priority(-1));
    queue.add_with("held", AddOptions::default().priority(6));
    drop(held);
    tokio::time::advance(SECOND).await;
    assert_eq!([take(&queue).priority(), take(&queue).priority()], [7, 6]);
}

#[tokio::test(start_paused = true)]
async fn fair_queue_returns_items_of_groups_in_turns() {
    let queue = WorkQueue::<(&str, u32)>::builder().fair_by(|(group, _)| *group).build();
    (0..100).for_each(|number| queue.add(("busy", number)));
    drop(take(&queue));
    drop(take(&queue));
    queue.add(("quiet", 0));
    queue.add(("quiet", 1));
    queue.add(("other", 0));
    let mut next: Vec<_> = (0..6).map(|_| take(&queue).0).collect();
    assert!(next[..3].contains(&"quiet") && next[..3].contains(&"other"), "{next:?}");
    next.sort_unstable();
    assert_eq!(next, ["busy", "busy", "busy", "other", "quiet", "quiet"]);
    (0..97 - 2).for_each(|_| assert_eq!(take(&queue).0, "busy"));
}

#[tokio::test(start_paused = true)]
async fn shut_down_queue_returns_what_is_ready_and_adds_nothing() {
    let queue = Queue::new();
    queue.add("one");
    queue.add_after("delayed", SECOND);
    queue.shut_down();
    assert!(queue.is_shutting_down());
    queue.add("two");
    assert_eq!(*take(&queue), "one");
    assert!(super::within(queue.get()).await.is_none());
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
    assert_eq!(super::within(worker).await.unwrap(), (Some("one"), true));
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
    super::within(drain).await;
}

#[tokio::test(start_paused = true)]
async fn closed_queue_drops_all_items_and_wakes_all_workers() {
    let queue = Queue::new();
    queue.add("one");
    let processed = take(&queue);
    queue.add("one");
    queue.add("two");
    queue.close();
    assert!(super::within(queue.get()).await.is_none());
    assert!(queue.drained().now_or_never().is_none(), "an item is being processed");
    drop(processed);
    super::within(queue.drained()).await;
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

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Add { item: u8, delay: u8, priority: i8 },
    Take,
    Done(u8),
    Wait(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..6_u8, 0..4_u8, -1..2_i8).prop_map(|(item, delay, priority)| Step::Add { item, delay, priority }),
        Just(Step::Take),
        (0..6_u8).prop_map(Step::Done),
        (0..4_u8).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..60)
}

/// The same queue, written for clarity.
#[derive(Default)]
struct Model {
    /// Item, time, priority, and when it became ready or was last raised.
    queued: Vec<(u8, u64, i8, u64)>,
    processing: Vec<u8>,
    now: u64,
    order: u64,
}

impl Model {
    fn add(&mut self, item: u8, delay: u8, priority: i8) {
        self.order += 1;
        let at = self.now + u64::from(delay);
        match self.queued.iter_mut().find(|queued| queued.0 == item) {
            None => self.queued.push((item, at, priority, self.order)),
            Some(queued) => {
                let was_ready = queued.1 <= self.now;
                let becomes_ready = !was_ready && at <= self.now;
                let raised = was_ready && priority > queued.2;
                queued.1 = queued.1.min(at);
                queued.2 = queued.2.max(priority);
                if becomes_ready || raised {
                    queued.3 = self.order;
                }
            }
        }
    }

    fn advance(&mut self, seconds: u8) {
        for _ in 0..seconds {
            self.now += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn queue_returns_what_a_simple_model_allows(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let queue = WorkQueue::<u8>::new();
            let mut model = Model::default();
            let mut taken: Vec<WorkItem<u8>> = Vec::new();
            for step in steps {
                match step {
                    Step::Add { item, delay, priority } => {
                        let options = AddOptions::default().after(u32::from(delay) * SECOND).priority(priority.into());
                        queue.add_with(item, options);
                        model.add(item, delay, priority);
                    }
                    Step::Take => {
                        let ready = |queued: &&(u8, u64, i8, u64)| {
                            queued.1 <= model.now && !model.processing.contains(&queued.0)
                        };
                        let highest = model.queued.iter().filter(ready).map(|queued| queued.2).max();
                        let Some(highest) = highest else {
                            assert!(queue.get().now_or_never().is_none());
                            continue;
                        };
                        let item = take(&queue);
                        let position = model.queued.iter().position(|queued| queued.0 == *item).expect("it was added");
                        let queued = model.queued.remove(position);
                        assert!(queued.1 <= model.now, "not before its time");
                        assert_eq!((queued.2, i32::from(queued.2)), (highest, item.priority()));
                        assert!(!model.processing.contains(&item), "not twice at once");
                        model.processing.push(*item);
                        taken.push(item);
                    }
                    Step::Done(item) => {
                        taken.retain(|taken| **taken != item);
                        model.processing.retain(|other| *other != item);
                    }
                    Step::Wait(seconds) => {
                        tokio::time::advance(u32::from(seconds) * SECOND).await;
                        model.advance(seconds);
                    }
                }
                // Counting promotes nothing: the queue knows of ended delays when it is asked for an item.
                let status = queue.status();
                let queued = status.depth.iter().map(|(_, items)| items).sum::<usize>() + status.delayed;
                assert!(queued <= model.queued.len());
                assert_eq!(status.processing, model.processing.len());
            }
        });
    }
}
