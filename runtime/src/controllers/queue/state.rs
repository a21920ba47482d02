//! The state of a work queue: which items wait, in which order, and which are being processed.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use rapidhash::fast::RandomState;
use tokio::time::Instant;

use super::cause::Cause;
use super::lanes::{Lanes, Position};

/// The items of a queue. Time and locks are the caller's concern.
pub(super) struct State<T> {
    slots: HashMap<Arc<T>, Slot, RandomState>,
    ready: Lanes<Arc<T>>,
    delayed: BTreeMap<(Instant, u64), Arc<T>>,
    /// The number of the next item; items of one priority and turn are ordered by their numbers.
    next: u64,
    processing: usize,
    /// The number of items that are queued while they are processed.
    held: usize,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Nothing is added any more; what is ready is still returned.
    ShuttingDown,
    /// Nothing is added or returned any more.
    Closed,
}

/// An item that is queued, processed, or both.
#[derive(Default)]
struct Slot {
    queued: Option<Queued>,
    processing_since: Option<Instant>,
}

struct Queued {
    place: Place,
    priority: i32,
    cause: Cause,
    group: u64,
}

/// Where a queued item waits.
#[derive(Clone, Copy)]
enum Place {
    /// Among the items that can be returned, since this time.
    Ready(Position, Instant),
    /// Among the delayed items.
    Delayed(Instant, u64),
    /// Until its processing has ended.
    Held(Instant),
}

/// What to add.
pub(super) struct Add {
    pub(super) delay: Duration,
    pub(super) priority: i32,
    pub(super) cause: Cause,
    pub(super) group: u64,
}

/// An item that is to be processed.
pub(super) struct Taken<T> {
    pub(super) item: Arc<T>,
    pub(super) priority: i32,
    pub(super) cause: Cause,
    /// How long the item was ready.
    pub(super) waited: Duration,
}

/// The next item, or how long to wait for it.
pub(super) enum Next<T> {
    Item(Taken<T>),
    /// Nothing is ready before this time, or before something is added.
    Wait(Option<Instant>),
    /// The queue has shut down.
    End,
}

impl<T: Hash + Eq> State<T> {
    pub(super) fn new() -> Self {
        State {
            slots: HashMap::default(),
            ready: Lanes::default(),
            delayed: BTreeMap::new(),
            next: 0,
            processing: 0,
            held: 0,
            phase: Phase::Open,
        }
    }

    /// Adds an item and returns whether it became ready or held. An item that is queued already keeps its earlier time and its
    /// higher priority.
    pub(super) fn add(&mut self, item: T, add: Add, now: Instant) -> bool {
        let (item, mut slot) = match self.slots.remove_entry(&item) {
            Some(entry) => entry,
            None => (Arc::new(item), Slot::default()),
        };
        let added = match slot.queued.take() {
            None => {
                let at = (!add.delay.is_zero()).then(|| now.checked_add(add.delay)).flatten();
                // A delay beyond the end of time is as good as the longest that can be represented.
                let at = at.or_else(|| (!add.delay.is_zero()).then(|| now + FAR_FUTURE));
                let place = match at {
                    Some(at) => self.delay(&item, at),
                    None => self.make_ready(&item, &slot, add.priority, add.group, now),
                };
                let Add { priority, cause, group, .. } = add;
                slot.queued = Some(Queued { place, priority, cause, group });
                at.is_none()
            }
            Some(queued) => {
                let (queued, made_ready) = self.merge(&item, &slot, queued, add, now);
                slot.queued = Some(queued);
                made_ready
            }
        };
        self.slots.insert(item, slot);
        added
    }

    /// Merges an addition into an entry of the same item.
    fn merge(&mut self, item: &Arc<T>, slot: &Slot, mut queued: Queued, add: Add, now: Instant) -> (Queued, bool) {
        let raised = add.priority > queued.priority;
        queued.priority = queued.priority.max(add.priority);
        let mut made_ready = false;
        match queued.place {
            Place::Ready(position, since) if raised => {
                self.ready.remove(position);
                queued.place = Place::Ready(self.push(item, queued.priority, add.group), since);
            }
            Place::Delayed(at, number) => {
                let earlier = now.checked_add(add.delay).filter(|new| *new < at || add.delay.is_zero());
                if let Some(earlier) = earlier {
                    self.delayed.remove(&(at, number));
                    if add.delay.is_zero() {
                        queued.place = self.make_ready(item, slot, queued.priority, add.group, now);
                        made_ready = true;
                    } else {
                        queued.place = self.delay(item, earlier);
                    }
                    queued.cause = add.cause;
                }
            }
            Place::Ready(..) | Place::Held(_) => {}
        }
        (queued, made_ready)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn delay(&mut self, item: &Arc<T>, at: Instant) -> Place {
        let number = self.number();
        self.delayed.insert((at, number), Arc::clone(item));
        Place::Delayed(at, number)
    }

    fn push(&mut self, item: &Arc<T>, priority: i32, group: u64) -> Position {
        let number = self.number();
        self.ready.push(priority, group, number, Arc::clone(item))
    }

    /// Makes an item ready, or holds it while it is processed.
    fn make_ready(&mut self, item: &Arc<T>, slot: &Slot, priority: i32, group: u64, now: Instant) -> Place {
        if slot.processing_since.is_some() {
            self.held += 1;
            return Place::Held(now);
        }
        Place::Ready(self.push(item, priority, group), now)
    }

    /// Makes the delayed items ready whose time has come. Returns their number.
    pub(super) fn promote(&mut self, now: Instant) -> u64 {
        let mut promoted = 0;
        while let Some(entry) = self.delayed.first_entry().filter(|entry| entry.key().0 <= now) {
            let item = entry.remove();
            let Some((item, mut slot)) = self.slots.remove_entry(&item) else { continue };
            if let Some(mut queued) = slot.queued.take() {
                queued.place = self.make_ready(&item, &slot, queued.priority, queued.group, now);
                slot.queued = Some(queued);
                promoted += 1;
            }
            self.slots.insert(item, slot);
        }
        promoted
    }

    /// Takes the next item.
    pub(super) fn take(&mut self, now: Instant) -> Next<T> {
        if self.phase == Phase::Closed {
            return Next::End;
        }
        while let Some(item) = self.ready.pop() {
            let Some(slot) = self.slots.get_mut(&item) else { continue };
            let Some(Queued { place: Place::Ready(_, since), priority, cause, .. }) = slot.queued.take() else {
                continue;
            };
            slot.processing_since = Some(now);
            self.processing += 1;
            return Next::Item(Taken { item, priority, cause, waited: now.saturating_duration_since(since) });
        }
        let ended = self.phase == Phase::ShuttingDown && self.held == 0;
        if ended { Next::End } else { Next::Wait(self.delayed.keys().next().map(|(at, _)| *at)) }
    }

    /// Ends the processing of an item and returns how long it took, and whether the item is ready again.
    pub(super) fn done(&mut self, item: &T, now: Instant) -> (Duration, bool) {
        let Some((item, mut slot)) = self.slots.remove_entry(item) else { return (Duration::ZERO, false) };
        let Some(since) = slot.processing_since.take() else {
            self.slots.insert(item, slot);
            return (Duration::ZERO, false);
        };
        self.processing -= 1;
        let mut ready = false;
        if let Some(queued) = &mut slot.queued
            && let Place::Held(since) = queued.place
        {
            self.held -= 1;
            queued.place = Place::Ready(self.push(&item, queued.priority, queued.group), since);
            ready = true;
        }
        if slot.queued.is_some() {
            self.slots.insert(item, slot);
        } else {
            self.release();
        }
        (now.saturating_duration_since(since), ready)
    }

    /// Returns the memory of a queue that was much longer, such as after the initial objects were processed.
    fn release(&mut self) {
        if self.slots.capacity() > SPARE && self.slots.len() < self.slots.capacity() / 8 {
            self.slots.shrink_to(2 * self.slots.len());
        }
    }

    /// Drops the delayed items; with `all`, also those that are ready or held.
    pub(super) fn discard(&mut self, all: bool) {
        self.delayed.clear();
        if all {
            self.ready = Lanes::default();
            self.held = 0;
        }
        self.slots.retain(|_, slot| {
            let keep = |queued: &Queued| !all && !matches!(queued.place, Place::Delayed(..));
            slot.queued = slot.queued.take().filter(keep);
            slot.queued.is_some() || slot.processing_since.is_some()
        });
    }

    /// Returns whether anything waits for a worker, now or later.
    pub(super) fn has_work(&self) -> bool {
        !self.ready.is_empty() || !self.delayed.is_empty()
    }

    /// Returns whether nothing is ready, held or processed.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.processing == 0 && self.held == 0
    }

    /// Returns the number of items that are ready or held.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.held
    }

    pub(super) fn delayed(&self) -> usize {
        self.delayed.len()
    }

    /// Returns the number of ready items of each priority, the highest first.
    pub(super) fn depths(&self) -> Vec<(i32, usize)> {
        self.ready.depths()
    }

    /// Returns how long each item in process has been processed.
    pub(super) fn ages(&self, now: Instant) -> Vec<Duration> {
        let since = self.slots.values().filter_map(|slot| slot.processing_since);
        since.map(|since| now.saturating_duration_since(since)).collect()
    }
}

/// The number of items for which an empty queue keeps memory.
const SPARE: usize = 1024;

/// About 30 years, as tokio's own limit for timers.
const FAR_FUTURE: Duration = Duration::from_secs(86_400 * 365 * 30);
