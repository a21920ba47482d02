//! Type-erased informers.

use std::fmt;
use std::sync::Arc;

use kube::Resource;
use kube::core::GroupVersionResource;
use serde::de::DeserializeOwned;

use super::informer::Informer;
use super::status::InformerStatus;
use crate::scheme::Object;
use crate::selector::Selector;

/// A type-erased informer, as client-go's `GenericInformer`. Objects are trait objects; `as_any` allows a downcast.
#[derive(Clone)]
pub struct GenericInformer {
    inner: Arc<dyn Generic>,
}

trait Generic: Send + Sync {
    fn start(&self);
    fn status(&self) -> InformerStatus;
    fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<dyn Object>>;
    fn list(&self, namespace: Option<&str>, selector: &Selector) -> Vec<Arc<dyn Object>>;
}

impl<K> Generic for Informer<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + Object + DeserializeOwned + Clone + 'static,
{
    fn start(&self) {
        Informer::start(self);
    }

    fn status(&self) -> InformerStatus {
        Informer::status(self)
    }

    fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<dyn Object>> {
        self.lister().find(namespace, name).map(|object| object as Arc<dyn Object>)
    }

    fn list(&self, namespace: Option<&str>, selector: &Selector) -> Vec<Arc<dyn Object>> {
        let lister = self.lister();
        let found = match namespace {
            Some(namespace) => lister.namespace(namespace).list(selector),
            None => lister.list(selector),
        };
        found.into_iter().map(|object| object as Arc<dyn Object>).collect()
    }
}

impl<K> From<Informer<K>> for GenericInformer
where
    K: Resource<DynamicType: Clone + Send + Sync> + Object + DeserializeOwned + Clone + 'static,
{
    fn from(informer: Informer<K>) -> Self {
        GenericInformer { inner: Arc::new(informer) }
    }
}

impl GenericInformer {
    /// Starts the informer.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        self.inner.start();
    }

    /// Returns whether the first list is complete.
    pub fn has_synced(&self) -> bool {
        self.status().synced
    }

    /// Returns the status of the informer.
    pub fn status(&self) -> InformerStatus {
        self.inner.status()
    }

    /// Returns the object of this name, if it exists; the namespace is `None` for cluster-scoped kinds.
    pub fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<dyn Object>> {
        self.inner.find(namespace, name)
    }

    /// Returns the objects that match a selector, in one namespace or in all, in no particular order.
    pub fn list(&self, namespace: Option<&str>, selector: &Selector) -> Vec<Arc<dyn Object>> {
        self.inner.list(namespace, selector)
    }
}

impl fmt::Debug for GenericInformer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("GenericInformer").field(&self.status().name).finish()
    }
}

/// An error for a resource without an informer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no informer for {}.{}/{}: the crate does not define the resource, or its feature is not enabled", .0.resource, .0.group, .0.version
)]
pub struct UnknownResource(pub GroupVersionResource);
