//! An informer of a kind that is told by its resource alone.

use std::fmt;
use std::sync::Arc;

use kube::Resource;
use kube::core::GroupVersionResource;
use serde::de::DeserializeOwned;

use super::informer::Informer;
use super::selector::Selector;
use super::status::InformerStatus;
use crate::scheme::Object;

/// An informer of any kind: what client-go calls `GenericInformer`. Objects come behind one trait; `as_any` gives their type.
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
    /// Begins to read and to watch.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(&self) {
        self.inner.start();
    }

    /// Whether the first list has come.
    pub fn has_synced(&self) -> bool {
        self.status().synced
    }

    /// How the informer fares.
    pub fn status(&self) -> InformerStatus {
        self.inner.status()
    }

    /// The object of this name, if there is one; the namespace is `None` for kinds that belong to the cluster.
    pub fn find(&self, namespace: Option<&str>, name: &str) -> Option<Arc<dyn Object>> {
        self.inner.find(namespace, name)
    }

    /// The objects that a selector selects, of one namespace or of all, in no order.
    pub fn list(&self, namespace: Option<&str>, selector: &Selector) -> Vec<Arc<dyn Object>> {
        self.inner.list(namespace, selector)
    }
}

impl fmt::Debug for GenericInformer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("GenericInformer").field(&self.status().name).finish()
    }
}

/// There is no informer for a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no informer for {}.{}/{}: this crate has no such resource, or not with these features", .0.resource, .0.group, .0.version
)]
pub struct NoSuchResource(pub GroupVersionResource);
