//! Listers of informers.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use k8s_openapi::ClusterResourceScope;
use kube::Resource;
use kube::core::Status;
use kube::core::response::StatusDetails;
use serde::de::DeserializeOwned;

use super::cache::{Index, IndexValue, Snapshot, Stored};
use super::shared::Shared;
use super::status::CacheSyncError;
use super::version::ResourceVersion;
use crate::client::{Action, Error};
use crate::selector::Selector;

/// Reads the cache of an informer. Objects are not copied: they are returned as `Arc`s, or borrowed from a
/// [`snapshot`](Self::snapshot). A [compact](super::InformerBuilder::compact) cache decodes the objects that are read.
///
/// Readers and the watch never block each other. The cache is empty before the first list.
pub struct Lister<K: Resource> {
    shared: Arc<Shared<K>>,
}

impl<K: Resource> Clone for Lister<K> {
    fn clone(&self) -> Self {
        Lister { shared: Arc::clone(&self.shared) }
    }
}

impl<K> Lister<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(shared: &Arc<Shared<K>>) -> Self {
        Lister { shared: Arc::clone(shared) }
    }

    /// Returns a snapshot of the cache, for several consistent reads and for reads without cloning an `Arc`.
    pub fn snapshot(&self) -> Snapshot<K> {
        self.shared.cache.snapshot()
    }

    /// Returns the objects that match a selector, in no particular order. Uses a label index if one applies.
    pub fn list(&self, selector: &Selector) -> Vec<Arc<K>> {
        self.shared.cache.read().candidates(selector).filter_map(|stored| stored.selected(selector)).collect()
    }

    /// Returns all objects, in no particular order.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.list(&Selector::everything())
    }

    /// Returns a lister of one namespace.
    pub fn namespace<'l>(&'l self, namespace: &'l str) -> NamespaceLister<'l, K> {
        NamespaceLister { lister: self, namespace }
    }

    /// Returns the object of this name, of a cluster-scoped kind.
    ///
    /// # Errors
    /// Returns an error with [`Error::is_not_found`] if the object does not exist.
    pub fn get(&self, name: &str) -> Result<Arc<K>, Error>
    where
        K: Resource<Scope = ClusterResourceScope>,
    {
        self.find(None, name).ok_or_else(|| self.not_found(None, name))
    }

    /// Returns the object of this name, if it exists; the namespace is `None` for cluster-scoped kinds.
    pub fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<K>> {
        self.shared.cache.find(namespace.unwrap_or_default(), name)
    }

    /// Returns the objects with a value in an index, in no particular order.
    pub fn by_index<V, Q>(&self, index: Index<K, V>, value: &Q) -> Vec<Arc<K>>
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let state = self.shared.cache.read();
        let found = state.postings(index).into_iter().flat_map(|postings| postings.get(value));
        found.filter_map(Stored::read_once).collect()
    }

    /// Returns all values of an index, in no particular order.
    pub fn index_values<V: IndexValue>(&self, index: Index<K, V>) -> Vec<V> {
        self.snapshot().index_values(index).cloned().collect()
    }

    /// Waits until the cache has reached a resource version. See [`Informer::wait_for`](super::Informer::wait_for).
    ///
    /// # Errors
    /// Returns an error if the informer stops before.
    pub async fn wait_for(&self, version: &ResourceVersion) -> Result<(), CacheSyncError> {
        self.shared.wait_for_version(version).await
    }

    /// Returns the error of `NewNotFound` in `apimachinery/pkg/api/errors`.
    fn not_found(&self, namespace: Option<&str>, name: &str) -> Error {
        let kind = &self.shared.kind;
        let (group, plural) = (K::group(kind), K::plural(kind));
        let resource = if group.is_empty() { plural.to_string() } else { format!("{plural}.{group}") };
        let details = StatusDetails {
            name: name.to_owned(),
            group: group.into_owned(),
            kind: plural.into_owned(),
            uid: String::new(),
            causes: Vec::new(),
            retry_after_seconds: 0,
        };
        let status =
            Status::failure(&format!("{resource} {name:?} not found"), "NotFound").with_code(404).with_details(details);
        let action = Action {
            verb: "get",
            kind: K::kind(kind).into_owned(),
            namespace: namespace.map(str::to_owned),
            name: Some(name.to_owned()),
        };
        action.failed(kube::Error::Api(Box::new(status)))
    }
}

/// Reads the objects in one namespace from the cache of an informer.
pub struct NamespaceLister<'l, K: Resource> {
    lister: &'l Lister<K>,
    namespace: &'l str,
}

impl<K> NamespaceLister<'_, K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Returns the object of this name.
    ///
    /// # Errors
    /// Returns an error with [`Error::is_not_found`] if the object does not exist.
    pub fn get(&self, name: &str) -> Result<Arc<K>, Error> {
        let found = self.lister.find(Some(self.namespace), name);
        found.ok_or_else(|| self.lister.not_found(Some(self.namespace), name))
    }

    /// Returns the objects that match a selector, in no particular order.
    pub fn list(&self, selector: &Selector) -> Vec<Arc<K>> {
        let state = self.lister.shared.cache.read();
        let candidates = state.objects.candidates(Some(self.namespace), selector);
        candidates.filter_map(|stored| stored.selected(selector)).collect()
    }

    /// Returns all objects in the namespace, in no particular order.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.list(&Selector::everything())
    }
}

impl<K: Resource> fmt::Debug for Lister<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Lister").field(&self.shared.name).finish()
    }
}

impl<K: Resource> fmt::Debug for NamespaceLister<'_, K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("NamespaceLister").field(&self.lister.shared.name).field(&self.namespace).finish()
    }
}
