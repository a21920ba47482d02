//! The shared state of an informer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kube::Resource;
use kube::core::{GroupVersionKind, GroupVersionResource};
use tokio::task::JoinHandle;

use super::cache::Cache;
use super::consistent::Consistency;
use super::event::ObjectKey;
use super::panics::Controllers;
use super::reflector::{Counts, Reflector, ReflectorHealth};
use super::status::{CacheSyncError, InformerStatus};
use super::version::ResourceVersion;

/// The state shared by all handles; dropping it stops the informer.
pub(super) struct Shared<K: Resource> {
    pub(super) cache: Arc<Cache<K>>,
    pub(super) kind: K::DynamicType,
    pub(super) name: String,
    pub(super) counts: Arc<Counts>,
    pub(super) controllers: Controllers,
    /// The writes that consistent reads wait for, once there is a consistent client.
    pub(super) consistency: OnceLock<Arc<Consistency>>,
    pub(super) health: Vec<tokio::sync::watch::Receiver<ReflectorHealth>>,
    pub(super) resync: Duration,
    /// The reflectors that are not started yet.
    pub(super) unstarted: Mutex<Vec<Reflector<K>>>,
    pub(super) tasks: Mutex<Vec<JoinHandle<()>>>,
    /// The number of handlers without a name.
    pub(super) unnamed_handlers: AtomicU64,
    pub(super) stop: tokio::sync::watch::Sender<bool>,
}

impl<K: Resource + Send + Sync + 'static> Shared<K> {
    /// Returns the status of the informer.
    pub(super) fn status(&self) -> InformerStatus {
        // Before anything that waits for a writer of the cache.
        let queued = self.counts.queued.load(Ordering::Relaxed);
        let snapshot = self.cache.snapshot();
        let reflectors: Vec<ReflectorHealth> = self.health.iter().map(|health| health.borrow().clone()).collect();
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = &self.counts;
        let kind = &self.kind;
        let exists = |key: &ObjectKey| snapshot.contains(key);
        InformerStatus {
            name: self.name.clone(),
            kind: GroupVersionKind::gvk(&K::group(kind), &K::version(kind), &K::kind(kind)),
            resource: GroupVersionResource::gvr(&K::group(kind), &K::version(kind), &K::plural(kind)),
            synced: snapshot.has_synced(),
            resource_version: snapshot.resource_version().cloned(),
            since_last_response: reflectors
                .iter()
                .map(|health| health.last_response.map(|at| at.elapsed()))
                .max()
                .flatten(),
            reflectors,
            objects: snapshot.len(),
            json_bytes: snapshot.json_bytes(),
            undecodable: snapshot.undecodable().len(),
            lists: count(&counts.lists),
            watches: count(&counts.watches),
            events: count(&counts.events),
            bookmarks: count(&counts.bookmarks),
            foreign: count(&counts.foreign),
            errors: count(&counts.errors),
            queued,
            processing: counts.processing.clone(),
            consistent_reads: self.consistency.get().map(|consistency| consistency.waits.clone()),
            handlers: self.cache.handlers().iter().map(|handler| handler.metrics()).collect(),
            panicked: self.controllers.panicked().into_iter().filter(exists).collect(),
        }
    }

    /// Waits until the first list is complete.
    pub(super) async fn wait_for_sync(&self) -> Result<(), CacheSyncError> {
        self.wait_for(|| self.cache.read().synced).await
    }

    /// Waits until the cache has reached a resource version.
    pub(super) async fn wait_for_version(&self, version: &ResourceVersion) -> Result<(), CacheSyncError> {
        self.wait_for(|| self.cache.read().version.as_ref().is_some_and(|reached| reached >= version)).await
    }

    async fn wait_for(&self, condition: impl Fn() -> bool) -> Result<(), CacheSyncError> {
        if self.wait_until(condition).await { Ok(()) } else { Err(CacheSyncError { informers: vec![self.status()] }) }
    }

    /// Tracks a task that [`Informer::shutdown`] waits for.
    pub(super) fn track(&self, task: JoinHandle<()>) {
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Waits until the condition is true; returns `false` if the informer stops before.
    pub(super) async fn wait_until(&self, condition: impl Fn() -> bool) -> bool {
        let mut progress = self.cache.progress();
        let mut stop = self.stop.subscribe();
        loop {
            progress.borrow_and_update();
            if condition() {
                return true;
            }
            tokio::select! {
                _ = progress.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return condition(),
            }
        }
    }
}

impl<K: Resource> Drop for Shared<K> {
    fn drop(&mut self) {
        self.cache.stop();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
