//! The cache: writers publish, readers never wait.
//!
//! The present state hangs on one atomic pointer. A reader takes it and has, for as long as it holds it, all objects and all
//! indexes of one moment. Writers take turns, change a copy that shares with the published state what does not change, and
//! swap the pointer; then they tell the handlers.

mod change;
mod index;
mod snapshot;
mod state;
mod trie;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use kube::Resource;
use tokio::time::Instant;

pub use crate::undecodable::Undecodable;
pub(crate) use change::{Gone, Incoming, Staged};
pub(crate) use index::{AnyIndex, Postings};
pub use index::{Index, IndexValue};
pub use snapshot::Snapshot;
pub(crate) use state::{Objects, Slot, State};

use super::event::{Event, ObjectKey};
use super::handler::{Queue, Told};
use super::sync::{Mutex, MutexGuard};
use super::version::ResourceVersion;

/// The objects of one informer.
pub(crate) struct Cache<K> {
    published: ArcSwap<State<K>>,
    writer: Mutex<Writer<K>>,
    /// Changes whenever something is published.
    progress: tokio::sync::watch::Sender<()>,
}

/// What those who write take turns with.
struct Writer<K> {
    /// What will be published next.
    state: State<K>,
    /// The parts of the API that are watched one by one, and how far each has come.
    scopes: Vec<Scope>,
    /// What readers already see and the watch has not yet told.
    written: BTreeMap<ObjectKey, Written<K>>,
    handlers: Vec<Arc<Queue<K>>>,
    stopped: bool,
}

struct Scope {
    namespace: Option<String>,
    synced: bool,
    version: Option<ResourceVersion>,
}

/// An object that this program has written itself.
struct Written<K> {
    /// The version that the API server answered with; `None` for a deletion, whose version it does not tell.
    version: Option<ResourceVersion>,
    /// What the watch has told of it so far.
    told: Option<Slot<K>>,
}

impl<K: Resource> Cache<K> {
    fn turn(&self) -> MutexGuard<'_, Writer<K>> {
        // Foreign code that runs inside a turn (index functions) is caught where it is called.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more handlers; those that are there get nothing more.
    pub(crate) fn stop(&self) {
        let mut writer = self.turn();
        writer.stopped = true;
        let handlers = std::mem::take(&mut writer.handlers);
        drop(writer);
        handlers.iter().for_each(|handler| handler.close());
    }
}

impl<K: Resource + Send + Sync + 'static> Cache<K> {
    /// An empty cache of some namespaces; of the whole cluster, where there is `None`.
    pub(crate) fn new(namespaces: &[Option<String>]) -> Self {
        let scope = |namespace: &Option<String>| Scope { namespace: namespace.clone(), synced: false, version: None };
        let state = State::new();
        Cache {
            published: ArcSwap::from_pointee(state.clone()),
            writer: Mutex::new(Writer {
                state,
                scopes: namespaces.iter().map(scope).collect(),
                written: BTreeMap::new(),
                handlers: Vec::new(),
                stopped: false,
            }),
            progress: tokio::sync::watch::Sender::new(()),
        }
    }

    /// The present state, for the time of one read.
    pub(crate) fn read(&self) -> arc_swap::Guard<Arc<State<K>>> {
        self.published.load()
    }

    /// The present state, to be held.
    pub(crate) fn snapshot(&self) -> Snapshot<K> {
        Snapshot::new(self.published.load_full())
    }

    /// Tells of progress; what has been published before is seen after.
    pub(crate) fn progress(&self) -> tokio::sync::watch::Receiver<()> {
        self.progress.subscribe()
    }

    /// An empty place for the objects of a list.
    pub(crate) fn stage(&self) -> Staged<K> {
        Staged::new(Objects::new(self.read().objects.hasher()))
    }

    /// Takes in what a watch has told, in order.
    pub(crate) fn apply(&self, scope: usize, changes: Vec<Incoming<K>>) {
        let mut writer = self.turn();
        let mut events = Vec::with_capacity(changes.len());
        for change in changes {
            writer.apply(scope, change, &mut events);
        }
        self.publish(writer, &events, |_| {});
    }

    /// Takes a list in place of all that was there.
    pub(crate) fn replace(&self, scope: usize, staged: Staged<K>, version: Option<ResourceVersion>) {
        let mut writer = self.turn();
        let before = writer.state.synced;
        let mut events = Vec::new();
        let first = writer.replace(scope, staged, version, &mut events);
        let completes = !before && writer.state.synced;
        self.publish(writer, &events, |handler| {
            if let Some(first) = &first {
                handler.push_objects(first.clone(), Told::Initially, Instant::now());
            }
            if completes {
                handler.push_synced();
            }
        });
    }

    /// Takes in what this program has written itself, ahead of the watch: an object, or that there is none.
    pub(crate) fn write_through(&self, key: &ObjectKey, object: Option<Slot<K>>, version: Option<ResourceVersion>) {
        let mut writer = self.turn();
        if writer.write_through(key, object, version) {
            self.publish(writer, &[], |_| {});
        }
    }

    /// The server has come no further than this: what this program wrote beyond is lost.
    pub(crate) fn forget_beyond(&self, scope: usize, version: &ResourceVersion) {
        let mut writer = self.turn();
        if writer.forget_beyond(scope, version) {
            self.publish(writer, &[], |_| {});
        }
    }

    /// Readers first, then handlers, so that a handler that asks a lister finds what it was told.
    fn publish(&self, mut writer: MutexGuard<'_, Writer<K>>, events: &[Event<K>], then: impl Fn(&Queue<K>)) {
        self.published.store(Arc::new(writer.state.clone()));
        let now = Instant::now();
        writer.handlers.retain(|handler| !handler.is_closed());
        for handler in &writer.handlers {
            events.iter().for_each(|event| handler.push(event, now));
            then(handler);
        }
        drop(writer);
        self.progress.send_replace(());
    }

    /// Adds a handler, which gets what is there now and then everything that happens. `false`: the informer has stopped.
    pub(crate) fn add_handler(&self, handler: &Arc<Queue<K>>) -> bool {
        let mut writer = self.turn();
        if writer.stopped {
            return false;
        }
        let told = writer.told();
        if told.len() > 0 {
            handler.push_objects(told, Told::Initially, Instant::now());
        }
        if writer.state.synced {
            handler.push_synced();
        }
        writer.handlers.push(Arc::clone(handler));
        true
    }

    pub(crate) fn remove_handler(&self, handler: &Arc<Queue<K>>) {
        handler.close();
        self.turn().handlers.retain(|other| !Arc::ptr_eq(other, handler));
    }

    /// Tells a handler all objects once more.
    pub(crate) fn resync(&self, handler: &Queue<K>) {
        let writer = self.turn();
        if writer.state.synced && !handler.is_closed() {
            handler.push_objects(writer.told(), Told::Again, Instant::now());
        }
    }

    pub(crate) fn handlers(&self) -> Vec<Arc<Queue<K>>> {
        self.turn().handlers.clone()
    }

    pub(crate) fn add_index(&self, index: Box<dyn AnyIndex<K>>, label: Option<Arc<str>>) {
        let mut writer = self.turn();
        let id = index.id();
        let mut state = writer.state.clone();
        state.add_index(index);
        state.labels.extend(label.map(|label| (label, id)));
        writer.state = state;
        self.publish(writer, &[], |_| {});
    }
}
