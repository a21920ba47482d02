//! The queue of one handler.
//!
//! The cache enqueues events and never blocks; the handler dequeues them in order. Above the configured limit, changes of one
//! object are folded into one, so that the length of the queue is bounded by the number of objects.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kube::Resource;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::informer::cache::Stored;
use crate::informer::cache::state::Objects;
use crate::informer::event::{Event, ObjectKey, PendingEvent};
use crate::sync::{AtomicBool, Mutex, MutexGuard};

/// The limit of the queue of a handler that is slower than the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backlog {
    /// Every event is queued, without a limit, as in client-go.
    #[default]
    EveryEvent,
    /// Every event is queued up to this number of entries; above it, changes of one object are folded into one.
    FoldAbove(NonZeroUsize),
    /// Changes of one object are always folded into one, from the last delivered state to the current one.
    LatestOnly,
}

impl Backlog {
    fn limit(self) -> usize {
        match self {
            Backlog::EveryEvent => usize::MAX,
            Backlog::FoldAbove(limit) => limit.get(),
            Backlog::LatestOnly => 0,
        }
    }
}

/// An entry that is delivered to a handler.
#[derive(Debug)]
pub(crate) enum Delivery<K> {
    /// An event.
    Event(Event<K>),
    /// The initial state has been delivered.
    Synced,
}

/// Metrics of a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerMetrics {
    /// The name of the handler.
    pub name: String,
    /// The number of entries in the queue.
    pub depth: usize,
    /// The number of delivered events.
    pub delivered: u64,
    /// The number of events that were folded into a queued one.
    pub folded: u64,
    /// The number of calls that panicked.
    pub panics: u64,
    /// The total time that delivered events spent in the queue.
    pub waited: Duration,
    /// The total time spent in the handler.
    pub worked: Duration,
    /// Whether the initial state has been delivered.
    pub synced: bool,
}

/// The queue of a handler.
pub(crate) struct Queue<K> {
    name: String,
    limit: usize,
    inner: Mutex<Inner<K>>,
    ready: Notify,
    synced: tokio::sync::watch::Sender<bool>,
    closed: AtomicBool,
    pub(super) counts: Counts,
}

#[derive(Default)]
pub(super) struct Counts {
    delivered: AtomicU64,
    folded: AtomicU64,
    pub(super) panics: AtomicU64,
    waited: AtomicU64,
    pub(super) worked: AtomicU64,
}

impl Counts {
    pub(super) fn add(count: &AtomicU64, time: Duration) {
        count.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// An entry that was removed from the queue.
enum Popped<K> {
    Event(PendingEvent<K>, Instant),
    Synced,
}

enum Entry<K> {
    Event(PendingEvent<K>, Instant),
    /// An event for each of these objects.
    Objects(Box<Objects<K>>, Replay, Instant),
    Synced,
    /// A folded event without effect, such as the addition and deletion of an object.
    Tombstone,
}

/// The kind of events for existing objects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Added events of the initial state.
    Initial,
    /// Updated events without a change.
    Resync,
}

struct Inner<K> {
    entries: VecDeque<Entry<K>>,
    /// The number of the first entry; entries are numbered consecutively.
    first: u64,
    /// The number of the last entry of each object, for entries that were enqueued above the limit.
    last_of: HashMap<Identity, u64>,
    /// The number of [`Entry::Tombstone`] entries.
    tombstones: usize,
    /// The remaining objects of an [`Entry::Objects`] whose delivery has started.
    replaying: std::vec::IntoIter<Stored<K>>,
    replay: Replay,
    enqueued: Instant,
}

/// The key and uid of an object.
type Identity = (ObjectKey, Option<String>);

fn identity<K: Resource>(object: &Stored<K>) -> Identity {
    (object.object_key(), object.uid().map(str::to_owned))
}

impl<K: Resource> Queue<K> {
    pub(crate) fn new(name: String, backlog: Backlog) -> Self {
        let inner = Inner {
            entries: VecDeque::new(),
            first: 0,
            last_of: HashMap::new(),
            tombstones: 0,
            replaying: Vec::new().into_iter(),
            replay: Replay::Initial,
            enqueued: Instant::now(),
        };
        Queue {
            name,
            limit: backlog.limit(),
            inner: Mutex::new(inner),
            ready: Notify::new(),
            synced: tokio::sync::watch::Sender::new(false),
            closed: AtomicBool::new(false),
            counts: Counts::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K>> {
        // No foreign code runs under this lock, so a poisoned lock guards a consistent state.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the queue and drops its entries.
    pub(crate) fn close(&self) {
        // Under the lock: otherwise an entry that is pushed after the others were dropped would be delivered, with a gap.
        let mut inner = self.lock();
        self.closed.store(true, Ordering::Release);
        let dropped = (std::mem::take(&mut inner.entries), std::mem::take(&mut inner.replaying));
        inner.tombstones = 0;
        drop(inner);
        drop(dropped);
        self.ready.notify_one();
        // Wakes the tasks that wait for the sync.
        self.synced.send_modify(|_| {});
    }

    pub(crate) fn has_synced(&self) -> bool {
        *self.synced.borrow()
    }

    /// Returns a receiver that is notified when the initial state has been delivered.
    pub(crate) fn synced(&self) -> tokio::sync::watch::Receiver<bool> {
        self.synced.subscribe()
    }

    pub(crate) fn set_synced(&self) {
        self.synced.send_replace(true);
    }

    /// Enqueues an event.
    pub(crate) fn push(&self, event: &PendingEvent<K>, now: Instant) {
        let mut inner = self.lock();
        if inner.entries.len() < self.limit {
            // Later events must not be folded into entries before this one.
            if !inner.last_of.is_empty() {
                inner.last_of.remove(&identity(event.object()));
            }
            inner.entries.push_back(Entry::Event(event.clone(), now));
        } else {
            self.counts.folded.fetch_add(u64::from(inner.fold(event, now)), Ordering::Relaxed);
        }
        drop(inner);
        self.ready.notify_one();
    }

    /// Enqueues an event for each object.
    pub(crate) fn push_objects(&self, objects: Objects<K>, replay: Replay, now: Instant) {
        let mut inner = self.lock();
        let is_resync = |entry: &Entry<K>| matches!(entry, Entry::Objects(_, Replay::Resync, _));
        if replay == Replay::Resync && inner.entries.iter().any(is_resync) {
            return;
        }
        // Later events must not be folded into earlier entries.
        inner.last_of.clear();
        inner.entries.push_back(Entry::Objects(Box::new(objects), replay, now));
        drop(inner);
        self.ready.notify_one();
    }

    /// Enqueues the end of the initial state.
    pub(crate) fn push_synced(&self) {
        let mut inner = self.lock();
        inner.last_of.clear();
        inner.entries.push_back(Entry::Synced);
        drop(inner);
        self.ready.notify_one();
    }

    /// Waits for the next delivery; returns `None` once the queue is closed.
    pub(crate) async fn next(&self) -> Option<Delivery<K>> {
        loop {
            let (closed, delivery) = self.pop();
            if closed {
                return None;
            }
            match delivery {
                None => self.ready.notified().await,
                Some(Popped::Synced) => return Some(Delivery::Synced),
                // Objects are decoded here, because a writer may wait for the lock.
                Some(Popped::Event(event, enqueued)) => {
                    let Some(event) = event.decoded() else { continue };
                    self.counts.delivered.fetch_add(1, Ordering::Relaxed);
                    Counts::add(&self.counts.waited, enqueued.elapsed());
                    return Some(Delivery::Event(event));
                }
            }
        }
    }

    /// Returns whether the queue is closed, and the first entry.
    fn pop(&self) -> (bool, Option<Popped<K>>) {
        let mut inner = self.lock();
        let closed = self.is_closed();
        (closed, if closed { None } else { inner.pop() })
    }

    /// Counts a call that panicked.
    pub(crate) fn count_panic(&self) {
        self.counts.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn metrics(&self) -> HandlerMetrics {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let inner = self.lock();
        HandlerMetrics {
            name: self.name.clone(),
            depth: inner.entries.len() - inner.tombstones + inner.replaying.len(),
            delivered: count(&self.counts.delivered),
            folded: count(&self.counts.folded),
            panics: count(&self.counts.panics),
            waited: Duration::from_nanos(count(&self.counts.waited)),
            worked: Duration::from_nanos(count(&self.counts.worked)),
            synced: self.has_synced(),
        }
    }
}

impl<K: Resource> Inner<K> {
    fn pop(&mut self) -> Option<Popped<K>> {
        loop {
            if let Some(object) = self.replaying.next() {
                let event = match self.replay {
                    Replay::Initial => PendingEvent::Added { object, initial: true },
                    Replay::Resync => PendingEvent::Updated { old: object.clone(), new: object },
                };
                return Some(Popped::Event(event, self.enqueued));
            }
            // An iterator keeps its memory until it is dropped.
            self.replaying = Vec::new().into_iter();
            let Some(entry) = self.entries.pop_front() else {
                self.last_of.clear();
                return None;
            };
            self.first += 1;
            match entry {
                Entry::Event(event, since) => return Some(Popped::Event(event, since)),
                Entry::Synced => return Some(Popped::Synced),
                Entry::Tombstone => self.tombstones -= 1,
                Entry::Objects(objects, replay, enqueued) => {
                    let objects: Vec<Stored<K>> = objects.iter().map(|cached| cached.stored.clone()).collect();
                    (self.replaying, self.replay, self.enqueued) = (objects.into_iter(), replay, enqueued);
                }
            }
        }
    }

    /// Folds an event into the queued one of the same object, or enqueues it. Returns whether it was folded.
    fn fold(&mut self, event: &PendingEvent<K>, now: Instant) -> bool {
        let identity = identity(event.object());
        let queued = self.last_of.get(&identity).and_then(|number| number.checked_sub(self.first));
        let queued = queued.and_then(|index| self.entries.get_mut(usize::try_from(index).ok()?));
        if let Some(entry @ Entry::Event(..)) = queued
            && let Some(folded) = folded(entry, event)
        {
            *entry = folded;
            if matches!(entry, Entry::Tombstone) {
                self.last_of.remove(&identity);
                self.tombstones += 1;
                self.compact();
            }
            return true;
        }
        self.last_of.insert(identity, self.first + self.entries.len() as u64);
        self.entries.push_back(Entry::Event(event.clone(), now));
        false
    }

    /// Removes tombstones once they are the majority of entries.
    fn compact(&mut self) {
        if self.tombstones * 2 <= self.entries.len() || self.tombstones < 64 {
            return;
        }
        let first = self.first;
        let mut moved: HashMap<u64, u64> = HashMap::new();
        let entries = std::mem::take(&mut self.entries);
        for (index, entry) in entries.into_iter().enumerate() {
            if !matches!(entry, Entry::Tombstone) {
                moved.insert(first + index as u64, first + self.entries.len() as u64);
                self.entries.push_back(entry);
            }
        }
        self.tombstones = 0;
        self.last_of.retain(|_, number| moved.get(number).map(|to| *number = *to).is_some());
    }
}

/// Folds two changes of one object into one; returns `None` if that is not possible.
fn folded<K: Resource>(queued: &Entry<K>, event: &PendingEvent<K>) -> Option<Entry<K>> {
    use PendingEvent::{Added, Deleted, Updated};

    let Entry::Event(queued, enqueued) = queued else { return None };
    let folded = match (queued, event) {
        (Added { initial, .. }, Updated { new, .. }) => Added { object: new.clone(), initial: *initial },
        // A server that was restored from a backup may revert all changes.
        (Updated { old, .. }, Updated { new, .. }) if old.version().is_some() && old.version() == new.version() => {
            return Some(Entry::Tombstone);
        }
        (Updated { old, .. }, Updated { new, .. }) => Updated { old: old.clone(), new: new.clone() },
        (Added { .. }, Deleted { .. }) => return Some(Entry::Tombstone),
        (Updated { .. }, Deleted { object, state }) => Deleted { object: object.clone(), state: *state },
        _ => return None,
    };
    Some(Entry::Event(folded, *enqueued))
}
