//! A consistent view of a cache.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use kube::Resource;

use super::index::{Index, IndexValue, Postings};
use super::state::State;
use super::stored::Stored;
use super::view::View;
use crate::informer::event::ObjectKey;
use crate::informer::version::ResourceVersion;
use crate::selector::{Operator, Selector};
use crate::undecodable::Undecodable;

/// An immutable view of a cache. Taking one increments a reference count and never blocks; it keeps the objects that it
/// contains alive.
///
/// A snapshot of a [compact](crate::informer::InformerBuilder::compact) cache decodes an object when it is read first, and
/// keeps it decoded as long as the snapshot and its clones exist.
pub struct Snapshot<K> {
    state: Arc<State<K>>,
    /// The objects that were decoded; empty unless the cache is compact.
    view: OnceLock<Arc<View<K>>>,
}

impl<K> Clone for Snapshot<K> {
    fn clone(&self) -> Self {
        Snapshot { state: Arc::clone(&self.state), view: self.view.clone() }
    }
}

impl<K: Resource + Send + Sync + 'static> Snapshot<K> {
    pub(super) fn new(state: Arc<State<K>>) -> Self {
        Snapshot { state, view: OnceLock::new() }
    }

    /// Returns the decoded object if it is wanted.
    fn decoded<'s>(&'s self, stored: &'s Stored<K>, is_wanted: impl Fn(&K) -> bool) -> Option<&'s Arc<K>> {
        match stored {
            Stored::Decoded(object) => Some(object).filter(|object| is_wanted(object)),
            Stored::Encoded(encoded) => self.view.get_or_init(Arc::default).get(encoded, is_wanted),
        }
    }

    fn all_decoded<'s>(&'s self, stored: impl Iterator<Item = &'s Stored<K>>) -> impl Iterator<Item = &'s Arc<K>> {
        stored.filter_map(|stored| self.decoded(stored, |_| true))
    }

    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        self.state.objects.len()
    }

    /// Returns whether the snapshot contains no objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the object of this name; the namespace is `None` for cluster-scoped kinds.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&Arc<K>> {
        self.decoded(self.state.object(namespace.unwrap_or_default(), name)?, |_| true)
    }

    /// Returns whether the snapshot contains an object.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        let (namespace, name) = key.parts();
        self.state.object(namespace, name).is_some()
    }

    /// Returns all objects, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<K>> {
        self.all_decoded(self.state.objects.iter().map(|cached| &cached.stored))
    }

    /// Returns the objects in a namespace, in no particular order.
    pub fn namespace(&self, namespace: &str) -> impl Iterator<Item = &Arc<K>> {
        self.all_decoded(self.state.in_namespace(namespace))
    }

    /// Returns the namespaces that contain objects, in no particular order.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.state.objects.namespaces().map(|namespace| &*namespace.name).filter(|name| !name.is_empty())
    }

    /// Returns the objects that match a selector, in no particular order. Uses a label index if one applies.
    pub fn select<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s Arc<K>> + use<'s, K> {
        let candidates = self.state.candidates(selector);
        candidates.filter_map(|stored| self.decoded(stored, |object| selector.selects(object)))
    }

    /// Returns the objects with a value in an index, in no particular order; none for an index of another informer.
    pub fn by_index<V, Q>(&self, index: Index<K, V>, value: &Q) -> impl Iterator<Item = &Arc<K>>
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.all_decoded(self.state.postings(index).into_iter().flat_map(|postings| postings.get(value)))
    }

    /// Returns the number of objects with a value in an index.
    pub fn index_count<V, Q>(&self, index: Index<K, V>, value: &Q) -> usize
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.state.postings(index).map_or(0, |postings| postings.count(value))
    }

    /// Returns all values of an index, in no particular order.
    pub fn index_values<V: IndexValue>(&self, index: Index<K, V>) -> impl Iterator<Item = &V> {
        self.state.postings(index).into_iter().flat_map(Postings::values)
    }

    /// Returns the objects that cannot be decoded. If an earlier state of such an object was decodable, the snapshot also
    /// contains that state.
    pub fn undecodable(&self) -> &BTreeMap<ObjectKey, Undecodable> {
        &self.state.undecodable
    }

    /// Returns the version up to which the snapshot is complete; `None` before the first list.
    pub fn resource_version(&self) -> Option<&ResourceVersion> {
        self.state.version.as_ref()
    }

    /// Returns whether the first list is complete.
    pub fn has_synced(&self) -> bool {
        self.state.synced
    }

    /// Returns the size of the JSON of all objects, in bytes.
    pub fn json_bytes(&self) -> u64 {
        self.state.objects.bytes()
    }
}

impl<K: Resource + Send + Sync + 'static> State<K> {
    pub(crate) fn object(&self, namespace: &str, name: &str) -> Option<&Stored<K>> {
        self.objects.get(namespace, name).map(|cached| &cached.stored)
    }

    fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &Stored<K>> {
        let found = self.objects.namespace(namespace);
        found.into_iter().flat_map(|namespace| namespace.objects.iter()).map(|cached| &cached.stored)
    }

    pub(crate) fn postings<V: IndexValue>(&self, index: Index<K, V>) -> Option<&Postings<K, V>> {
        self.indexes.iter().find(|other| other.id() == index.id)?.as_any().downcast_ref()
    }

    /// Returns a superset of the objects that match a selector. Uses a label index if one applies.
    pub(crate) fn candidates<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s Stored<K>> + use<'s, K> {
        let indexed = self.by_label(selector);
        let all = indexed.is_none().then(|| self.objects.candidates(None, selector));
        indexed.into_iter().flatten().chain(all.into_iter().flatten())
    }

    /// Returns the objects that meet one requirement of the selector, if the requirement lists values of an indexed label.
    fn by_label<'s>(&'s self, selector: &'s Selector) -> Option<impl Iterator<Item = &'s Stored<K>> + use<'s, K>> {
        if self.labels.is_empty() {
            return None;
        }
        let index_of = |label: &str| {
            let (_, id) = self.labels.iter().find(|(indexed, _)| **indexed == *label)?;
            let index = self.indexes.iter().find(|index| index.id() == *id)?;
            index.as_any().downcast_ref::<Postings<K, String>>()
        };
        selector.requirements().iter().find_map(|requirement| {
            let values: Vec<&String> = match &requirement.operator {
                Operator::Equal(value) => vec![value],
                Operator::In(values) => values.iter().collect(),
                _ => return None,
            };
            let postings = index_of(&requirement.key)?;
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
