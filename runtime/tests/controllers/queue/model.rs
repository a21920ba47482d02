//! Random histories, compared with a simple model.

use proptest::prelude::*;

use super::*;

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
    queued: Vec<Queued>,
    processing: Vec<u8>,
    now: u64,
    /// The number of the last event.
    number: u64,
}

struct Queued {
    item: u8,
    /// The end of its delay.
    at: u64,
    priority: i8,
    /// When it was delayed, became ready or was last raised.
    number: u64,
}

impl Model {
    fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn add(&mut self, item: u8, delay: u8, priority: i8) {
        let (number, now) = (self.number(), self.now);
        let at = now + u64::from(delay);
        let Some(queued) = self.queued.iter_mut().find(|queued| queued.item == item) else {
            return self.queued.push(Queued { item, at, priority, number });
        };
        let is_raised = queued.at <= now && priority > queued.priority;
        if at < queued.at || is_raised {
            queued.number = number;
        }
        queued.at = queued.at.min(at);
        queued.priority = queued.priority.max(priority);
    }

    /// Returns the next item and its priority.
    fn take(&mut self) -> Option<(u8, i8)> {
        let ready = |queued: &&Queued| queued.at <= self.now && !self.processing.contains(&queued.item);
        let order = |queued: &&Queued| (std::cmp::Reverse(queued.priority), queued.number);
        let next = self.queued.iter().filter(ready).min_by_key(order)?.item;
        let position = self.queued.iter().position(|queued| queued.item == next)?;
        let queued = self.queued.remove(position);
        self.processing.push(queued.item);
        Some((queued.item, queued.priority))
    }

    fn done(&mut self, item: u8) {
        if !self.processing.contains(&item) {
            return;
        }
        self.processing.retain(|other| *other != item);
        let (number, now) = (self.number(), self.now);
        let held = self.queued.iter_mut().find(|queued| queued.item == item && queued.at <= now);
        held.into_iter().for_each(|queued| queued.number = number);
    }

    fn wait(&mut self, seconds: u8) {
        for _ in 0..seconds {
            self.now += 1;
            let mut due: Vec<usize> =
                (0..self.queued.len()).filter(|index| self.queued[*index].at == self.now).collect();
            due.sort_by_key(|index| self.queued[*index].number);
            for index in due {
                self.queued[index].number = self.number();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn queue_returns_what_a_simple_model_returns(steps in steps()) {
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
                        let item = queue.get().now_or_never().flatten();
                        let found = item.as_ref().map(|item| (**item, item.priority()));
                        assert_eq!(found, model.take().map(|(item, priority)| (item, priority.into())));
                        taken.extend(item);
                    }
                    Step::Done(item) => {
                        taken.retain(|taken| **taken != item);
                        model.done(item);
                    }
                    Step::Wait(seconds) => {
                        tokio::time::advance(u32::from(seconds) * SECOND).await;
                        model.wait(seconds);
                    }
                }
                let status = queue.status();
                let ready = status.depth.iter().map(|(_, items)| items).sum::<usize>();
                assert!(ready + status.delayed <= model.queued.len());
                assert_eq!(status.processing, model.processing.len());
            }
        });
    }
}
