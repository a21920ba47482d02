//! Revisions, history and watches from a revision: etcd's semantics, independent of Kubernetes.
//!
//! All spaces share one revision counter. Changes are kept for a limited time, for reads at past revisions and for
//! watches that resume. A watch is a position in the history; writers never wait for it.

mod history;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use history::History;
pub(crate) use history::{After, Change, Limits};
use tokio::sync::watch;

/// A namespace, empty for cluster-scoped objects, and a name. Keys have etcd's order: that of the bytes of
/// `namespace/name`, in which `team-a/x` precedes `team/x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Key { namespace: namespace.into(), name: name.into() }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        let slash = (!self.namespace.is_empty()).then_some(b'/');
        self.namespace.bytes().chain(slash).chain(self.name.bytes())
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.namespace == other.namespace { self.name.cmp(&other.name) } else { self.bytes().cmp(other.bytes()) }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A stored value: JSON with attributes.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) json: Bytes,
    /// The definition of the kind with which it was encoded.
    pub(crate) definition_id: u64,
    /// Whether it has a deletion timestamp.
    pub(crate) deleting: bool,
}

/// A value with the revision of its last write.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Stored,
    pub(crate) revision: u64,
}

/// The values of one kind.
struct Space {
    entries: BTreeMap<Key, Entry>,
    history: History,
    /// The revision of the last write, which wakes watchers.
    revisions: watch::Sender<u64>,
    /// Incremented to end all watches.
    epoch: u64,
}

impl Space {
    fn fork(&self) -> Self {
        Space {
            entries: self.entries.clone(),
            history: self.history.clone(),
            revisions: watch::Sender::new(*self.revisions.borrow()),
            epoch: self.epoch,
        }
    }
}

/// The values of all kinds.
pub(crate) struct Store {
    revision: u64,
    spaces: HashMap<String, Space>,
    pub(crate) limits: Limits,
}

/// The requested revision is no longer available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The oldest available revision.
    pub(crate) oldest: u64,
}

impl Store {
    /// Creates a store. It starts with a revision above 0, since clients treat version 0 as "any".
    pub(crate) fn new(limits: Limits) -> Self {
        Store { revision: 1, spaces: HashMap::new(), limits }
    }

    /// Returns an independent copy with other limits of the history.
    pub(crate) fn fork(&self, limits: Limits) -> Self {
        let spaces = self.spaces.iter().map(|(name, space)| (name.clone(), space.fork())).collect();
        Store { revision: self.revision, spaces, limits }
    }

    /// Returns the revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    fn space(&mut self, space: &str) -> &mut Space {
        let revision = self.revision;
        self.spaces.entry(space.to_owned()).or_insert_with(|| Space {
            entries: BTreeMap::new(),
            history: History::new(revision),
            revisions: watch::Sender::new(revision),
            epoch: 0,
        })
    }

    /// Creates a space, whose history starts now.
    pub(crate) fn open(&mut self, space: &str) {
        self.space(space);
    }

    pub(crate) fn get(&self, space: &str, key: &Key) -> Option<&Entry> {
        self.spaces.get(space)?.entries.get(key)
    }

    /// Returns the names of spaces that contain values in a namespace.
    pub(crate) fn spaces_with(&self, namespace: &str) -> Vec<String> {
        let has = |space: &Space| space.entries.keys().any(|key| *key.namespace == *namespace);
        let mut names: Vec<String> =
            self.spaces.iter().filter(|(_, space)| has(space)).map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    pub(crate) fn space_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.spaces.keys().cloned().collect();
        names.sort();
        names
    }

    /// Writes a value, which `value` creates for its revision.
    pub(crate) fn put(&mut self, space: &str, key: Key, now: Duration, value: impl FnOnce(u64) -> Stored) -> Entry {
        self.open(space);
        self.revision += 1;
        let (revision, limits) = (self.revision, self.limits);
        let space = self.space(space);
        let entry = Entry { value: value(revision), revision };
        let before = space.entries.insert(key.clone(), entry.clone());
        let change = Change { revision, key, before, after: After::Present(entry.value.clone()) };
        space.history.push(change, now, limits);
        space.revisions.send_replace(revision);
        entry
    }

    /// Deletes a value; `last` creates its final state for the revision.
    pub(crate) fn delete(&mut self, space: &str, key: &Key, now: Duration, last: impl FnOnce(u64, &Stored) -> Stored) {
        if self.get(space, key).is_none() {
            return;
        }
        self.revision += 1;
        let (revision, limits) = (self.revision, self.limits);
        let space = self.space(space);
        let Some(before) = space.entries.remove(key) else { return };
        let after = After::Deleted(last(revision, &before.value));
        let change = Change { revision, key: key.clone(), before: Some(before), after };
        space.history.push(change, now, limits);
        space.revisions.send_replace(revision);
    }

    /// Returns the values in a namespace, or in all, in the order of their keys, at a revision. `from` is the first
    /// key: a name within a namespace, otherwise `namespace/name`.
    pub(crate) fn range(
        &self,
        space: &str,
        namespace: Option<&str>,
        from: Option<&str>,
        at: Option<u64>,
    ) -> Result<Vec<(Key, Entry)>, Compacted> {
        let Some(space) = self.spaces.get(space) else { return Ok(Vec::new()) };
        let here = |key: &Key| match namespace {
            Some(namespace) => *key.namespace == *namespace && from.is_none_or(|from| *key.name >= *from),
            None => from.is_none_or(|from| key.bytes().ge(from.bytes())),
        };
        let Some(at) = at.filter(|at| *at < self.revision) else {
            let found = space.entries.iter().filter(|(key, _)| here(key));
            return Ok(found.map(|(key, entry)| (key.clone(), entry.clone())).collect());
        };
        let past = space.history.entries_at(&space.entries, at)?;
        Ok(past.into_iter().filter(|(key, _)| here(key)).collect())
    }

    /// Returns the current values in all namespaces.
    pub(crate) fn entries(&self, space: &str) -> impl Iterator<Item = (&Key, &Entry)> {
        self.spaces.get(space).into_iter().flat_map(|space| space.entries.iter())
    }

    /// Returns the values with a deletion timestamp.
    pub(crate) fn deleting(&self, space: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.spaces.get(space).into_iter().flat_map(|space| space.entries.values());
        entries.filter(|entry| entry.value.deleting)
    }

    /// Returns the current number of values in a namespace or in all.
    pub(crate) fn count(&self, space: &str, namespace: Option<&str>) -> usize {
        let Some(space) = self.spaces.get(space) else { return 0 };
        space.entries.keys().filter(|key| namespace.is_none_or(|namespace| *key.namespace == *namespace)).count()
    }

    /// Returns at max `max` changes after a revision.
    pub(crate) fn changes_after(&self, space: &str, revision: u64, max: usize) -> Result<Vec<Change>, Compacted> {
        let Some(space) = self.spaces.get(space) else { return Ok(Vec::new()) };
        space.history.after(revision, max)
    }

    /// Returns the revision of the last write to a space.
    pub(crate) fn last(&self, space: &str) -> u64 {
        self.spaces.get(space).map_or(0, |space| *space.revisions.borrow())
    }

    /// Subscribes to the revisions of a space.
    pub(crate) fn revisions(&mut self, space: &str) -> watch::Receiver<u64> {
        self.space(space).revisions.subscribe()
    }

    /// Returns a number that changes when watches of a space must end.
    pub(crate) fn epoch(&self, space: &str) -> u64 {
        self.spaces.get(space).map_or(0, |space| space.epoch)
    }

    /// Ends all watches of a space.
    pub(crate) fn close_watches(&mut self, space: &str) {
        let space = self.space(space);
        space.epoch += 1;
        space.revisions.send_modify(|_| {});
    }

    /// Discards the history of a space.
    pub(crate) fn compact(&mut self, space: &str) {
        let revision = self.revision;
        self.space(space).history = History::new(revision);
    }

    /// Removes a space and ends its watches.
    pub(crate) fn drop_space(&mut self, space: &str) {
        self.close_watches(space);
        self.spaces.remove(space);
    }
}
