//! What waits for one handler.
//!
//! The cache puts events in and never waits; the handler takes them out in order. Above the limit that the handler's owner
//! chose, changes of one object are folded into one, so that what waits is bounded by the number of objects.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kube::Resource;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::informer::cache::Objects;
use crate::informer::event::{Event, ObjectKey, uid, version};
use crate::informer::sync::{AtomicBool, Mutex, MutexGuard};

/// How much may wait for a handler that is slower than the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backlog {
    /// Every event, however many there are: what client-go does.
    #[default]
    EveryEvent,
    /// Every event, until so many wait; from then on, changes of one object are folded into one.
    FoldAbove(NonZeroUsize),
    /// One change for each object: what it was told last, and what it is now.
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

/// What a handler gets next.
#[derive(Debug)]
pub(crate) enum Delivery<K> {
    /// Something happened; and since when that has waited.
    Event(Event<K>, Instant),
    /// All that was there in the beginning has been delivered.
    Synced,
}

/// Numbers about a handler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerMetrics {
    /// The handler's name.
    pub name: String,
    /// Entries that wait now.
    pub depth: usize,
    /// Events delivered so far.
    pub delivered: u64,
    /// Events that were folded into one that already waited.
    pub folded: u64,
    /// Calls that panicked.
    pub panics: u64,
    /// Time that delivered events have waited, all together.
    pub waited: Duration,
    /// Time that the handler has taken, all together.
    pub worked: Duration,
    /// Whether everything that was there in the beginning has been delivered.
    pub synced: bool,
}

/// A handler's queue.
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

enum Entry<K> {
    Event(Event<K>, Instant),
    /// All these objects, as added in the beginning or as unchanged.
    Objects(Box<Objects<K>>, Told, Instant),
    Synced,
    /// An object that came and went while it waited.
    Nothing,
}

/// How a handler is told of objects that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// As added in the beginning.
    Initially,
    /// As updated without a change.
    Again,
}

struct Inner<K> {
    entries: VecDeque<Entry<K>>,
    /// The number of the first entry; entries are numbered as they come.
    first: u64,
    /// The last waiting entry of each object, for those that came above the limit.
    last_of: HashMap<Identity, u64>,
    /// How many entries are [`Entry::Nothing`].
    nothings: usize,
    /// Objects of an entry that has begun.
    begun: std::vec::IntoIter<Arc<K>>,
    told: Told,
    since: Instant,
}

/// One object, not another one of the same name.
type Identity = (ObjectKey, Option<String>);

fn identity<K: Resource>(object: &K) -> Identity {
    (ObjectKey::of(object), uid(object).map(str::to_owned))
}

impl<K: Resource> Queue<K> {
    pub(crate) fn new(name: String, backlog: Backlog) -> Self {
        let inner = Inner {
            entries: VecDeque::new(),
            first: 0,
            last_of: HashMap::new(),
            nothings: 0,
            begun: Vec::new().into_iter(),
            told: Told::Initially,
            since: Instant::now(),
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
        // Nothing that holds this lock calls foreign code, so a poisoned one is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Nothing more is delivered, and what waits is dropped.
    pub(crate) fn close(&self) {
        // Under the lock: else what is pushed after the rest was dropped would be delivered, with a gap before it.
        let mut inner = self.lock();
        self.closed.store(true, Ordering::Release);
        let dropped = (std::mem::take(&mut inner.entries), std::mem::take(&mut inner.begun));
        inner.nothings = 0;
        drop(inner);
        drop(dropped);
        self.ready.notify_one();
        // Wakes those who wait for it to sync.
        self.synced.send_modify(|_| {});
    }

    pub(crate) fn has_synced(&self) -> bool {
        *self.synced.borrow()
    }

    /// Tells when everything that was there in the beginning has been delivered.
    pub(crate) fn synced(&self) -> tokio::sync::watch::Receiver<bool> {
        self.synced.subscribe()
    }

    pub(crate) fn set_synced(&self) {
        self.synced.send_replace(true);
    }

    /// Puts an event in.
    pub(crate) fn push(&self, event: &Event<K>, now: Instant) {
        let mut inner = self.lock();
        if inner.entries.len() < self.limit {
            // What comes later must not be folded into what was before this.
            if !inner.last_of.is_empty() {
                inner.last_of.remove(&identity(&**event.object()));
            }
            inner.entries.push_back(Entry::Event(event.clone(), now));
        } else {
            self.counts.folded.fetch_add(u64::from(inner.fold(event, now)), Ordering::Relaxed);
        }
        drop(inner);
        self.ready.notify_one();
    }

    /// Puts in all objects that are there.
    pub(crate) fn push_objects(&self, objects: Objects<K>, told: Told, now: Instant) {
        let mut inner = self.lock();
        let waits = |entry: &Entry<K>| matches!(entry, Entry::Objects(_, Told::Again, _));
        if told == Told::Again && inner.entries.iter().any(waits) {
            return;
        }
        // What comes now must not be folded into what was before.
        inner.last_of.clear();
        inner.entries.push_back(Entry::Objects(Box::new(objects), told, now));
        drop(inner);
        self.ready.notify_one();
    }

    /// Marks the end of what was there in the beginning.
    pub(crate) fn push_synced(&self) {
        let mut inner = self.lock();
        inner.last_of.clear();
        inner.entries.push_back(Entry::Synced);
        drop(inner);
        self.ready.notify_one();
    }

    /// What comes next; `None` once the queue is closed.
    pub(crate) async fn next(&self) -> Option<Delivery<K>> {
        loop {
            let (closed, delivery) = self.pop();
            if closed {
                return None;
            }
            if let Some(delivery) = delivery {
                if let Delivery::Event(_, since) = &delivery {
                    self.counts.delivered.fetch_add(1, Ordering::Relaxed);
                    Counts::add(&self.counts.waited, since.elapsed());
                }
                return Some(delivery);
            }
            self.ready.notified().await;
        }
    }

    /// Whether the queue is closed, and the first that waits.
    fn pop(&self) -> (bool, Option<Delivery<K>>) {
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
            depth: inner.entries.len() - inner.nothings + inner.begun.len(),
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
    fn pop(&mut self) -> Option<Delivery<K>> {
        loop {
            if let Some(object) = self.begun.next() {
                let event = match self.told {
                    Told::Initially => Event::Added { object, initial: true },
                    Told::Again => Event::Updated { old: Arc::clone(&object), new: object },
                };
                return Some(Delivery::Event(event, self.since));
            }
            let Some(entry) = self.entries.pop_front() else {
                // What is empty has no last entries.
                self.last_of.clear();
                return None;
            };
            self.first += 1;
            match entry {
                Entry::Event(event, since) => return Some(Delivery::Event(event, since)),
                Entry::Synced => return Some(Delivery::Synced),
                Entry::Nothing => self.nothings -= 1,
                Entry::Objects(objects, told, since) => {
                    let objects: Vec<Arc<K>> = objects.iter().map(|slot| Arc::clone(&slot.object)).collect();
                    (self.begun, self.told, self.since) = (objects.into_iter(), told, since);
                }
            }
        }
    }

    /// Puts an event in, or changes the one that waits for the same object. Whether it was folded.
    fn fold(&mut self, event: &Event<K>, now: Instant) -> bool {
        let identity = identity(&**event.object());
        let waiting = self.last_of.get(&identity).and_then(|number| number.checked_sub(self.first));
        let waiting = waiting.and_then(|place| self.entries.get_mut(usize::try_from(place).ok()?));
        if let Some(entry @ Entry::Event(..)) = waiting
            && let Some(folded) = folded(entry, event)
        {
            *entry = folded;
            if matches!(entry, Entry::Nothing) {
                self.last_of.remove(&identity);
                self.nothings += 1;
                self.compact();
            }
            return true;
        }
        self.last_of.insert(identity, self.first + self.entries.len() as u64);
        self.entries.push_back(Entry::Event(event.clone(), now));
        false
    }

    /// Lets go of entries that became nothing, once they are most of all.
    fn compact(&mut self) {
        if self.nothings * 2 <= self.entries.len() || self.nothings < 64 {
            return;
        }
        let first = self.first;
        let mut moved: HashMap<u64, u64> = HashMap::new();
        let entries = std::mem::take(&mut self.entries);
        for (place, entry) in entries.into_iter().enumerate() {
            if !matches!(entry, Entry::Nothing) {
                moved.insert(first + place as u64, first + self.entries.len() as u64);
                self.entries.push_back(entry);
            }
        }
        self.nothings = 0;
        self.last_of.retain(|_, number| moved.get(number).map(|to| *number = *to).is_some());
    }
}

/// Two changes of one object as one. `None`: they cannot be one.
fn folded<K: Resource>(waiting: &Entry<K>, event: &Event<K>) -> Option<Entry<K>> {
    let Entry::Event(waiting, since) = waiting else { return None };
    let one = match (waiting, event) {
        (Event::Added { initial, .. }, Event::Updated { new, .. }) => {
            Event::Added { object: Arc::clone(new), initial: *initial }
        }
        // A server that was restored from a backup may take everything back.
        (Event::Updated { old, .. }, Event::Updated { new, .. })
            if version(&**old).is_some() && version(&**old) == version(&**new) =>
        {
            return Some(Entry::Nothing);
        }
        (Event::Updated { old, .. }, Event::Updated { new, .. }) => {
            Event::Updated { old: Arc::clone(old), new: Arc::clone(new) }
        }
        (Event::Added { .. }, Event::Deleted { .. }) => return Some(Entry::Nothing),
        (Event::Updated { .. }, Event::Deleted { object, state }) => {
            Event::Deleted { object: Arc::clone(object), state: *state }
        }
        _ => return None,
    };
    Some(Entry::Event(one, *since))
}
