//! What has happened in a space, for a while.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Compacted, Entry, Key, Stored};

/// How much history is kept.
///
/// Source: `apiserver/pkg/storage/cacher/watch_cache.go`: 75 s, from 100 to 102,400 events of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Younger changes are kept, up to `most`.
    pub(crate) window: Duration,
    /// So many changes are kept, however old.
    pub(crate) least: usize,
    /// No more changes than this are kept.
    pub(crate) most: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { window: Duration::from_secs(75), least: 100, most: 102_400 }
    }
}

/// A value that came, changed or went.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    /// What was there.
    pub(crate) before: Option<Entry>,
    /// What is there, or what is told of what went.
    pub(crate) after: After,
}

/// What a change leaves.
#[derive(Clone, Debug)]
pub(crate) enum After {
    /// A value.
    There(Stored),
    /// Nothing; this is the last that is told of it.
    Gone(Stored),
}

#[derive(Clone)]
pub(super) struct History {
    changes: VecDeque<(Duration, Change)>,
    /// Everything after this revision is known.
    since: u64,
}

impl History {
    pub(super) fn new(since: u64) -> Self {
        History { changes: VecDeque::new(), since }
    }

    pub(super) fn push(&mut self, change: Change, now: Duration, limits: Limits) {
        self.changes.push_back((now, change));
        while self.changes.len() > limits.most
            || (self.changes.len() > limits.least
                && self.changes.front().is_some_and(|(at, _)| now.saturating_sub(*at) > limits.window))
        {
            if let Some((_, gone)) = self.changes.pop_front() {
                self.since = gone.revision;
            }
        }
    }

    fn known(&self, revision: u64) -> Result<(), Compacted> {
        if revision < self.since { Err(Compacted { oldest: self.since }) } else { Ok(()) }
    }

    pub(super) fn after(&self, revision: u64, most: usize) -> Result<Vec<Change>, Compacted> {
        self.known(revision)?;
        let first = self.changes.partition_point(|(_, change)| change.revision <= revision);
        Ok(self.changes.iter().skip(first).take(most).map(|(_, change)| change.clone()).collect())
    }

    /// The entries as they were at a revision.
    pub(super) fn undo(&self, entries: &BTreeMap<Key, Entry>, at: u64) -> Result<BTreeMap<Key, Entry>, Compacted> {
        self.known(at)?;
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
