//! The entries of a mapping under construction.

use std::collections::{HashMap, HashSet};

use super::error::{Failure, failure};
use super::{Key, Node, YamlError};

/// The handling of duplicate keys in a mapping.
pub(super) enum Duplicates {
    /// They are errors.
    Rejected,
    /// The last one is used; all except the first are collected.
    Last(Vec<Key>),
}

/// The entries of a mapping under construction. Small mappings are searched linearly; large ones have an index.
#[derive(Default)]
pub(super) struct Entries {
    entries: Vec<(Key, Node)>,
    index: HashMap<String, usize>,
    /// The indexes of entries from a merge key, which the mapping itself may override.
    merged: HashSet<usize>,
}

impl Entries {
    const SMALL: usize = 32;

    /// Returns the index of a key; adds a new key to the index map at the end.
    fn find(&mut self, name: &str) -> Option<usize> {
        if self.entries.len() < Self::SMALL {
            return self.entries.iter().position(|(key, _)| key.name == name);
        }
        if self.index.is_empty() {
            self.index.extend(self.entries.iter().enumerate().map(|(index, (key, _))| (key.name.clone(), index)));
        }
        let found = self.index.get(name).copied();
        if found.is_none() {
            self.index.insert(name.to_owned(), self.entries.len());
        }
        found
    }

    /// Adds an entry, or replaces the one with this key.
    pub(super) fn set(&mut self, key: Key, value: Node, duplicates: &mut Duplicates) -> Result<(), Failure> {
        let Some(index) = self.find(&key.name) else {
            self.entries.push((key, value));
            return Ok(());
        };
        let is_merged = self.merged.remove(&index);
        match duplicates {
            Duplicates::Rejected if !is_merged => {
                let first = self.entries[index].0.at;
                return Err(failure(key.at, YamlError::DuplicateKey { key: key.name, first }));
            }
            Duplicates::Rejected => {}
            Duplicates::Last(found) => found.push(key.clone()),
        }
        self.entries[index] = (key, value);
        Ok(())
    }

    /// Adds the entries of a mapping under a merge key, replacing existing ones.
    pub(super) fn merge(&mut self, entries: Vec<(Key, Node)>, duplicates: &mut Duplicates) {
        for (key, value) in entries {
            let index = self.find(&key.name);
            let index = index.unwrap_or(self.entries.len());
            self.merged.insert(index);
            if index == self.entries.len() {
                self.entries.push((key, value));
                continue;
            }
            if let Duplicates::Last(found) = duplicates {
                found.push(key.clone());
            }
            self.entries[index] = (key, value);
        }
    }

    pub(super) fn finish(self) -> Vec<(Key, Node)> {
        self.entries
    }
}
