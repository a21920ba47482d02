//! The contents of a cache.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::undecodable::Undecodable;
use kube::Resource;
use rapidhash::fast::RandomState;

use super::index::AnyIndex;
use super::labels::LabelFilter;
use super::stored::{CachedObject, Stored};
use super::trie::Trie;
use crate::informer::event::ObjectKey;
use crate::informer::version::ResourceVersion;
use crate::selector::Selector;

/// The objects in one namespace; the name is empty for cluster-scoped objects.
pub(crate) struct Namespace<K> {
    pub(crate) name: Arc<str>,
    pub(crate) objects: Trie<CachedObject<K>>,
}

impl<K> Clone for Namespace<K> {
    fn clone(&self) -> Self {
        Namespace { name: Arc::clone(&self.name), objects: self.objects.clone() }
    }
}

/// Objects by namespace and name. A clone copies a few pointers.
pub(crate) struct Objects<K> {
    hasher: RandomState,
    namespaces: Trie<Namespace<K>>,
    len: usize,
    bytes: u64,
}

impl<K> Clone for Objects<K> {
    fn clone(&self) -> Self {
        Objects { hasher: self.hasher, namespaces: self.namespaces.clone(), len: self.len, bytes: self.bytes }
    }
}

impl<K: Resource> Objects<K> {
    /// Creates an empty map. Maps whose entries are combined must have the same hasher.
    pub(crate) fn new(hasher: RandomState) -> Self {
        Objects { hasher, namespaces: Trie::default(), len: 0, bytes: 0 }
    }

    pub(crate) fn hasher(&self) -> RandomState {
        self.hasher
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the size of the JSON of all objects.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    pub(crate) fn namespace(&self, namespace: &str) -> Option<&Namespace<K>> {
        self.namespaces.get(self.hash(namespace), |other| *other.name == *namespace)
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&CachedObject<K>> {
        self.namespace(namespace)?.objects.get(self.hash(name), |cached| cached.stored.name() == name)
    }

    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &Namespace<K>> {
        self.namespaces.iter()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CachedObject<K>> {
        self.namespaces().flat_map(|namespace| namespace.objects.iter())
    }

    /// Returns a superset of the objects that match a selector, in one namespace or in all.
    pub(crate) fn candidates<'s>(
        &'s self,
        namespace: Option<&str>,
        selector: &Selector,
    ) -> impl Iterator<Item = &'s Stored<K>> + use<'s, K> {
        let filter = LabelFilter::of(selector);
        let all = namespace.is_none().then(|| self.iter());
        let one = namespace.and_then(|namespace| self.namespace(namespace));
        let objects = all.into_iter().flatten().chain(one.into_iter().flat_map(|one| one.objects.iter()));
        objects.filter(move |cached| filter.admits(cached.labels)).map(|cached| &cached.stored)
    }

    pub(crate) fn insert(&mut self, cached: CachedObject<K>) -> Option<CachedObject<K>> {
        let stored = cached.stored.clone();
        let (namespace, name) = stored.key();
        let (namespace_hash, hash) = (self.hash(namespace), self.hash(name));
        let bytes = u64::from(cached.bytes);
        let same = |cached: &CachedObject<K>| cached.stored.name() == name;
        let old = if let Some(found) = self.namespaces.get_mut(namespace_hash, |other| *other.name == *namespace) {
            found.objects.insert(hash, cached, same)
        } else {
            let mut objects = Trie::default();
            objects.insert(hash, cached, same);
            self.namespaces.insert(namespace_hash, Namespace { name: namespace.into(), objects }, |_| false);
            None
        };
        self.bytes = self.bytes + bytes - old.as_ref().map_or(0, |old| u64::from(old.bytes));
        self.len += usize::from(old.is_none());
        old
    }

    pub(crate) fn remove(&mut self, namespace: &str, name: &str) -> Option<CachedObject<K>> {
        let (namespace_hash, hash) = (self.hash(namespace), self.hash(name));
        self.get(namespace, name)?;
        let found = self.namespaces.get_mut(namespace_hash, |other| *other.name == *namespace)?;
        let old = found.objects.remove(hash, |cached| cached.stored.name() == name)?;
        if found.objects.len() == 0 {
            self.namespaces.remove(namespace_hash, |other| *other.name == *namespace);
        }
        self.bytes -= u64::from(old.bytes);
        self.len -= 1;
        Some(old)
    }
}

/// The progress of a separately watched namespace; `None` is the whole cluster.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) namespace: Option<Arc<str>>,
    /// Whether the first list is complete.
    pub(crate) synced: bool,
    /// The version up to which the objects in the namespace are complete.
    pub(crate) version: Option<ResourceVersion>,
}

impl Scope {
    /// Returns whether the scope contains the objects in a namespace.
    pub(crate) fn covers(&self, namespace: Option<&str>) -> bool {
        self.namespace.is_none() || self.namespace.as_deref() == namespace
    }
}

/// The state that readers see.
pub(crate) struct State<K> {
    pub(crate) objects: Objects<K>,
    pub(crate) indexes: Vec<Box<dyn AnyIndex<K>>>,
    /// The indexed labels and the ids of their indexes.
    pub(crate) labels: Vec<(Arc<str>, u64)>,
    pub(crate) undecodable: Arc<BTreeMap<ObjectKey, Undecodable>>,
    pub(crate) scopes: Vec<Scope>,
    /// The version up to which the cache is complete; `None` before the first list.
    pub(crate) version: Option<ResourceVersion>,
    pub(crate) synced: bool,
}

impl<K> Clone for State<K> {
    fn clone(&self) -> Self {
        State {
            objects: self.objects.clone(),
            indexes: self.indexes.iter().map(|index| index.boxed()).collect(),
            labels: self.labels.clone(),
            undecodable: Arc::clone(&self.undecodable),
            scopes: self.scopes.clone(),
            version: self.version.clone(),
            synced: self.synced,
        }
    }
}

impl<K: Resource> State<K> {
    /// Returns the scopes that contain objects in a namespace; without a namespace, all scopes.
    pub(crate) fn scopes_of(&self, namespace: Option<&str>) -> Vec<usize> {
        let scopes = self.scopes.iter().enumerate();
        let covering = scopes.filter(|(_, scope)| namespace.is_none() || scope.covers(namespace));
        covering.map(|(index, _)| index).collect()
    }

    pub(crate) fn new(namespaces: &[Option<String>]) -> Self {
        let scope = |namespace: &Option<String>| Scope {
            namespace: namespace.as_deref().map(Arc::from),
            synced: false,
            version: None,
        };
        State {
            objects: Objects::new(RandomState::new()),
            indexes: Vec::new(),
            labels: Vec::new(),
            undecodable: Arc::default(),
            scopes: namespaces.iter().map(scope).collect(),
            version: None,
            synced: false,
        }
    }

    pub(crate) fn insert(&mut self, cached: CachedObject<K>) -> Option<CachedObject<K>> {
        let stored = cached.stored.clone();
        let old = self.objects.insert(cached);
        if self.indexes.is_empty() {
            return old;
        }
        let before = old.as_ref().and_then(|old| Some((&old.stored, old.stored.read()?)));
        let now = stored.read();
        for index in &mut self.indexes {
            if let Some((stored, object)) = &before {
                index.remove(stored, object);
            }
            if let Some(object) = &now {
                index.insert(&stored, object);
            }
        }
        old
    }

    pub(crate) fn remove(&mut self, namespace: &str, name: &str) -> Option<CachedObject<K>> {
        let old = self.objects.remove(namespace, name)?;
        if !self.indexes.is_empty()
            && let Some(object) = old.stored.read()
        {
            self.indexes.iter_mut().for_each(|index| index.remove(&old.stored, &object));
        }
        Some(old)
    }

    /// Adds an index and fills it.
    pub(crate) fn add_index(&mut self, mut index: Box<dyn AnyIndex<K>>) {
        fill(std::slice::from_mut(&mut index), &self.objects);
        self.indexes.push(index);
    }

    /// Replaces all objects.
    pub(crate) fn replace(&mut self, objects: Objects<K>) {
        self.objects = objects;
        self.indexes.iter_mut().for_each(|index| *index = index.emptied());
        fill(&mut self.indexes, &self.objects);
    }
}

/// Inserts all objects into empty indexes.
fn fill<K: Resource>(indexes: &mut [Box<dyn AnyIndex<K>>], objects: &Objects<K>) {
    if indexes.is_empty() {
        return;
    }
    for cached in objects.iter() {
        if let Some(object) = cached.stored.read_once() {
            indexes.iter_mut().for_each(|index| index.insert(&cached.stored, &object));
        }
    }
}
