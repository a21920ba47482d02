//! Types and macros for emitted factories.

use std::fmt;
use std::marker::PhantomData;

use kube::Resource;
use kube::core::GroupVersionResource;
use serde::de::DeserializeOwned;

use super::factory::InformerFactory;
use super::generic::GenericInformer;
use super::informer::Informer;
use super::lister::Lister;

/// [`InformerFactory::generic`] for one kind.
pub type GenericInformerFn = fn(&InformerFactory, &GroupVersionResource) -> Option<GenericInformer>;

/// The informer and lister of one kind in a factory.
#[derive(Clone)]
pub struct ResourceInformer<K> {
    factory: InformerFactory,
    kind: PhantomData<fn() -> K>,
}

impl<K> ResourceInformer<K>
where
    K: Resource<DynamicType = (), Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Creates the accessor of a kind in a factory.
    pub fn new(factory: &InformerFactory) -> Self {
        ResourceInformer { factory: factory.clone(), kind: PhantomData }
    }

    /// Returns the informer of the kind; the factory creates it once.
    pub fn informer(&self) -> Informer<K> {
        self.factory.informer()
    }

    /// Returns a lister of the informer.
    pub fn lister(&self) -> Lister<K> {
        self.informer().lister()
    }
}

impl<K> fmt::Debug for ResourceInformer<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("ResourceInformer").field(&self.factory).finish()
    }
}

/// Implements the constructors and conversions of an emitted factory: a struct with a field `factory: InformerFactory`.
#[macro_export]
macro_rules! informer_factory {
    ($name:ident) => {
        impl $name {
            /// Creates a factory for all namespaces, without resyncs.
            pub fn new(client: impl ::core::convert::Into<$crate::client::Client>) -> Self {
                $crate::informer::InformerFactory::new(client).into()
            }

            /// Returns a builder of a factory.
            pub fn builder(
                client: impl ::core::convert::Into<$crate::client::Client>,
            ) -> $crate::informer::InformerFactoryBuilder<Self> {
                $crate::informer::InformerFactory::builder(client).typed()
            }
        }

        impl ::core::convert::From<$crate::informer::InformerFactory> for $name {
            fn from(factory: $crate::informer::InformerFactory) -> Self {
                Self { factory }
            }
        }

        impl ::core::ops::Deref for $name {
            type Target = $crate::informer::InformerFactory;

            fn deref(&self) -> &$crate::informer::InformerFactory {
                &self.factory
            }
        }
    };
}
