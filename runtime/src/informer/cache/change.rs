//! Changes that lists and watches report.

use std::collections::BTreeMap;

use kube::Resource;

use super::state::Objects;
use super::stored::{CachedObject, Received};
use crate::informer::event::{ObjectKey, version};
use crate::informer::version::ResourceVersion;
use crate::undecodable::Undecodable;

/// A change reported by a list or a watch.
pub(crate) enum Change<K> {
    /// The object was created or updated.
    Applied(Received<K>),
    /// The object was deleted.
    Deleted(DeletedObject<K>),
    /// The object was created or updated and cannot be decoded.
    Undecodable { key: ObjectKey, uid: Option<String>, version: Option<String>, object: Undecodable },
    /// No changes up to this version.
    Bookmark(Option<ResourceVersion>),
    /// No changes up to this version, but one of an object of another shard.
    Foreign(Option<ResourceVersion>),
}

impl<K: Resource> Change<K> {
    /// Returns the version of the cache after the change.
    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Change::Applied(received) => version(&*received.object),
            Change::Deleted(deleted) => deleted.version.as_deref(),
            Change::Undecodable { version, .. } => version.as_deref(),
            Change::Bookmark(version) | Change::Foreign(version) => version.as_ref().map(ResourceVersion::as_str),
        }
    }
}

/// A deleted object; its last state may be undecodable.
pub(crate) struct DeletedObject<K> {
    pub(crate) key: ObjectKey,
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) object: Option<Received<K>>,
}

/// The objects of a list that is being read.
pub(crate) struct StagedList<K> {
    pub(super) objects: Objects<K>,
    /// Objects that are not among `objects` yet. They are inserted together, so that the nodes of the trie are adjacent in
    /// memory and not scattered between the objects: lookups then touch fewer pages.
    received: Vec<CachedObject<K>>,
    pub(super) undecodable: BTreeMap<ObjectKey, (Option<String>, Undecodable)>,
}

impl<K: Resource> StagedList<K> {
    pub(super) fn new(objects: Objects<K>) -> Self {
        StagedList { objects, received: Vec::new(), undecodable: BTreeMap::new() }
    }

    /// Inserts all received objects.
    pub(super) fn complete(&mut self) {
        for cached in std::mem::take(&mut self.received) {
            self.objects.insert(cached);
        }
    }

    /// Returns the number of received objects, those included that cannot be decoded.
    pub(crate) fn len(&self) -> usize {
        self.objects.len() + self.received.len() + self.undecodable.len()
    }

    pub(crate) fn apply(&mut self, change: Change<K>) {
        match change {
            Change::Applied(received) => {
                if !self.undecodable.is_empty() {
                    self.undecodable.remove(&ObjectKey::of(&*received.object));
                }
                self.received.push(received.cached);
            }
            Change::Deleted(deleted) => {
                self.complete();
                let (namespace, name) = deleted.key.parts();
                self.objects.remove(namespace, name);
                self.undecodable.remove(&deleted.key);
            }
            Change::Undecodable { key, uid, object, .. } => {
                self.complete();
                let (namespace, name) = key.parts();
                self.objects.remove(namespace, name);
                self.undecodable.insert(key, (uid, object));
            }
            Change::Bookmark(_) | Change::Foreign(_) => {}
        }
    }
}
