//! A consistent view of a cache.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use kube::Resource;

use super::index::{Index, IndexValue, Postings};
use super::state::State;
use crate::informer::event::ObjectKey;
use crate::informer::selector::{Must, Selector};
use crate::informer::version::ResourceVersion;
use crate::undecodable::Undecodable;

/// All objects of a cache at one moment: however much is read from it, and however long, it stays the same, and nobody
/// waits for it. Making one costs a reference count; it keeps alive what it sees.
pub struct Snapshot<K> {
    state: Arc<State<K>>,
}

impl<K> Clone for Snapshot<K> {
    fn clone(&self) -> Self {
        Snapshot { state: Arc::clone(&self.state) }
    }
}

impl<K: Resource + Send + Sync + 'static> Snapshot<K> {
    pub(super) fn new(state: Arc<State<K>>) -> Self {
        Snapshot { state }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.state.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object of this name; the namespace is `None` for kinds that belong to the cluster.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&Arc<K>> {
        self.state.object(namespace.unwrap_or_default(), name)
    }

    /// All objects, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<K>> {
        self.state.objects.iter().map(|slot| &slot.object)
    }

    /// The objects of a namespace, in no order.
    pub fn namespace(&self, namespace: &str) -> impl Iterator<Item = &Arc<K>> {
        self.state.in_namespace(namespace)
    }

    /// The namespaces that have objects, in no order.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.state.objects.namespaces().map(|namespace| &*namespace.name).filter(|name| !name.is_empty())
    }

    /// The objects that a selector selects, in no order. A label index is used where one fits.
    pub fn select<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s Arc<K>> + use<'s, K> {
        self.state.select(selector)
    }

    /// The objects that an index has for a value, in no order; none for the index of another informer.
    pub fn by_index<V, Q>(&self, index: Index<K, V>, value: &Q) -> impl Iterator<Item = &Arc<K>>
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.state.postings(index).into_iter().flat_map(|postings| postings.get(value))
    }

    /// How many objects an index has for a value.
    pub fn index_count<V, Q>(&self, index: Index<K, V>, value: &Q) -> usize
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.state.postings(index).map_or(0, |postings| postings.count(value))
    }

    /// All values that an index has objects for, in no order.
    pub fn index_values<V: IndexValue>(&self, index: Index<K, V>) -> impl Iterator<Item = &V> {
        self.state.postings(index).into_iter().flat_map(Postings::values)
    }

    /// Objects that do not fit their type, as the API server sent them. One that could be read before is also there as it
    /// was then.
    pub fn undecodable(&self) -> &BTreeMap<ObjectKey, Undecodable> {
        &self.state.undecodable
    }

    /// The version up to which this is complete; `None` before the first list.
    pub fn resource_version(&self) -> Option<&ResourceVersion> {
        self.state.version.as_ref()
    }

    /// Whether the first list has come.
    pub fn has_synced(&self) -> bool {
        self.state.synced
    }

    /// How long the JSON of all objects was, in bytes.
    pub fn json_bytes(&self) -> u64 {
        self.state.objects.bytes()
    }
}

impl<K: Resource + Send + Sync + 'static> State<K> {
    pub(crate) fn object(&self, namespace: &str, name: &str) -> Option<&Arc<K>> {
        self.objects.get(namespace, name).map(|slot| &slot.object)
    }

    pub(crate) fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &Arc<K>> {
        let found = self.objects.namespace(namespace);
        found.into_iter().flat_map(|namespace| namespace.objects.iter()).map(|slot| &slot.object)
    }

    pub(crate) fn postings<V: IndexValue>(&self, index: Index<K, V>) -> Option<&Postings<K, V>> {
        self.indexes.iter().find(|other| other.id() == index.id)?.as_any().downcast_ref()
    }

    pub(crate) fn select<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s Arc<K>> + use<'s, K> {
        let indexed = self.by_label(selector);
        let all = indexed.is_none().then(|| self.objects.candidates(None, selector));
        let found = indexed.into_iter().flatten().chain(all.into_iter().flatten());
        found.filter(move |object| selector.selects(&***object))
    }

    /// Where a part of the selector asks for values of a label that has an index: the objects that have one of them.
    fn by_label<'s>(&'s self, selector: &'s Selector) -> Option<impl Iterator<Item = &'s Arc<K>> + use<'s, K>> {
        if self.labels.is_empty() {
            return None;
        }
        let of = |label: &str| {
            let (_, id) = self.labels.iter().find(|(indexed, _)| **indexed == *label)?;
            let index = self.indexes.iter().find(|index| index.id() == *id)?;
            index.as_any().downcast_ref::<Postings<K, String>>()
        };
        selector.requirements().iter().find_map(|requirement| {
            let values: Vec<&String> = match &requirement.must {
                Must::Equal(value) => vec![value],
                Must::In(values) => values.iter().collect(),
                _ => return None,
            };
            let postings = of(&requirement.label)?;
            Some(values.into_iter().flat_map(|value| postings.get(value)))
        })
    }
}

impl<K> fmt::Debug for Snapshot<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Snapshot")
            .field("resource_version", &self.state.version)
            .field("synced", &self.state.synced)
            .finish_non_exhaustive()
    }
}
