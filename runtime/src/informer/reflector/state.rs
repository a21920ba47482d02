//! The state of a reflector.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kube::Resource;
use serde::de::DeserializeOwned;

use super::backoff::Backoff;
use super::counts::Counts;
use super::decision::{Failure, FailureKind};
use super::decode::{Decoder, WatchItem};
use super::health::{Phase, ReflectorHealth};
use super::selected::Selected;
use super::source::Source;
use crate::informer::cache::{Cache, Change, StagedList};
use crate::informer::error::InformerError;
use crate::informer::version::ResourceVersion;

/// An error handler.
pub(crate) type OnError = Arc<dyn Fn(&InformerError) + Send + Sync>;

/// Reads the objects of one scope into a cache.
pub(crate) struct Reflector<K: Resource> {
    pub(crate) source: Source<K>,
    pub(crate) decoder: Decoder<K>,
    pub(crate) cache: Arc<Cache<K>>,
    pub(crate) scope: usize,
    pub(crate) counts: Arc<Counts>,
    pub(crate) health: tokio::sync::watch::Sender<ReflectorHealth>,
    pub(crate) on_error: OnError,
    /// Whether to try a streaming list.
    pub(crate) streaming: bool,
    pub(crate) progress: Progress,
    pub(crate) selected: Selected,
}

/// The progress of a reflector.
pub(crate) struct Progress {
    pub(super) backoff: Backoff,
    /// The last known version; empty before the first list.
    pub(super) version: String,
    /// The server no longer has the last known version, or has not reached it yet.
    pub(super) version_unavailable: bool,
    /// The first list was paged, so the server has no watch cache for the kind.
    pub(super) paged: bool,
    /// The server may have been replaced: verify its version before the next watch.
    pub(super) verify_version: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Progress {
            backoff: Backoff::new(),
            version: String::new(),
            version_unavailable: false,
            paged: false,
            verify_version: false,
        }
    }
}

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn set_phase(&self, phase: Phase) {
        self.health.send_if_modified(|health| std::mem::replace(&mut health.phase, phase) != phase);
    }

    /// Reports a failure and waits for the backoff delay.
    pub(super) async fn back_off(&mut self, failure: Failure) {
        let delay = self.progress.backoff.delay(failure.requested_delay());
        self.counts.errors.fetch_add(1, Ordering::Relaxed);
        self.health.send_modify(|health| health.failed(&failure.error));
        (self.on_error)(&InformerError::Request(failure.error));
        tokio::time::sleep(delay).await;
    }

    /// Counts a change, and reports an undecodable object.
    pub(super) fn record(&self, change: &Change<K>) {
        match change {
            Change::Bookmark(_) => drop(self.counts.bookmarks.fetch_add(1, Ordering::Relaxed)),
            Change::Foreign(_) => {
                if self.counts.foreign.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::info!("the API server ignores the shard selector; the informer filters the objects");
                }
            }
            Change::Undecodable { key, object, .. } => {
                self.counts.events.fetch_add(1, Ordering::Relaxed);
                self.counts.undecodable.fetch_add(1, Ordering::Relaxed);
                let error = InformerError::Undecodable { key: key.clone(), object: object.clone() };
                (self.on_error)(&error);
            }
            _ => drop(self.counts.events.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Replaces the objects in the cache by a complete list.
    pub(super) fn finish_list(&mut self, staged: StagedList<K>, version: Option<ResourceVersion>) {
        self.counts.lists.fetch_add(1, Ordering::Relaxed);
        if let Some(version) = &version {
            self.progress.version = version.as_str().to_owned();
        }
        self.progress.version_unavailable = false;
        self.progress.verify_version = false;
        let (cache, scope) = (&self.cache, self.scope);
        let reselected = self.selected.complete_list();
        self.counts.process(staged.len(), || cache.replace(scope, staged, version, reselected));
        self.health.send_modify(|health| health.succeeded(Phase::Watching));
    }

    /// Applies events that were received together; they are visible to readers and handlers when this returns.
    ///
    /// # Errors
    /// Returns the failure of an error event, after the events before it were applied.
    pub(super) fn apply(&mut self, items: Vec<WatchItem<K>>) -> Result<(), Failure> {
        let mut changes = Vec::with_capacity(items.len());
        let mut failure = None;
        for item in items {
            let change = match item {
                WatchItem::Change(change) => change,
                WatchItem::InitialEventsEnd(version) => Change::Bookmark(version),
                WatchItem::Error(status) => {
                    failure = Some(self.source.failure("watch", FailureKind::Rejected, kube::Error::Api(status)));
                    break;
                }
            };
            self.record(&change);
            if let Some(version) = change.version() {
                version.clone_into(&mut self.progress.version);
            }
            changes.push(change);
        }
        if !changes.is_empty() {
            self.counts.process(changes.len(), || self.cache.apply(self.scope, changes));
        }
        failure.map_or(Ok(()), Err)
    }
}
