//! The wait of a read for the writes that started before it.

use kube::Resource;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::client::ConsistentClient;
use super::consistency::is_applied;
use super::error::{ReadError, WaitingFor};
use super::ledger::{Deletion, Range};
use crate::informer::event::ObjectKey;
use crate::informer::status::CacheSyncError;
use crate::informer::version::ResourceVersion;

/// What the cache has to reach.
struct Target {
    versions: Vec<(usize, Option<ResourceVersion>)>,
    deletions: Vec<(usize, Deletion)>,
}

impl<K> ConsistentClient<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Waits until the cache contains all writes through this client and its clones that started before the call: those in one
    /// namespace, or all of them. The reads of this client do so themselves.
    ///
    /// # Errors
    /// Returns an error if the cache does not catch up in time, if the informer has stopped or does not watch the namespace, or
    /// if the API server cannot be asked about a write whose outcome is not known.
    pub async fn caught_up(&self, namespace: Option<&str>) -> Result<(), ReadError> {
        let started = Instant::now();
        let result = self.wait_within_timeout(namespace).await;
        self.consistency.waits.observe(started.elapsed().as_secs_f64());
        result
    }

    async fn wait_within_timeout(&self, namespace: Option<&str>) -> Result<(), ReadError> {
        let scopes = self.informer.shared.cache.read().scopes_of(namespace);
        if let Some(namespace) = namespace.filter(|_| scopes.is_empty()) {
            return Err(ReadError::NotWatched {
                informer: self.informer.name().to_owned(),
                namespace: namespace.to_owned(),
            });
        }
        let range = Range { scopes, namespace: namespace.map(str::to_owned) };
        let before = self.consistency.ledger.now();
        let wait = self.wait(&range, before);
        let Some(after) = self.timeout else { return wait.await };
        if let Ok(result) = tokio::time::timeout(after, wait).await {
            return result;
        }
        let Some(waiting_for) = self.waiting_for(&range, before) else { return Ok(()) };
        Err(ReadError::Timeout { after, informer: self.informer.name().to_owned(), waiting_for })
    }

    async fn wait(&self, range: &Range, before: u64) -> Result<(), ReadError> {
        let shared = &self.informer.shared;
        let mut ended = self.consistency.ledger.ended();
        let mut stop = shared.stop.subscribe();
        loop {
            ended.borrow_and_update();
            if self.consistency.ledger.in_flight(range, before) == 0 {
                break;
            }
            tokio::select! {
                _ = ended.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return Err(self.stopped()),
            }
        }
        self.resolve(range).await?;
        let target = self.target(range, before);
        if !shared.wait_until(|| self.missing(&target).is_none()).await {
            return Err(self.stopped());
        }
        if !target.deletions.is_empty() {
            self.consistency.prune(&shared.cache);
        }
        Ok(())
    }

    fn stopped(&self) -> ReadError {
        ReadError::Stopped(CacheSyncError { informers: vec![self.informer.status()] })
    }

    fn target(&self, range: &Range, before: u64) -> Target {
        let ledger = &self.consistency.ledger;
        Target { versions: ledger.versions(range), deletions: ledger.deletions(range, before) }
    }

    /// Returns what the cache has not reached yet.
    fn missing(&self, target: &Target) -> Option<WaitingFor> {
        let cache = &self.informer.shared.cache;
        // Before the state is loaded, so that the state contains the deletions that the watch has reported.
        let deletion = target.deletions.iter().find(|(scope, deletion)| !is_applied(cache, *scope, deletion));
        let state = cache.read();
        for (scope, version) in &target.versions {
            let scope = &state.scopes[*scope];
            let namespace = scope.namespace.as_deref().map(str::to_owned);
            if !scope.synced {
                return Some(WaitingFor::FirstList { namespace });
            }
            let version = version.as_ref().filter(|version| scope.version.as_ref().is_none_or(|at| at < version));
            if let Some(version) = version.cloned() {
                return Some(WaitingFor::Version { namespace, version, reached: scope.version.clone() });
            }
        }
        let deletion = deletion.map(|(_, deletion)| deletion.clone());
        deletion.map(|Deletion { object, uid, .. }| WaitingFor::Deletion { object, uid })
    }

    /// Returns what a read waits for.
    fn waiting_for(&self, range: &Range, before: u64) -> Option<WaitingFor> {
        let ledger = &self.consistency.ledger;
        let count = ledger.in_flight(range, before);
        if count > 0 {
            return Some(WaitingFor::Writes { count });
        }
        if let Some((_, _, write)) = ledger.unresolved(range).into_iter().next() {
            let object = write.name.map(|name| ObjectKey { namespace: write.namespace, name });
            return Some(WaitingFor::Outcome { object });
        }
        self.missing(&self.target(range, before))
    }
}
