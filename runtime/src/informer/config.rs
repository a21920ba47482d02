//! The configuration of an informer.

use std::time::Duration;

use kube::Resource;

use super::cache::CompactOptions;
use super::reflector::{OnError, Transform};
use crate::client::{ListOptions, Transport};

/// The configuration of an informer.
pub(super) struct InformerConfig<K: Resource> {
    pub(super) transport: Transport,
    pub(super) kind: K::DynamicType,
    pub(super) namespaces: Vec<Option<String>>,
    pub(super) name: Option<String>,
    pub(super) prefix: Option<String>,
    /// A suffix of the default name, for informers of one resource in one factory.
    pub(super) number: Option<usize>,
    pub(super) options: ListOptions,
    pub(super) resync: Duration,
    pub(super) transform: Option<Transform<K>>,
    pub(super) on_error: Option<OnError>,
    pub(super) metadata_only: bool,
    pub(super) streaming: bool,
    /// The options of a compact cache.
    pub(super) compact: Option<CompactOptions>,
}

impl<K: Resource> InformerConfig<K> {
    pub(super) fn new(transport: Transport, kind: K::DynamicType, namespaces: Vec<Option<String>>) -> Self {
        InformerConfig {
            transport,
            kind,
            namespaces,
            name: None,
            prefix: None,
            number: None,
            options: ListOptions::default(),
            resync: Duration::ZERO,
            transform: None,
            on_error: None,
            metadata_only: false,
            streaming: true,
            compact: None,
        }
    }

    /// Returns the name of the informer: its own or `PLURAL.GROUP` with the number, after the prefix.
    pub(super) fn full_name(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| {
            let (plural, group) = (K::plural(&self.kind), K::group(&self.kind));
            let resource = if group.is_empty() { plural.into_owned() } else { format!("{plural}.{group}") };
            self.number.map_or_else(|| resource.clone(), |number| format!("{resource}/{number}"))
        });
        self.prefix.as_ref().map_or_else(|| name.clone(), |prefix| format!("{prefix}/{name}"))
    }
}
