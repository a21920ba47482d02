//! The builder of informers.

use std::sync::Arc;
use std::time::Duration;

use kube::Resource;
use kube::core::PartialObjectMeta;
use serde::de::DeserializeOwned;

use super::cache::CompactOptions;
use super::config::InformerConfig;
use super::error::InformerError;
use super::informer::Informer;
use crate::client::{ListOptions, ResourceClient, Transport};

/// A builder of an informer for the objects of a client: `clients.aigateway_v1beta1().all_ai_gateway_routes().informer()`.
pub struct InformerBuilder<K: Resource> {
    pub(super) config: InformerConfig<K>,
}

impl<K: Resource, S> ResourceClient<K, S>
where
    K::DynamicType: Clone,
{
    /// Returns a builder of an informer for these objects.
    pub fn informer(&self) -> InformerBuilder<K> {
        let namespace = self.namespace().map(str::to_owned);
        InformerBuilder::new(self.transport.clone(), self.kind.clone(), vec![namespace])
    }

    /// Returns a builder of an informer for the metadata of these objects. The API server sends only the metadata.
    pub fn metadata_informer(&self) -> InformerBuilder<PartialObjectMeta<K>>
    where
        PartialObjectMeta<K>: Resource<DynamicType = K::DynamicType>,
    {
        let namespace = self.namespace().map(str::to_owned);
        let mut builder = InformerBuilder::new(self.transport.clone(), self.kind.clone(), vec![namespace]);
        builder.config.metadata_only = true;
        builder
    }
}

impl<K: Resource> InformerBuilder<K> {
    pub(super) fn new(transport: Transport, kind: K::DynamicType, namespaces: Vec<Option<String>>) -> Self {
        InformerBuilder { config: InformerConfig::new(transport, kind, namespaces) }
    }

    /// Limits the informer to these namespaces, with one watch for each.
    pub fn namespaces<N: Into<String>>(mut self, namespaces: impl IntoIterator<Item = N>) -> Self {
        self.config.namespaces = namespaces.into_iter().map(|namespace| Some(namespace.into())).collect();
        self.config.namespaces.sort();
        self.config.namespaces.dedup();
        self
    }

    /// Sets the name in metrics and logs; the default is the plural and the group.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.config.name = Some(name.into());
        self
    }

    /// Modifies the options of lists and watches: selectors, and the page size.
    pub fn list_options(mut self, tweak: impl FnOnce(&mut ListOptions)) -> Self {
        tweak(&mut self.config.options);
        self
    }

    /// Sets the resync period of handlers without their own; zero, the default, disables resyncs.
    pub fn resync(mut self, every: Duration) -> Self {
        self.config.resync = every;
        self
    }

    /// Sets a function that modifies each object before it is cached, such as [`strip_managed_fields`]. It must not change
    /// name, namespace, uid or resource version.
    pub fn transform(mut self, transform: impl Fn(&mut K) + Send + Sync + 'static) -> Self {
        self.config.transform = Some(Arc::new(transform));
        self
    }

    /// Keeps objects as the JSON that the API server sent, and decodes them when they are read. This takes a fraction of the
    /// memory; a read takes microseconds instead of nanoseconds.
    ///
    /// Listers, snapshots, indexes, handlers and consistent clients work as before. Objects that cannot be decoded are
    /// reported as before: an object is decoded before it is stored. A [`transform`](Self::transform) runs at each decoding,
    /// so it must be deterministic, and what it removes still takes memory.
    pub fn compact(self) -> Self {
        self.compact_with(CompactOptions::default())
    }

    /// [`compact`](Self::compact) with options.
    pub fn compact_with(mut self, options: CompactOptions) -> Self {
        self.config.compact = Some(options);
        self
    }

    /// Sets the error handler. The default logs failed requests and undecodable objects as warnings of `tracing`.
    pub fn on_error(mut self, handler: impl Fn(&InformerError) + Send + Sync + 'static) -> Self {
        self.config.on_error = Some(Arc::new(handler));
        self
    }

    /// Disables streaming lists (`sendInitialEvents`): all objects are read by list requests.
    pub fn without_streaming(mut self) -> Self {
        self.config.streaming = false;
        self
    }
}

impl<K> InformerBuilder<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Creates the informer without starting it: handlers and indexes can be added first.
    pub fn build(self) -> Informer<K> {
        Informer::new(self.config)
    }

    /// Creates the informer and starts it.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub fn start(self) -> Informer<K> {
        let informer = self.build();
        informer.start();
        informer
    }
}

impl<K: Resource> std::fmt::Debug for InformerBuilder<K> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("InformerBuilder")
            .field("kind", &K::kind(&self.config.kind))
            .field("namespaces", &self.config.namespaces)
            .finish_non_exhaustive()
    }
}

/// Removes `managedFields` from an object. Few programs read them, and they often take most of an object's memory.
pub fn strip_managed_fields<K: Resource>(object: &mut K) {
    object.meta_mut().managed_fields = None;
}
