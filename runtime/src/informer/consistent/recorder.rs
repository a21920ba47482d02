//! Recording of writes in the ledger.

use std::sync::Arc;

use kube::Resource;

use super::answer::{Change, change};
use super::consistency::Consistency;
use super::ledger::{Deletion, Effect, Fence, Unresolved};
use crate::client::{Write, WriteInFlight, WriteObserver, WriteOutcome};
use crate::informer::cache::Cache;
use crate::informer::event::ObjectKey;
use crate::informer::version::ResourceVersion;

/// Records the writes of one resource.
pub(super) struct Recorder<K> {
    pub(super) cache: Arc<Cache<K>>,
    pub(super) consistency: Arc<Consistency>,
    pub(super) group: String,
    pub(super) resource: String,
}

/// A write in flight.
struct Recorded<K: Resource + Send + Sync + 'static> {
    cache: Arc<Cache<K>>,
    consistency: Arc<Consistency>,
    scopes: Vec<usize>,
    number: u64,
    verb: &'static str,
    namespace: Option<String>,
    /// `None` is not known yet, or several objects.
    name: Option<String>,
    /// The uid of the object in the cache when the write started.
    uid: Option<String>,
    ended: bool,
}

impl<K: Resource + Send + Sync + 'static> WriteObserver for Recorder<K> {
    fn started(&self, write: Write<'_>) -> Option<Box<dyn WriteInFlight>> {
        if (write.group, write.resource) != (&*self.group, &*self.resource) {
            return None;
        }
        let namespace = (!write.namespace.is_empty()).then_some(write.namespace);
        let scopes = self.cache.read().scopes_of(namespace);
        if scopes.is_empty() {
            return None;
        }
        let number = self.consistency.ledger.begin(&scopes, namespace);
        let mut recorded = Recorded {
            cache: Arc::clone(&self.cache),
            consistency: Arc::clone(&self.consistency),
            scopes,
            number,
            verb: write.verb,
            namespace: namespace.map(str::to_owned),
            name: (!write.name.is_empty()).then(|| write.name.to_owned()),
            uid: None,
            ended: false,
        };
        if let Some(key) = recorded.deletion() {
            self.cache.deletions().begin(&key);
        }
        recorded.uid = recorded.key().and_then(|key| observed_uid(&self.cache, &key));
        Some(Box::new(recorded))
    }
}

/// Returns the uid of an object that the watch has reported. Written objects that the watch has yet to report do not count.
fn observed_uid<K: Resource + Send + Sync + 'static>(cache: &Cache<K>, key: &ObjectKey) -> Option<String> {
    let state = cache.read();
    let (namespace, name) = key.parts();
    let object = state.object(namespace, name)?;
    let scope = state.scopes.iter().find(|scope| scope.covers(key.namespace.as_deref()))?;
    let version: ResourceVersion = object.version()?.parse().ok()?;
    let reported = scope.version.as_ref().is_some_and(|reached| *reached >= version);
    object.uid().filter(|_| reported).map(str::to_owned)
}

impl<K: Resource + Send + Sync + 'static> Recorded<K> {
    fn key(&self) -> Option<ObjectKey> {
        Some(ObjectKey::new(self.namespace.as_deref(), self.name.as_deref()?))
    }

    /// Returns the key of the object that the write deletes.
    fn deletion(&self) -> Option<ObjectKey> {
        self.key().filter(|_| self.verb == "delete")
    }

    fn unresolved(&self, name: Option<String>) -> Effect {
        let name = name.or_else(|| self.name.clone());
        Effect::Unresolved(Unresolved { namespace: self.namespace.clone(), name, uid: self.uid.clone() })
    }

    fn effect(&self, outcome: &WriteOutcome) -> Effect {
        let answer = match outcome {
            WriteOutcome::NotExecuted => return Effect::None,
            WriteOutcome::Unknown => return self.unresolved(None),
            WriteOutcome::Executed(answer) => answer,
        };
        match change(self.verb, answer) {
            Change::Nothing => Effect::None,
            Change::Unknown => self.unresolved(None),
            Change::Version { name, version } => match version.parse() {
                Ok(version) => Effect::Version(version),
                Err(_) => self.unresolved(Some(name)),
            },
            Change::Deleted { uid } => {
                Effect::Deletion(Deletion { object: self.key().unwrap_or_default(), uid, fence: Fence::Needed })
            }
        }
    }

    /// Starts to wait for the watch to report a deletion, unless it already has.
    fn awaited(&self, key: &ObjectKey, effect: Effect) -> Effect {
        let deletions = self.cache.deletions();
        let Effect::Deletion(deletion) = effect else {
            deletions.end(key, None);
            return effect;
        };
        if !deletions.end(key, Some(&deletion.uid)) {
            return Effect::None;
        }
        let was_cached = self.uid.as_ref() == Some(&deletion.uid);
        let is_cached = was_cached || observed_uid(&self.cache, key).as_ref() == Some(&deletion.uid);
        if !deletions.is_awaited(&deletion.uid) {
            return Effect::None;
        }
        Effect::Deletion(Deletion { fence: if is_cached { Fence::NotNeeded } else { Fence::Needed }, ..deletion })
    }

    fn end(&mut self, outcome: &WriteOutcome) {
        self.ended = true;
        let effect = self.effect(outcome);
        let effect = match self.deletion() {
            Some(key) => self.awaited(&key, effect),
            None => effect,
        };
        let deletes = matches!(effect, Effect::Deletion(_));
        self.consistency.ledger.end(&self.scopes, self.number, &effect);
        if deletes {
            self.consistency.prune_if_large(&self.cache);
        }
    }
}

impl<K: Resource + Send + Sync + 'static> WriteInFlight for Recorded<K> {
    fn ended(mut self: Box<Self>, outcome: WriteOutcome) {
        self.end(&outcome);
    }
}

impl<K: Resource + Send + Sync + 'static> Drop for Recorded<K> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(&WriteOutcome::Unknown);
        }
    }
}
