//! The entries of a mapping that is being read.

use std::collections::{HashMap, HashSet};

use super::error::{Failure, failure};
use super::{Key, Node, YamlError};

/// What becomes of a key that a mapping contains twice.
pub(super) enum Duplicates {
    /// It is an error.
    Refused,
    /// The last one counts; all but the first are collected.
    Last(Vec<Key>),
}

/// The entries of a mapping that is being read. Small mappings are searched; large ones have an index.
#[derive(Default)]
pub(super) struct Entries {
    entries: Vec<(Key, Node)>,
    index: HashMap<String, usize>,
    /// The entries that come from a merge key, which the mapping itself may repeat.
    merged: HashSet<usize>,
}

impl Entries {
    const SMALL: usize = 32;

    /// The place of a key; notes it as the next one if it is new.
    fn find(&mut self, name: &str) -> Option<usize> {
        if self.entries.len() < Self::SMALL {
            return self.entries.iter().position(|(key, _)| key.name == name);
        }
        if self.index.is_empty() {
            self.index.extend(self.entries.iter().enumerate().map(|(place, (key, _))| (key.name.clone(), place)));
        }
        let found = self.index.get(name).copied();
        if found.is_none() {
            self.index.insert(name.to_owned(), self.entries.len());
        }
        found
    }

    /// Adds an entry, or replaces the one with this key.
    pub(super) fn set(&mut self, key: Key, value: Node, duplicates: &mut Duplicates) -> Result<(), Failure> {
        let Some(place) = self.find(&key.name) else {
            self.entries.push((key, value));
            return Ok(());
        };
        let is_merged = self.merged.remove(&place);
        match duplicates {
            Duplicates::Refused if !is_merged => {
                let first = self.entries[place].0.at;
                return Err(failure(key.at, YamlError::DuplicateKey { key: key.name, first }));
            }
            Duplicates::Refused => {}
            Duplicates::Last(repeated) => repeated.push(key.clone()),
        }
        self.entries[place] = (key, value);
        Ok(())
    }

    /// Adds the entries of a mapping under a merge key, which replace those before it.
    pub(super) fn merge(&mut self, entries: Vec<(Key, Node)>, duplicates: &mut Duplicates) {
        for (key, value) in entries {
            let place = self.find(&key.name);
            let place = place.unwrap_or(self.entries.len());
            self.merged.insert(place);
            if place == self.entries.len() {
                self.entries.push((key, value));
                continue;
            }
            if let Duplicates::Last(repeated) = duplicates {
                repeated.push(key.clone());
            }
            self.entries[place] = (key, value);
        }
    }

    pub(super) fn finish(self) -> Vec<(Key, Node)> {
        self.entries
    }
}
