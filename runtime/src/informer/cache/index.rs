//! Indexes of objects by the values that a function returns.

use std::any::Any;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kube::Resource;
use rapidhash::fast::RandomState;

use super::stored::Stored;
use super::trie::Trie;
use crate::informer::event::key;

/// A handle to an index of an informer, from objects to any number of values of type `V`.
///
/// It is returned by [`Informer::add_index`](crate::informer::Informer::add_index) and valid only for that informer.
pub struct Index<K, V> {
    pub(crate) id: u64,
    types: PhantomData<fn(&K) -> V>,
}

impl<K, V> Index<K, V> {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Index { id: NEXT.fetch_add(1, Ordering::Relaxed), types: PhantomData }
    }
}

impl<K, V> Clone for Index<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Index<K, V> {}

impl<K, V> fmt::Debug for Index<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Index").field(&self.id).finish()
    }
}

/// A value of an index.
pub trait IndexValue: Clone + Eq + Hash + Send + Sync + 'static {}
impl<V: Clone + Eq + Hash + Send + Sync + 'static> IndexValue for V {}

/// A function that calls back with each value of an object.
pub(crate) type Values<K, V> = Arc<dyn Fn(&K, &mut dyn FnMut(V)) + Send + Sync>;

/// An index with any type of values.
pub(crate) trait AnyIndex<K>: Send + Sync {
    fn id(&self) -> u64;
    /// Inserts a stored object, which is also passed in its decoded form.
    fn insert(&mut self, stored: &Stored<K>, object: &K);
    fn remove(&mut self, stored: &Stored<K>, object: &K);
    /// Returns the same index without entries.
    fn emptied(&self) -> Box<dyn AnyIndex<K>>;
    fn boxed(&self) -> Box<dyn AnyIndex<K>>;
    fn as_any(&self) -> &dyn Any;
}

/// Calls back with each value of an object. A panic of the user's function is logged and must not affect the cache.
fn each_value<K: Resource, V>(values_of: &Values<K, V>, object: &K, mut emit: impl FnMut(V)) {
    let call = AssertUnwindSafe(|| values_of(object, &mut emit));
    if std::panic::catch_unwind(call).is_err() {
        let (namespace, name) = key(object);
        tracing::error!(namespace, name, "an index function panicked; the index does not contain the object");
    }
}

/// The entries of an index: the objects of each value.
pub(crate) struct Postings<K, V> {
    id: u64,
    hasher: RandomState,
    values_of: Values<K, V>,
    values: Trie<Posting<K, V>>,
}

struct Posting<K, V> {
    value: V,
    objects: Trie<Stored<K>>,
}

impl<K, V: Clone> Clone for Posting<K, V> {
    fn clone(&self) -> Self {
        Posting { value: self.value.clone(), objects: self.objects.clone() }
    }
}

impl<K: Resource, V: IndexValue> Postings<K, V> {
    pub(crate) fn new(index: Index<K, V>, values_of: Values<K, V>) -> Self {
        Postings { id: index.id, hasher: RandomState::new(), values_of, values: Trie::default() }
    }

    /// Returns the objects with a value, in no particular order.
    pub(crate) fn get<Q>(&self, value: &Q) -> impl Iterator<Item = &Stored<K>>
    where
        V: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let posting = self.values.get(self.hasher.hash_one(value), |posting| posting.value.borrow() == value);
        posting.into_iter().flat_map(|posting| posting.objects.iter())
    }

    /// Returns the number of objects with a value.
    pub(crate) fn count<Q>(&self, value: &Q) -> usize
    where
        V: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let posting = self.values.get(self.hasher.hash_one(value), |posting| posting.value.borrow() == value);
        posting.map_or(0, |posting| posting.objects.len())
    }

    /// Returns all values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter().map(|posting| &posting.value)
    }
}

impl<K, V> AnyIndex<K> for Postings<K, V>
where
    K: Resource + Send + Sync + 'static,
    V: IndexValue,
{
    fn id(&self) -> u64 {
        self.id
    }

    fn insert(&mut self, stored: &Stored<K>, object: &K) {
        let Postings { hasher, values_of, values, .. } = self;
        let hash_of_key = hasher.hash_one(stored.key());
        each_value(values_of, object, |value| {
            let hash = hasher.hash_one(&value);
            let put = |objects: &mut Trie<Stored<K>>| {
                objects.insert(hash_of_key, stored.clone(), |other| other.key() == stored.key());
            };
            if let Some(posting) = values.get_mut(hash, |posting| posting.value == value) {
                return put(&mut posting.objects);
            }
            let mut objects = Trie::default();
            put(&mut objects);
            values.insert(hash, Posting { value, objects }, |_| false);
        });
    }

    fn remove(&mut self, stored: &Stored<K>, object: &K) {
        let Postings { hasher, values_of, values, .. } = self;
        let hash_of_key = hasher.hash_one(stored.key());
        each_value(values_of, object, |value| {
            let hash = hasher.hash_one(&value);
            let Some(posting) = values.get_mut(hash, |posting| posting.value == value) else { return };
            posting.objects.remove(hash_of_key, |other| other.key() == stored.key());
            if posting.objects.len() == 0 {
                values.remove(hash, |posting| posting.value == value);
            }
        });
    }

    fn emptied(&self) -> Box<dyn AnyIndex<K>> {
        Box::new(Postings { values: Trie::default(), ..self.copy() })
    }

    fn boxed(&self) -> Box<dyn AnyIndex<K>> {
        Box::new(self.copy())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<K, V> Postings<K, V> {
    fn copy(&self) -> Self {
        Postings {
            id: self.id,
            hasher: self.hasher,
            values_of: Arc::clone(&self.values_of),
            values: self.values.clone(),
        }
    }
}
