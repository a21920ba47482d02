//! Priorities, and turns of groups.

use super::*;

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
