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
    /// The objects at the start of the list. Those that have not changed are kept, and not what is received of them: a list
    /// needs no memory for a second copy of all objects.
    before: Objects<K>,
    /// Objects that are not among `objects` yet. They are inserted together, so that the nodes of the trie are adjacent in
    /// memory and not scattered between the objects: lookups then touch fewer pages.
    received: Vec<CachedObject<K>>,
    pub(super) undecodable: BTreeMap<ObjectKey, (Option<String>, Undecodable)>,
}

impl<K: Resource> StagedList<K> {
    pub(super) fn new(before: Objects<K>) -> Self {
        let objects = Objects::new(before.hasher());
        StagedList { objects, before, received: Vec::new(), undecodable: BTreeMap::new() }
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
                let cached = self.unchanged(&received.cached).unwrap_or(received.cached);
                self.received.push(cached);
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

    /// Returns the state before the list of an object that has not changed since.
    fn unchanged(&self, new: &CachedObject<K>) -> Option<CachedObject<K>> {
        let (namespace, name) = new.stored.key();
        let old = self.before.get(namespace, name)?;
        old.stored.is_same_state(&new.stored).then(|| old.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Weak};

    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::core::ObjectMeta;
    use rapidhash::fast::RandomState;

    use super::*;

    /// Applies an object to a list. Returns what was received.
    fn apply(list: &mut StagedList<ConfigMap>, name: &str, uid: &str, version: Option<&str>) -> Weak<ConfigMap> {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            uid: Some(uid.to_owned()),
            resource_version: version.map(str::to_owned),
            ..ObjectMeta::default()
        };
        let received = Received::new(ConfigMap { metadata, ..ConfigMap::default() }, 0);
        let weak = Arc::downgrade(&received.object);
        list.apply(Change::Applied(received));
        weak
    }

    #[test]
    fn list_keeps_no_second_copy_of_unchanged_objects() {
        let mut first = StagedList::new(Objects::new(RandomState::new()));
        let names = ["unchanged", "changed", "replaced"];
        let before = names.map(|name| apply(&mut first, name, "1", Some("1")));
        let without = apply(&mut first, "without-version", "1", None);
        first.complete();
        let mut second = StagedList::new(first.objects.clone());
        assert!(apply(&mut second, "unchanged", "1", Some("1")).upgrade().is_none());
        for (name, uid, version) in [
            ("changed", "1", Some("2")),
            ("replaced", "2", Some("1")),
            ("without-version", "1", None),
            ("new", "1", Some("1")),
        ] {
            assert!(apply(&mut second, name, uid, version).upgrade().is_some(), "{name}");
        }
        second.complete();
        drop(first);
        assert_eq!(second.len(), 5);
        drop(std::mem::replace(&mut second.before, Objects::new(RandomState::new())));
        let is_kept = |object: &Weak<ConfigMap>| object.upgrade().is_some();
        assert_eq!(before.each_ref().map(is_kept), [true, false, false]);
        assert!(!is_kept(&without));
    }
}
