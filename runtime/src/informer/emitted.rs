//! What emitted factories are made of.

use std::fmt;
use std::marker::PhantomData;

use kube::Resource;
use kube::core::GroupVersionResource;
use serde::de::DeserializeOwned;

use super::factory::InformerFactory;
use super::generic::GenericInformer;
use super::informer::Informer;
use super::lister::Lister;

/// [`InformerFactory::generic`] of one kind.
pub type GenericOf = fn(&InformerFactory, &GroupVersionResource) -> Option<GenericInformer>;

/// What a factory has for one kind.
#[derive(Clone)]
pub struct ResourceInformer<K> {
    factory: InformerFactory,
    kind: PhantomData<fn() -> K>,
}

impl<K> ResourceInformer<K>
where
    K: Resource<DynamicType = (), Scope: 'static> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// What this factory has for the kind.
    pub fn new(factory: &InformerFactory) -> Self {
        ResourceInformer { factory: factory.clone(), kind: PhantomData }
    }

    /// The informer of the kind: the same one however often it is asked for.
    pub fn informer(&self) -> Informer<K> {
        self.factory.informer()
    }

    /// Reads what the informer has.
    pub fn lister(&self) -> Lister<K> {
        self.informer().lister()
    }
}

impl<K> fmt::Debug for ResourceInformer<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("ResourceInformer").field(&self.factory).finish()
    }
}

/// Gives an emitted factory (a struct with a field `factory: InformerFactory`) what every factory has.
#[macro_export]
macro_rules! informer_factory {
    ($name:ident) => {
        impl $name {
            /// A factory for all namespaces, without resyncs.
            pub fn new(client: impl ::core::convert::Into<$crate::client::Client>) -> Self {
                $crate::informer::InformerFactory::new(client).into()
            }

            /// A factory with settings of its own.
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
