//! Versions, history, and watches from a version: etcd's semantics, and nothing of Kubernetes'.
//!
//! All spaces share one counter of revisions. What has happened is kept for a while, so that a reader can look at a space as
//! it was, and a watcher can go on from where it was. Watchers hold a place in the history and are never waited for.

mod history;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use history::History;
pub(crate) use history::{After, Change, Limits};
use tokio::sync::watch;

/// A key: the namespace, empty for what belongs to the cluster, and the name. Keys are in the order of etcd: that of
/// `namespace/name`, byte by byte, in which `team-a/x` comes before `team/x`.
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

/// What is stored: JSON, and what the writer notes about it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) json: Bytes,
    /// By what definition of the kind it was written.
    pub(crate) mark: u64,
    /// Whether it is on its way out.
    pub(crate) deleting: bool,
}

/// A value and the revision that it was written at.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Stored,
    pub(crate) revision: u64,
}

/// The values of one kind.
struct Space {
    entries: BTreeMap<Key, Entry>,
    history: History,
    /// The revision up to which watchers may look; changes with each write to the space.
    news: watch::Sender<u64>,
    /// Changes when watchers must go, whatever they have seen.
    era: u64,
}

impl Space {
    fn fork(&self) -> Self {
        Space {
            entries: self.entries.clone(),
            history: self.history.clone(),
            news: watch::Sender::new(*self.news.borrow()),
            era: self.era,
        }
    }
}

/// All values.
pub(crate) struct Store {
    revision: u64,
    spaces: HashMap<String, Space>,
    pub(crate) limits: Limits,
}

/// The revision that was asked for is not kept any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The oldest that is.
    pub(crate) oldest: u64,
}

impl Store {
    /// A store that has been written to a few times, as a cluster's has when the first user comes.
    pub(crate) fn new(limits: Limits) -> Self {
        Store { revision: 1, spaces: HashMap::new(), limits }
    }

    /// A store of its own that holds what this one holds, and keeps as much of what will happen as it is told.
    pub(crate) fn fork(&self, limits: Limits) -> Self {
        let spaces = self.spaces.iter().map(|(name, space)| (name.clone(), space.fork())).collect();
        Store { revision: self.revision, spaces, limits }
    }

    /// The revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    fn space(&mut self, space: &str) -> &mut Space {
        let revision = self.revision;
        self.spaces.entry(space.to_owned()).or_insert_with(|| Space {
            entries: BTreeMap::new(),
            history: History::new(revision),
            news: watch::Sender::new(revision),
            era: 0,
        })
    }

    /// Makes a space; from now on what happens in it is known.
    pub(crate) fn open(&mut self, space: &str) {
        self.space(space);
    }

    pub(crate) fn get(&self, space: &str, key: &Key) -> Option<&Entry> {
        self.spaces.get(space)?.entries.get(key)
    }

    /// Whether there is anything of a namespace in any space.
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

    /// Writes a value; `value` makes it for the revision that it gets.
    pub(crate) fn put(&mut self, space: &str, key: Key, now: Duration, value: impl FnOnce(u64) -> Stored) -> Entry {
        self.open(space);
        self.revision += 1;
        let (revision, limits) = (self.revision, self.limits);
        let space = self.space(space);
        let entry = Entry { value: value(revision), revision };
        let before = space.entries.insert(key.clone(), entry.clone());
        let change = Change { revision, key, before, after: After::There(entry.value.clone()) };
        space.history.push(change, now, limits);
        space.news.send_replace(revision);
        entry
    }

    /// Removes a value; `last` makes what it was at the end.
    pub(crate) fn delete(&mut self, space: &str, key: &Key, now: Duration, last: impl FnOnce(u64, &Stored) -> Stored) {
        if self.get(space, key).is_none() {
            return;
        }
        self.revision += 1;
        let (revision, limits) = (self.revision, self.limits);
        let space = self.space(space);
        let Some(before) = space.entries.remove(key) else { return };
        let after = After::Gone(last(revision, &before.value));
        let change = Change { revision, key: key.clone(), before: Some(before), after };
        space.history.push(change, now, limits);
        space.news.send_replace(revision);
    }

    /// The values of a namespace, or of all, in the order of their keys, as they were at a revision, beginning with a key: of a
    /// namespace, a name; of all, `namespace/name`.
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
        let past = space.history.undo(&space.entries, at)?;
        Ok(past.into_iter().filter(|(key, _)| here(key)).collect())
    }

    /// The values of all namespaces as they are now.
    pub(crate) fn entries(&self, space: &str) -> impl Iterator<Item = (&Key, &Entry)> {
        self.spaces.get(space).into_iter().flat_map(|space| space.entries.iter())
    }

    /// Values that are on their way out.
    pub(crate) fn deleting(&self, space: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.spaces.get(space).into_iter().flat_map(|space| space.entries.values());
        entries.filter(|entry| entry.value.deleting)
    }

    /// How many values a namespace, or all of them, have now.
    pub(crate) fn count(&self, space: &str, namespace: Option<&str>) -> usize {
        let Some(space) = self.spaces.get(space) else { return 0 };
        space.entries.keys().filter(|key| namespace.is_none_or(|namespace| *key.namespace == *namespace)).count()
    }

    /// What has happened after a revision, at most so many changes.
    pub(crate) fn changes_after(&self, space: &str, revision: u64, most: usize) -> Result<Vec<Change>, Compacted> {
        let Some(space) = self.spaces.get(space) else { return Ok(Vec::new()) };
        space.history.after(revision, most)
    }

    /// The revision of the last write to a space.
    pub(crate) fn last(&self, space: &str) -> u64 {
        self.spaces.get(space).map_or(0, |space| *space.news.borrow())
    }

    /// Tells of news in a space.
    pub(crate) fn news(&mut self, space: &str) -> watch::Receiver<u64> {
        self.space(space).news.subscribe()
    }

    /// A number that changes when watchers of a space must go.
    pub(crate) fn era(&self, space: &str) -> u64 {
        self.spaces.get(space).map_or(0, |space| space.era)
    }

    /// Ends all watches of a space.
    pub(crate) fn cut(&mut self, space: &str) {
        let space = self.space(space);
        space.era += 1;
        space.news.send_modify(|_| {});
    }

    /// Forgets what has happened up to now.
    pub(crate) fn compact(&mut self, space: &str) {
        let revision = self.revision;
        self.space(space).history = History::new(revision);
    }

    /// Forgets a space, and ends its watches.
    pub(crate) fn drop_space(&mut self, space: &str) {
        self.cut(space);
        self.spaces.remove(space);
    }
}
