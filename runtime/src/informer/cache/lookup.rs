//! The published objects in hash tables, for lookups by name.
//!
//! A lookup in the persistent tries of a state reads several nodes, which are rarely in the caches of the processor when the
//! informer has many objects. A table needs one access. It has the objects of the published state at any time except during a
//! publication; lookups then read the published state instead, so that they never wait, and never return an object that is
//! older or newer than the published one.

use std::hash::BuildHasher;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use hashbrown::HashTable;
use kube::Resource;
use rapidhash::fast::RandomState;

use super::state::Objects;
use super::stored::Stored;
use crate::sync::{AtomicBool, RwLock};

/// The number of tables. A publication waits for lookups in the table that it modifies, which take some nanoseconds.
const TABLES: usize = 64;

/// A change of the objects that readers see.
pub(super) enum Published<K> {
    Applied(Stored<K>),
    Removed(Stored<K>),
    /// All objects were replaced.
    Replaced,
}

/// The tables do not have the objects of the published state at the moment.
pub(super) struct Publishing;

/// An object in a table.
struct Row<K> {
    /// The namespace, a slash and the name, so that a comparison does not read the object. Empty if the object is encoded,
    /// because it must be small and its decoding takes longer than the comparison, and if a part of the key contains a slash.
    key: Box<str>,
    stored: Stored<K>,
}

impl<K: Resource> Row<K> {
    fn new(stored: Stored<K>) -> Self {
        let (namespace, name) = stored.key();
        let is_separate = matches!(stored, Stored::Decoded(_)) && !namespace.contains('/') && !name.contains('/');
        let key = if is_separate { [namespace, "/", name].concat().into_boxed_str() } else { Box::default() };
        Row { key, stored }
    }

    fn key(&self) -> (&str, &str) {
        self.key.split_once('/').unwrap_or_else(|| self.stored.key())
    }

    fn is(&self, namespace: &str, name: &str) -> bool {
        if self.key.is_empty() {
            return self.stored.key() == (namespace, name);
        }
        let after = self.key.strip_prefix(namespace).and_then(|after| after.strip_prefix('/'));
        after == Some(name)
    }
}

/// The published objects by namespace and name.
pub(super) struct Lookup<K> {
    hasher: RandomState,
    publishing: AtomicBool,
    tables: Box<[RwLock<HashTable<Row<K>>>]>,
}

impl<K> Default for Lookup<K> {
    fn default() -> Self {
        Lookup {
            hasher: RandomState::new(),
            publishing: AtomicBool::new(false),
            tables: (0..TABLES).map(|_| RwLock::new(HashTable::new())).collect(),
        }
    }
}

impl<K: Resource> Lookup<K> {
    fn hash(&self, (namespace, name): (&str, &str)) -> u64 {
        // Faster than the hash of a tuple.
        self.hasher.hash_one(name) ^ self.hasher.hash_one(namespace).rotate_left(1)
    }

    fn table(&self, hash: u64) -> &RwLock<HashTable<Row<K>>> {
        // The tables themselves use the lowest and the highest bits.
        let number = usize::try_from((hash >> 32) % TABLES as u64);
        &self.tables[number.unwrap_or_default()]
    }

    /// Returns the published object of this name; the namespace is empty for cluster-scoped objects.
    pub(super) fn find(&self, namespace: &str, name: &str) -> Result<Option<Stored<K>>, Publishing> {
        let hash = self.hash((namespace, name));
        let table = self.table(hash).try_read().map_err(|_| Publishing)?;
        // While the table is locked, it does not change: what it contains was published if no publication is under way now.
        if self.publishing.load(Ordering::Acquire) {
            return Err(Publishing);
        }
        Ok(table.find(hash, |row| row.is(namespace, name)).map(|row| row.stored.clone()))
    }

    /// Makes changes visible to lookups together with the state that `publish` publishes.
    pub(super) fn update<T>(&self, changes: Vec<Published<K>>, objects: &Objects<K>, publish: impl FnOnce() -> T) -> T {
        if changes.is_empty() {
            return publish();
        }
        self.publishing.store(true, Ordering::Release);
        for change in changes {
            match change {
                Published::Applied(stored) => self.insert(stored),
                Published::Removed(stored) => self.remove(stored.key()),
                Published::Replaced => self.replace(objects),
            }
        }
        let published = publish();
        self.publishing.store(false, Ordering::Release);
        published
    }

    fn insert(&self, stored: Stored<K>) {
        let hash = self.hash(stored.key());
        let (namespace, name) = stored.key();
        let mut table = self.table(hash).write().unwrap_or_else(PoisonError::into_inner);
        match table.find_mut(hash, |row| row.is(namespace, name)) {
            Some(row) => row.stored = stored,
            None => drop(table.insert_unique(hash, Row::new(stored), |row| self.hash(row.key()))),
        }
    }

    fn remove(&self, key: (&str, &str)) {
        let hash = self.hash(key);
        let mut table = self.table(hash).write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(found) = table.find_entry(hash, |row| row.is(key.0, key.1)) {
            found.remove();
        }
    }

    fn replace(&self, objects: &Objects<K>) {
        let capacity = objects.len() / TABLES;
        for table in &self.tables {
            *table.write().unwrap_or_else(PoisonError::into_inner) = HashTable::with_capacity(capacity);
        }
        objects.iter().for_each(|cached| self.insert(cached.stored.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::ObjectMeta;
    use proptest::prelude::*;

    use crate::informer::cache::{Cache, Change, DeletedObject, Received};
    use crate::informer::event::ObjectKey;

    const NAMESPACES: [&str; 4] = ["", "a", "a/b", "b"];
    const NAMES: [&str; 5] = ["a", "b", "b/c", "c", "c-2"];

    fn map(namespace: &str, name: &str, version: usize) -> ConfigMap {
        let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
        let resource_version = Some(version.to_string());
        let metadata = ObjectMeta { namespace, name: Some(name.to_owned()), resource_version, ..ObjectMeta::default() };
        ConfigMap { metadata, ..ConfigMap::default() }
    }

    fn change(namespace: &str, name: &str, version: usize, exists: bool) -> Change<ConfigMap> {
        let map = map(namespace, name, version);
        if exists {
            return Change::Applied(Received::new(map, 0));
        }
        Change::Deleted(DeletedObject { key: ObjectKey::of(&map), uid: None, version: None, object: None })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lookups_find_the_objects_of_the_published_state(
            steps in prop::collection::vec((0..NAMESPACES.len(), 0..NAMES.len(), any::<bool>(), 0..8_u8), 0..200),
        ) {
            shuttle::check_random(move || {
                let cache = Cache::new(&[None]);
                cache.replace(0, cache.begin_list(), "1".parse().ok(), false);
                for (version, (namespace, name, exists, kind)) in steps.iter().enumerate() {
                    let change = change(NAMESPACES[*namespace], NAMES[*name], version + 2, *exists);
                    if *kind == 0 {
                        let mut list = cache.begin_list();
                        list.apply(change);
                        cache.replace(0, list, (version + 2).to_string().parse().ok(), false);
                    } else {
                        cache.apply(0, vec![change]);
                    }
                    let snapshot = cache.snapshot();
                    for namespace in NAMESPACES {
                        for name in NAMES {
                            let expected = snapshot.get((!namespace.is_empty()).then_some(namespace), name);
                            let found = cache.find(namespace, name);
                            assert_eq!(found.as_ref().map(Arc::as_ptr), expected.map(Arc::as_ptr));
                        }
                    }
                }
            }, 1);
        }
    }
}
