//! A map that forgets the entry that was not used for the longest time.

use std::collections::{BTreeMap, HashMap};

/// The maximum number of entries.
///
/// Source: `maxLruCacheEntries` of `k8s.io/client-go/tools/record/events_cache.go`.
pub(super) const MAX_ENTRIES: usize = 4096;

/// A map with at most `capacity` entries.
#[derive(Debug)]
pub(super) struct Lru<V> {
    entries: HashMap<String, (V, u64)>,
    /// The keys in the order of their last use.
    order: BTreeMap<u64, String>,
    uses: u64,
    capacity: usize,
}

impl<V> Lru<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Lru { entries: HashMap::new(), order: BTreeMap::new(), uses: 0, capacity }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.uses += 1;
        let (value, used) = self.entries.get_mut(key)?;
        if let Some(key) = self.order.remove(used) {
            *used = self.uses;
            self.order.insert(self.uses, key);
        }
        Some(value)
    }

    pub(super) fn insert(&mut self, key: &str, value: V) {
        self.remove(key);
        if self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        self.order.insert(self.uses, key.to_owned());
        self.entries.insert(key.to_owned(), (value, self.uses));
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let (value, used) = self.entries.remove(key)?;
        self.order.remove(&used);
        Some(value)
    }

    /// Returns the value of a key; it is created if it does not exist.
    pub(super) fn get_or_insert_with(&mut self, key: &str, create: impl FnOnce() -> V) -> Option<&mut V> {
        if !self.entries.contains_key(key) {
            self.insert(key, create());
        }
        self.get_mut(key)
    }

    /// Returns the value of a key without using it.
    pub(super) fn peek(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|(value, _)| value)
    }

    /// Returns the keys, beginning with the one that was not used for the longest time.
    pub(super) fn keys(&self) -> Vec<String> {
        self.order.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_that_was_not_used_for_the_longest_time_is_forgotten() {
        let mut lru = Lru::new(2);
        lru.insert("a", 1);
        lru.insert("b", 2);
        assert_eq!(lru.get_mut("a"), Some(&mut 1));
        lru.insert("c", 3);
        assert_eq!(lru.keys(), ["a", "c"]);
        assert_eq!(lru.get_mut("b"), None);
        assert_eq!(lru.get_or_insert_with("a", || 5), Some(&mut 1));
        assert_eq!(lru.remove("a"), Some(1));
        lru.insert("d", 4);
        assert_eq!(lru.keys(), ["c", "d"]);
    }
}
