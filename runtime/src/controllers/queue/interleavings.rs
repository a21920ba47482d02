//! Tests of thread interleavings in a queue, explored by shuttle.
//!
//! tokio's wakers are assumed to be correct: each of their operations is one atomic step.

use std::collections::HashMap;
use std::sync::Arc;

use shuttle::{future, thread};

use super::{AddOptions, WorkQueue};
use crate::sync::Mutex;

/// The number of interleavings that each test explores.
const ITERATIONS: usize = 500;

/// Processes items until the queue ends. `seen` counts each item, and which are being processed.
async fn work(queue: WorkQueue<u32>, seen: Arc<Mutex<HashMap<u32, (u32, bool)>>>) {
    while let Some(item) = queue.get().await {
        let begin = |entry: &mut (u32, bool)| {
            assert!(!std::mem::replace(&mut entry.1, true), "{} is processed twice at once", *item);
            entry.0 += 1;
        };
        begin(seen.lock().unwrap().entry(*item).or_default());
        thread::yield_now();
        seen.lock().unwrap().entry(*item).or_default().1 = false;
    }
}

#[test]
fn every_item_is_processed_by_one_worker_at_a_time_after_its_last_addition() {
    shuttle::check_random(
        || {
            let queue = WorkQueue::<u32>::new();
            let seen = Arc::new(Mutex::new(HashMap::new()));
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    let (queue, seen) = (queue.clone(), Arc::clone(&seen));
                    thread::spawn(move || future::block_on(work(queue, seen)))
                })
                .collect();
            let adders: Vec<_> = (0..2)
                .map(|adder| {
                    let queue = queue.clone();
                    thread::spawn(move || {
                        for item in [1, 2, 1, 3] {
                            queue.add_with(item, AddOptions::default().priority(adder));
                        }
                    })
                })
                .collect();
            adders.into_iter().for_each(|adder| adder.join().unwrap());
            queue.shut_down();
            workers.into_iter().for_each(|worker| worker.join().unwrap());
            let seen = seen.lock().unwrap();
            assert!([1, 2, 3].iter().all(|item| seen[item].0 >= 1), "{seen:?}");
            assert!(seen[&1].0 <= 4 && seen[&2].0 <= 2, "{seen:?}");
        },
        ITERATIONS,
    );
}

#[test]
fn drain_ends_after_the_last_item_is_processed() {
    shuttle::check_random(
        || {
            let queue = WorkQueue::<u32>::new();
            [1, 2].into_iter().for_each(|item| queue.add(item));
            let seen = Arc::new(Mutex::new(HashMap::new()));
            let worker = {
                let (queue, seen) = (queue.clone(), Arc::clone(&seen));
                thread::spawn(move || future::block_on(work(queue, seen)))
            };
            future::block_on(queue.shut_down_with_drain());
            let processed: Vec<_> = seen.lock().unwrap().values().copied().collect();
            assert_eq!(processed, [(1, false), (1, false)]);
            worker.join().unwrap();
        },
        ITERATIONS,
    );
}

#[test]
fn close_wakes_all_workers() {
    shuttle::check_random(
        || {
            let queue = WorkQueue::<u32>::new();
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    let queue = queue.clone();
                    thread::spawn(move || future::block_on(async move { while queue.get().await.is_some() {} }))
                })
                .collect();
            queue.add(1);
            queue.close();
            workers.into_iter().for_each(|worker| worker.join().unwrap());
        },
        ITERATIONS,
    );
}
