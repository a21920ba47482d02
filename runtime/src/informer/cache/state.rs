//! What a cache holds at one moment.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::undecodable::Undecodable;
use kube::Resource;
use rapidhash::fast::RandomState;

use super::index::AnyIndex;
use super::trie::Trie;
use crate::informer::event::{ObjectKey, key};
use crate::informer::selector::{Must, Selector};
use crate::informer::version::ResourceVersion;

/// An object, and what is to be known of it without looking at it.
pub(crate) struct Slot<K> {
    pub(crate) object: Arc<K>,
    /// How long its JSON was.
    pub(crate) bytes: u32,
    /// Two bits for each label with its value: an object that lacks a selector's bits is not selected.
    labels: u64,
}

impl<K> Slot<K> {
    pub(crate) fn new(object: Arc<K>, bytes: u32) -> Self {
        Slot { object, bytes, labels: 0 }
    }
}

impl<K> Clone for Slot<K> {
    fn clone(&self) -> Self {
        Slot { object: Arc::clone(&self.object), bytes: self.bytes, labels: self.labels }
    }
}

/// The objects of one namespace; those of the cluster have an empty one.
pub(crate) struct Namespace<K> {
    pub(crate) name: Arc<str>,
    pub(crate) objects: Trie<Slot<K>>,
}

impl<K> Clone for Namespace<K> {
    fn clone(&self) -> Self {
        Namespace { name: Arc::clone(&self.name), objects: self.objects.clone() }
    }
}

/// Objects by namespace and name. A copy costs a few pointers.
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
    /// No objects. What is to be put together must have the same hasher.
    pub(crate) fn new(hasher: RandomState) -> Self {
        Objects { hasher, namespaces: Trie::default(), len: 0, bytes: 0 }
    }

    pub(crate) fn hasher(&self) -> RandomState {
        self.hasher
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How long the JSON of all objects was.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    pub(crate) fn namespace(&self, namespace: &str) -> Option<&Namespace<K>> {
        self.namespaces.get(self.hash(namespace), |other| *other.name == *namespace)
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Slot<K>> {
        self.namespace(namespace)?.objects.get(self.hash(name), |slot| key(&*slot.object).1 == name)
    }

    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &Namespace<K>> {
        self.namespaces.iter()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<K>> {
        self.namespaces().flat_map(|namespace| namespace.objects.iter())
    }

    /// Objects that a selector may select, of a namespace or of all: a few too many, and none too few.
    pub(crate) fn candidates<'s>(
        &'s self,
        namespace: Option<&str>,
        selector: &Selector,
    ) -> impl Iterator<Item = &'s Arc<K>> + use<'s, K> {
        let wanted = selector.requirements().iter().fold(0, |bits, requirement| {
            bits | match &requirement.must {
                Must::Equal(value) => self.bits(&requirement.label, value),
                _ => 0,
            }
        });
        let all = namespace.is_none().then(|| self.iter());
        let here = namespace.and_then(|namespace| self.namespace(namespace));
        let slots = all.into_iter().flatten().chain(here.into_iter().flat_map(|here| here.objects.iter()));
        slots.filter(move |slot| slot.labels & wanted == wanted).map(|slot| &slot.object)
    }

    /// The two bits of a label with its value.
    fn bits(&self, label: &str, value: &str) -> u64 {
        let hash = self.hasher.hash_one((label, value));
        1 << (hash & 63) | 1 << ((hash >> 6) & 63)
    }

    pub(crate) fn put(&mut self, mut slot: Slot<K>) -> Option<Slot<K>> {
        let object = Arc::clone(&slot.object);
        let (namespace, name) = key(&*object);
        let labels = object.meta().labels.iter().flatten();
        slot.labels = labels.fold(0, |bits, (label, value)| bits | self.bits(label, value));
        let (place, hash) = (self.hash(namespace), self.hash(name));
        let bytes = u64::from(slot.bytes);
        let same = |slot: &Slot<K>| key(&*slot.object).1 == name;
        let old = if let Some(found) = self.namespaces.get_mut(place, |other| *other.name == *namespace) {
            found.objects.insert(hash, slot, same)
        } else {
            let mut objects = Trie::default();
            objects.insert(hash, slot, same);
            self.namespaces.insert(place, Namespace { name: namespace.into(), objects }, |_| false);
            None
        };
        self.bytes = self.bytes + bytes - old.as_ref().map_or(0, |old| u64::from(old.bytes));
        self.len += usize::from(old.is_none());
        old
    }

    pub(crate) fn take(&mut self, namespace: &str, name: &str) -> Option<Slot<K>> {
        let (place, hash) = (self.hash(namespace), self.hash(name));
        self.get(namespace, name)?;
        let found = self.namespaces.get_mut(place, |other| *other.name == *namespace)?;
        let old = found.objects.remove(hash, |slot| key(&*slot.object).1 == name)?;
        if found.objects.len() == 0 {
            self.namespaces.remove(place, |other| *other.name == *namespace);
        }
        self.bytes -= u64::from(old.bytes);
        self.len -= 1;
        Some(old)
    }
}

/// All that readers see at one moment.
pub(crate) struct State<K> {
    pub(crate) objects: Objects<K>,
    pub(crate) indexes: Vec<Box<dyn AnyIndex<K>>>,
    /// Labels that have an index, and which.
    pub(crate) labels: Vec<(Arc<str>, u64)>,
    pub(crate) undecodable: Arc<BTreeMap<ObjectKey, Undecodable>>,
    /// How far the cache has come; `None` before the first list.
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
            version: self.version.clone(),
            synced: self.synced,
        }
    }
}

impl<K: Resource> State<K> {
    pub(crate) fn new() -> Self {
        State {
            objects: Objects::new(RandomState::new()),
            indexes: Vec::new(),
            labels: Vec::new(),
            undecodable: Arc::default(),
            version: None,
            synced: false,
        }
    }

    pub(crate) fn put(&mut self, slot: Slot<K>) -> Option<Slot<K>> {
        let object = Arc::clone(&slot.object);
        let old = self.objects.put(slot);
        for index in &mut self.indexes {
            if let Some(old) = &old {
                index.remove(&old.object);
            }
            index.insert(&object);
        }
        old
    }

    pub(crate) fn take(&mut self, namespace: &str, name: &str) -> Option<Slot<K>> {
        let old = self.objects.take(namespace, name)?;
        for index in &mut self.indexes {
            index.remove(&old.object);
        }
        Some(old)
    }

    /// Adds an index of all that is there.
    pub(crate) fn add_index(&mut self, mut index: Box<dyn AnyIndex<K>>) {
        self.objects.iter().for_each(|slot| index.insert(&slot.object));
        self.indexes.push(index);
    }

    /// Takes other objects, all of them.
    pub(crate) fn replace(&mut self, objects: Objects<K>) {
        self.objects = objects;
        for index in &mut self.indexes {
            let mut anew = index.emptied();
            self.objects.iter().for_each(|slot| anew.insert(&slot.object));
            *index = anew;
        }
    }
}
