//! The watch history of a space.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Compacted, Entry, Key, Stored};

/// Limits of the watch history.
///
/// Source: `apiserver/pkg/storage/cacher/watch_cache.go`: 75 s, from 100 to 102,400 events of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Newer changes are kept, up to `max`.
    pub(crate) window: Duration,
    /// The latest changes that are kept regardless of their age.
    pub(crate) min: usize,
    /// The maximum number of changes.
    pub(crate) max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { window: Duration::from_secs(75), min: 100, max: 102_400 }
    }
}

/// A change of a value: an entry was added, modified or deleted.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    /// The previous entry, if any.
    pub(crate) before: Option<Entry>,
    /// The new or last value.
    pub(crate) after: After,
}

/// The state after a change.
#[derive(Clone, Debug)]
pub(crate) enum After {
    /// The value exists.
    Present(Stored),
    /// The value was deleted; this is its last state.
    Deleted(Stored),
}

#[derive(Clone)]
pub(super) struct History {
    changes: VecDeque<(Duration, Change)>,
    /// All changes after this revision are available.
    since: u64,
}

impl History {
    pub(super) fn new(since: u64) -> Self {
        History { changes: VecDeque::new(), since }
    }

    pub(super) fn push(&mut self, change: Change, now: Duration, limits: Limits) {
        self.changes.push_back((now, change));
        while self.changes.len() > limits.max
            || (self.changes.len() > limits.min
                && self.changes.front().is_some_and(|(at, _)| now.saturating_sub(*at) > limits.window))
        {
            if let Some((_, dropped)) = self.changes.pop_front() {
                self.since = dropped.revision;
            }
        }
    }

    fn check_available(&self, revision: u64) -> Result<(), Compacted> {
        if revision < self.since { Err(Compacted { oldest: self.since }) } else { Ok(()) }
    }

    pub(super) fn after(&self, revision: u64, max: usize) -> Result<Vec<Change>, Compacted> {
        self.check_available(revision)?;
        let first = self.changes.partition_point(|(_, change)| change.revision <= revision);
        Ok(self.changes.iter().skip(first).take(max).map(|(_, change)| change.clone()).collect())
    }

    /// Returns the entries at a past revision.
    pub(super) fn entries_at(
        &self,
        entries: &BTreeMap<Key, Entry>,
        at: u64,
    ) -> Result<BTreeMap<Key, Entry>, Compacted> {
        self.check_available(at)?;
        let mut past = entries.clone();
        for (_, change) in self.changes.iter().rev().take_while(|(_, change)| change.revision > at) {
            match &change.before {
                Some(before) => past.insert(change.key.clone(), before.clone()),
                None => past.remove(&change.key),
            };
        }
        Ok(past)
    }
}
