//! What an informer is to do.

use std::sync::Arc;
use std::time::Duration;

use kube::Resource;
use kube::core::PartialObjectMeta;
use serde::de::DeserializeOwned;

use super::error::InformerError;
use super::informer::Informer;
use super::reflector::{OnError, Transform};
use crate::client::{ListOptions, ResourceClient};

/// Makes an informer for the objects of a client: `clients.aigateway_v1beta1().all_ai_gateway_routes().informer()`.
pub struct InformerBuilder<K: Resource> {
    pub(super) kube: kube::Client,
    pub(super) kind: K::DynamicType,
    pub(super) namespaces: Vec<Option<String>>,
    pub(super) name: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) options: ListOptions,
    pub(super) resync: Duration,
    pub(super) transform: Option<Transform<K>>,
    pub(super) on_error: Option<OnError>,
    pub(super) metadata_only: bool,
    pub(super) streaming: bool,
}

impl<K: Resource, S> ResourceClient<K, S>
where
    K::DynamicType: Clone,
{
    /// An informer for these objects. Nothing happens before [`InformerBuilder::start`].
    pub fn informer(&self) -> InformerBuilder<K> {
        let namespace = self.namespace().map(str::to_owned);
        InformerBuilder::new(self.kube.clone(), self.kind.clone(), vec![namespace])
    }

    /// An informer for the metadata of these objects alone: the API server sends nothing else.
    pub fn metadata_informer(&self) -> InformerBuilder<PartialObjectMeta<K>>
    where
        PartialObjectMeta<K>: Resource<DynamicType = K::DynamicType>,
    {
        let namespace = self.namespace().map(str::to_owned);
        let builder = InformerBuilder::new(self.kube.clone(), self.kind.clone(), vec![namespace]);
        InformerBuilder { metadata_only: true, ..builder }
    }
}

impl<K: Resource> InformerBuilder<K> {
    pub(super) fn new(kube: kube::Client, kind: K::DynamicType, namespaces: Vec<Option<String>>) -> Self {
        InformerBuilder {
            kube,
            kind,
            namespaces,
            name: None,
            prefix: None,
            options: ListOptions::default(),
            resync: Duration::ZERO,
            transform: None,
            on_error: None,
            metadata_only: false,
            streaming: true,
        }
    }

    /// Objects of these namespaces alone, a watch for each.
    pub fn namespaces<N: Into<String>>(mut self, namespaces: impl IntoIterator<Item = N>) -> Self {
        self.namespaces = namespaces.into_iter().map(|namespace| Some(namespace.into())).collect();
        self.namespaces.sort();
        self.namespaces.dedup();
        self
    }

    /// A name for metrics and logs; by default the plural and the group.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Changes what lists and watches ask for: selectors, and the size of pages.
    pub fn list_options(mut self, tweak: impl FnOnce(&mut ListOptions)) -> Self {
        tweak(&mut self.options);
        self
    }

    /// How often handlers are told all objects once more, unless they say it themselves; zero, the default, is never.
    pub fn resync(mut self, every: Duration) -> Self {
        self.resync = every;
        self
    }

    /// Changes each object before it is cached, such as [`strip_managed_fields`]. It must leave name, namespace, uid and
    /// resource version as they are.
    pub fn transform(mut self, transform: impl Fn(&mut K) + Send + Sync + 'static) -> Self {
        self.transform = Some(Arc::new(transform));
        self
    }

    /// Hears what goes wrong. Without it, failed requests and objects that do not decode are warnings of `tracing`.
    pub fn on_error(mut self, handler: impl Fn(&InformerError) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(handler));
        self
    }

    /// Reads all objects by lists, and never by a streaming list.
    pub fn without_streaming(mut self) -> Self {
        self.streaming = false;
        self
    }
}

impl<K> InformerBuilder<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// The informer, not yet started: handlers and indexes can be added first.
    pub fn build(self) -> Informer<K> {
        Informer::new(self)
    }

    /// The informer, started.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(self) -> Informer<K> {
        let informer = self.build();
        informer.start();
        informer
    }
}

impl<K: Resource> std::fmt::Debug for InformerBuilder<K> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("InformerBuilder")
            .field("kind", &K::kind(&self.kind))
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}

/// Takes `managedFields` out of an object. Few readers need them, and they are often most of what an object takes.
pub fn strip_managed_fields<K: Resource>(object: &mut K) {
    object.meta_mut().managed_fields = None;
}
