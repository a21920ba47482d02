//! Listers: an informer's objects as its readers want them.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use k8s_openapi::ClusterResourceScope;
use kube::Resource;
use kube::core::Status;
use kube::core::response::StatusDetails;
use serde::de::DeserializeOwned;

use super::cache::{Index, IndexValue, Snapshot};
use super::informer::Informer;
use super::selector::Selector;
use super::version::ResourceVersion;
use crate::client::{Action, Error};

/// Reads what an informer has. Nothing is copied: objects come as `Arc`s, or, from a [`snapshot`](Self::snapshot), borrowed.
///
/// Readers never wait for the watch, nor the watch for them. Before the informer has synced, there is nothing.
pub struct Lister<K: Resource> {
    informer: Informer<K>,
}

impl<K: Resource> Clone for Lister<K> {
    fn clone(&self) -> Self {
        Lister { informer: self.informer.clone() }
    }
}

impl<K> Lister<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(informer: &Informer<K>) -> Self {
        Lister { informer: informer.clone() }
    }

    /// All objects at this moment: for several reads that must fit together, and for reading without any `Arc`.
    pub fn snapshot(&self) -> Snapshot<K> {
        self.informer.snapshot()
    }

    /// The objects that a selector selects, in no order. A label index is used where one fits.
    pub fn list(&self, selector: &Selector) -> Vec<Arc<K>> {
        self.informer.shared.cache.read().select(selector).cloned().collect()
    }

    /// All objects, in no order.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.list(&Selector::everything())
    }

    /// The objects of one namespace.
    pub fn namespace<'l>(&'l self, namespace: &'l str) -> NamespaceLister<'l, K> {
        NamespaceLister { lister: self, namespace }
    }

    /// The object of this name, of a kind that belongs to the cluster.
    ///
    /// # Errors
    /// If there is none: [`Error::is_not_found`].
    pub fn get(&self, name: &str) -> Result<Arc<K>, Error>
    where
        K: Resource<Scope = ClusterResourceScope>,
    {
        self.find(None, name).ok_or_else(|| self.not_found(None, name))
    }

    /// The object of this name, if there is one; the namespace is `None` for kinds that belong to the cluster.
    pub fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<K>> {
        self.informer.shared.cache.read().object(namespace.unwrap_or_default(), name).cloned()
    }

    /// The objects that an index has for a value, in no order.
    pub fn by_index<V, Q>(&self, index: Index<K, V>, value: &Q) -> Vec<Arc<K>>
    where
        V: IndexValue + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let state = self.informer.shared.cache.read();
        state.postings(index).into_iter().flat_map(|postings| postings.get(value)).cloned().collect()
    }

    /// All values that an index has objects for, in no order.
    pub fn index_values<V: IndexValue>(&self, index: Index<K, V>) -> Vec<V> {
        self.snapshot().index_values(index).cloned().collect()
    }

    /// Waits until what is read here is as new as a version. See [`Informer::wait_for`].
    ///
    /// # Errors
    /// If the informer stops before.
    pub async fn wait_for(&self, version: &ResourceVersion) -> Result<(), super::NotSynced> {
        self.informer.wait_for(version).await
    }

    /// As `NewNotFound` of `apimachinery/pkg/api/errors` shapes it.
    fn not_found(&self, namespace: Option<&str>, name: &str) -> Error {
        let kind = &self.informer.shared.kind;
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

/// Reads what an informer has in one namespace.
pub struct NamespaceLister<'l, K: Resource> {
    lister: &'l Lister<K>,
    namespace: &'l str,
}

impl<K> NamespaceLister<'_, K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// The object of this name.
    ///
    /// # Errors
    /// If there is none: [`Error::is_not_found`].
    pub fn get(&self, name: &str) -> Result<Arc<K>, Error> {
        let found = self.lister.find(Some(self.namespace), name);
        found.ok_or_else(|| self.lister.not_found(Some(self.namespace), name))
    }

    /// The objects that a selector selects, in no order.
    pub fn list(&self, selector: &Selector) -> Vec<Arc<K>> {
        let state = self.lister.informer.shared.cache.read();
        let candidates = state.objects.candidates(Some(self.namespace), selector);
        candidates.filter(|object| selector.selects(&***object)).cloned().collect()
    }

    /// All objects of the namespace, in no order.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.list(&Selector::everything())
    }
}

impl<K: Resource> fmt::Debug for Lister<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Lister").field(&self.informer).finish()
    }
}

impl<K: Resource> fmt::Debug for NamespaceLister<'_, K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("NamespaceLister").field(&self.lister.informer).field(&self.namespace).finish()
    }
}
