//! The published state of a cache, and its writers.

use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use kube::Resource;
use tokio::time::Instant;

use super::change::{Change, StagedList};
use super::deletions::Deletions;
use super::index::AnyIndex;
use super::lookup::{Lookup, Publishing};
use super::snapshot::Snapshot;
use super::state::State;
use super::stored::CachedObject;
use super::writer::Writer;
use crate::informer::event::{ObjectKey, PendingEvent};
use crate::informer::handler::queue::{Queue, Replay};
use crate::informer::selection::Selection;
use crate::informer::version::ResourceVersion;
use crate::sync::{Mutex, MutexGuard};

/// The objects of one informer.
pub(crate) struct Cache<K> {
    published: ArcSwap<State<K>>,
    lookup: Lookup<K>,
    writer: Mutex<Writer<K>>,
    /// Notifies of each published state.
    progress: tokio::sync::watch::Sender<()>,
    deletions: Deletions,
}

impl<K: Resource> Cache<K> {
    fn lock(&self) -> MutexGuard<'_, Writer<K>> {
        // Panics of index functions, the only foreign code under this lock, are caught where they are called.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes all handlers and accepts no more.
    pub(crate) fn stop(&self) {
        let mut writer = self.lock();
        writer.stopped = true;
        let handlers = std::mem::take(&mut writer.handlers);
        drop(writer);
        handlers.iter().for_each(|handler| handler.close());
    }
}

impl<K: Resource + Send + Sync + 'static> Cache<K> {
    /// Creates an empty cache of these namespaces; `None` is the whole cluster.
    pub(crate) fn new(namespaces: &[Option<String>]) -> Self {
        let state = State::new(namespaces);
        Cache {
            published: ArcSwap::from_pointee(state.clone()),
            lookup: Lookup::default(),
            writer: Mutex::new(Writer::new(state)),
            progress: tokio::sync::watch::Sender::new(()),
            deletions: Deletions::default(),
        }
    }

    /// Returns the current state for a short read.
    pub(crate) fn read(&self) -> arc_swap::Guard<Arc<State<K>>> {
        self.published.load()
    }

    /// Returns the object of this name; the namespace is empty for cluster-scoped objects.
    pub(crate) fn find(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        match self.lookup.find(namespace, name) {
            Ok(found) => found?.read(),
            Err(Publishing) => self.read().object(namespace, name)?.read(),
        }
    }

    /// Returns the current state.
    pub(crate) fn snapshot(&self) -> Snapshot<K> {
        Snapshot::new(self.published.load_full())
    }

    /// Returns the deletions that consistent reads wait for.
    pub(crate) fn deletions(&self) -> &Deletions {
        &self.deletions
    }

    /// Returns a receiver that is notified after each publication.
    pub(crate) fn progress(&self) -> tokio::sync::watch::Receiver<()> {
        self.progress.subscribe()
    }

    /// Starts a list.
    pub(crate) fn begin_list(&self) -> StagedList<K> {
        StagedList::new(self.lock().observed())
    }

    /// Applies the changes of a watch in order.
    pub(crate) fn apply(&self, scope: usize, changes: Vec<Change<K>>) {
        let mut writer = self.lock();
        let mut events = Vec::with_capacity(changes.len());
        for change in changes {
            writer.apply(scope, change, &mut events);
        }
        self.publish(writer, &events, |_| {});
    }

    /// Replaces the objects of a scope by a list.
    ///
    /// `reselected` is whether the selection of objects changed since the last list.
    pub(crate) fn replace(
        &self,
        scope: usize,
        mut staged: StagedList<K>,
        version: Option<ResourceVersion>,
        reselected: bool,
    ) {
        staged.complete();
        let mut writer = self.lock();
        let was_synced = writer.state.synced;
        let mut events = Vec::new();
        let initial = writer.replace(scope, staged, version, reselected, &mut events);
        let completes_sync = !was_synced && writer.state.synced;
        self.publish(writer, &events, |handler| {
            if let Some(initial) = &initial {
                handler.push_objects(initial.clone(), Replay::Initial, Instant::now());
            }
            if completes_sync {
                handler.push_synced();
            }
        });
    }

    /// Removes the objects of a scope that are not selected.
    pub(crate) fn retain(&self, scope: usize, selection: &Selection) {
        let mut writer = self.lock();
        let mut events = Vec::new();
        writer.retain(scope, selection, &mut events);
        self.publish(writer, &events, |_| {});
    }

    /// Applies a write of this program before the watch reports it: an object, or `None` for a deletion.
    pub(crate) fn write_through(
        &self,
        key: &ObjectKey,
        object: Option<CachedObject<K>>,
        version: Option<ResourceVersion>,
    ) {
        let mut writer = self.lock();
        if writer.write_through(key, object, version) {
            self.publish(writer, &[], |_| {});
        }
    }

    /// Discards written objects after a version that is the latest one of the server.
    pub(crate) fn discard_written_after(&self, scope: usize, version: &ResourceVersion) {
        let mut writer = self.lock();
        if writer.discard_written_after(scope, version) {
            self.publish(writer, &[], |_| {});
        }
    }

    /// Publishes the state before it notifies handlers, so that a handler finds the objects of its events in a lister.
    fn publish(&self, mut writer: MutexGuard<'_, Writer<K>>, events: &[PendingEvent<K>], then: impl Fn(&Queue<K>)) {
        let changes = std::mem::take(&mut writer.unpublished);
        let state = writer.state.clone();
        let before = self.lookup.update(changes, &writer.state.objects, || self.published.swap(Arc::new(state)));
        // Lookups do not have to wait until the memory of the old state is free.
        drop(before);
        self.deletions.observe(events);
        let now = Instant::now();
        writer.handlers.retain(|handler| !handler.is_closed());
        for handler in &writer.handlers {
            events.iter().for_each(|event| handler.push(event, now));
            then(handler);
        }
        drop(writer);
        self.progress.send_replace(());
    }

    /// Adds a handler, which receives the current objects and then all changes. Returns `false` if the informer has stopped.
    pub(crate) fn add_handler(&self, handler: &Arc<Queue<K>>) -> bool {
        let mut writer = self.lock();
        if writer.stopped {
            return false;
        }
        let observed = writer.observed();
        if observed.len() > 0 {
            handler.push_objects(observed, Replay::Initial, Instant::now());
        }
        if writer.state.synced {
            handler.push_synced();
        }
        writer.handlers.push(Arc::clone(handler));
        true
    }

    pub(crate) fn remove_handler(&self, handler: &Arc<Queue<K>>) {
        handler.close();
        self.lock().handlers.retain(|other| !Arc::ptr_eq(other, handler));
    }

    /// Enqueues a resync of a handler.
    pub(crate) fn resync(&self, handler: &Queue<K>) {
        let writer = self.lock();
        if writer.state.synced && !handler.is_closed() {
            handler.push_objects(writer.observed(), Replay::Resync, Instant::now());
        }
    }

    pub(crate) fn handlers(&self) -> Vec<Arc<Queue<K>>> {
        self.lock().handlers.clone()
    }

    pub(crate) fn add_index(&self, index: Box<dyn AnyIndex<K>>, label: Option<Arc<str>>) {
        let mut writer = self.lock();
        let id = index.id();
        let mut state = writer.state.clone();
        state.add_index(index);
        state.labels.extend(label.map(|label| (label, id)));
        writer.state = state;
        self.publish(writer, &[], |_| {});
    }
}
