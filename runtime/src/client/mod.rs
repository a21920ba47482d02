//! Typed clients for any [`kube::Resource`], generated or not.
//!
//! A [`Client`] hands out a [`ResourceClient`] per kind and place: [`Namespaced`], [`Cluster`] or [`AllNamespaces`]. The
//! last has nothing but `list` and `watch`, because the API server has nothing else there; and the verbs for status exist
//! only for kinds whose CRD has the subresource.
//!
//! ```
//! use kube_client_runtime::client::{Client, Error};
//! use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//!
//! async fn read(client: Client) -> Result<ConfigMap, Error> {
//!     client.namespaced::<ConfigMap>("default").get("settings").await
//! }
//! ```
//!
//! What the API server does not have does not compile. There is no object of a name over all namespaces:
//!
//! ```compile_fail,E0599
//! # use kube_client_runtime::client::Client;
//! # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//! async fn read(client: Client) {
//!     let _ = client.all_namespaces::<ConfigMap>().get("settings").await;
//! }
//! ```
//!
//! And no status where there is no such subresource:
//!
//! ```compile_fail,E0599
//! # use kube_client_runtime::client::Client;
//! # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//! async fn write(client: Client, settings: ConfigMap) {
//!     let _ = client.namespaced::<ConfigMap>("default").update_status(&settings).await;
//! }
//! ```

mod carry;
mod error;
mod modify;
mod options;
mod read;
mod request;
mod retry;
mod scope;
mod status;
mod user_agent;
mod write;

pub use crate::undecodable::Undecodable;
pub use error::{Action, Cause, Error, Reason};
pub use options::{
    DeleteOptions, FieldValidation, GetOptions, ListOptions, Patch, PatchOptions, Preconditions, Propagation,
    VersionMatch, WatchOptions, WriteOptions,
};
pub use read::{LossyPage, Page};
#[cfg(feature = "informers")]
pub(crate) use request::Query;
pub use retry::{Backoff, retry_on_conflict, retry_on_conflict_with};
pub use scope::{
    AllNamespaces, Cluster, InAllNamespaces, InCluster, InNamespace, Namespaced, NamespacedApi, OneObject,
    ResourceClient,
};
pub use write::Deleted;

use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::Resource;

/// The way to an API server. Cheap to clone; all clones share one connection pool.
///
/// A client made from a [`kube::Config`] or by [`try_default`](Self::try_default) sends the user agent
/// `<program>/<version of this crate>`, unless the config's headers contain another one; the API server takes the field
/// manager of writes from it. The user agent of a [`kube::Client`] cannot be changed: writes without a field manager then
/// name the program. Server-side apply always requires an explicit field manager.
#[derive(Clone)]
pub struct Client {
    kube: kube::Client,
    /// The field manager of writes without one; `None` leaves it to the API server, which takes it from the user agent.
    field_manager: Option<&'static str>,
}

impl Client {
    /// A client from the kubeconfig, or from the pod's service account.
    ///
    /// # Errors
    /// If there is neither, or if what is there does not work.
    pub async fn try_default() -> Result<Self, Error> {
        let config = kube::Config::infer().await.map_err(|error| Error::connect(kube::Error::InferConfig(error)))?;
        Client::try_from(config)
    }

    /// kube's client underneath.
    pub fn kube(&self) -> &kube::Client {
        &self.kube
    }

    /// The objects of a kind in one namespace.
    pub fn namespaced<K>(&self, namespace: &str) -> Namespaced<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        self.namespaced_with(namespace, ())
    }

    /// The objects of a kind in all namespaces, to list and to watch.
    pub fn all_namespaces<K>(&self) -> AllNamespaces<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        self.all_namespaces_with(())
    }

    /// The objects of a kind that belongs to the cluster.
    pub fn cluster<K>(&self) -> Cluster<K>
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope>,
    {
        self.cluster_with(())
    }

    /// As [`namespaced`](Self::namespaced), for a kind that is known only at run time.
    pub fn namespaced_with<K: Resource>(&self, namespace: &str, kind: K::DynamicType) -> Namespaced<K> {
        ResourceClient::new(self.kube.clone(), Some(namespace.to_owned()), kind).managed_by(self.field_manager)
    }

    /// As [`all_namespaces`](Self::all_namespaces), for a kind that is known only at run time.
    pub fn all_namespaces_with<K: Resource>(&self, kind: K::DynamicType) -> AllNamespaces<K> {
        ResourceClient::new(self.kube.clone(), None, kind).managed_by(self.field_manager)
    }

    /// As [`cluster`](Self::cluster), for a kind that is known only at run time.
    pub fn cluster_with<K: Resource>(&self, kind: K::DynamicType) -> Cluster<K> {
        ResourceClient::new(self.kube.clone(), None, kind).managed_by(self.field_manager)
    }
}

impl From<kube::Client> for Client {
    fn from(kube: kube::Client) -> Self {
        Client { kube, field_manager: Some(user_agent::program()) }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").field("default_namespace", &self.kube.default_namespace()).finish_non_exhaustive()
    }
}

/// Gives a clientset (a struct with a field `client: Client`) its constructors.
#[macro_export]
macro_rules! clientset {
    ($name:ident) => {
        impl $name {
            /// A clientset from the kubeconfig, or from the pod's service account.
            ///
            /// # Errors
            /// If there is neither, or if what is there does not work.
            pub async fn try_default() -> ::core::result::Result<Self, $crate::client::Error> {
                $crate::client::Client::try_default().await.map(Self::from)
            }

            /// The client underneath, for kinds of other groups.
            pub fn client(&self) -> &$crate::client::Client {
                &self.client
            }

            /// kube's client underneath.
            pub fn kube(&self) -> &$crate::kube::Client {
                self.client.kube()
            }
        }

        impl ::core::convert::From<$name> for $crate::client::Client {
            fn from(clients: $name) -> Self {
                clients.client
            }
        }

        impl ::core::convert::From<&$name> for $crate::client::Client {
            fn from(clients: &$name) -> Self {
                clients.client.clone()
            }
        }

        impl ::core::convert::From<$crate::client::Client> for $name {
            fn from(client: $crate::client::Client) -> Self {
                Self { client }
            }
        }

        impl ::core::convert::From<$crate::kube::Client> for $name {
            fn from(client: $crate::kube::Client) -> Self {
                Self { client: client.into() }
            }
        }

        impl ::core::convert::TryFrom<$crate::kube::Config> for $name {
            type Error = $crate::client::Error;

            fn try_from(config: $crate::kube::Config) -> ::core::result::Result<Self, Self::Error> {
                $crate::client::Client::try_from(config).map(Self::from)
            }
        }
    };
}

impl TryFrom<kube::Config> for Client {
    type Error = Error;

    fn try_from(mut config: kube::Config) -> Result<Self, Error> {
        user_agent::set_default(&mut config);
        let kube = kube::Client::try_from(config).map_err(Error::connect)?;
        Ok(Client { kube, field_manager: None })
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    /// What spawns a task needs; it compiles or it does not.
    #[test]
    fn all_verbs_can_be_used_in_spawned_tasks() {
        fn spawnable<T: Send>(_: T) {}
        fn verbs(maps: &Namespaced<ConfigMap>, map: &ConfigMap) {
            spawnable(maps.get("one"));
            spawnable(maps.list(&ListOptions::default()));
            spawnable(maps.watch(&WatchOptions::default()));
            spawnable(maps.create(map));
            spawnable(maps.update(map));
            spawnable(maps.modify("one", |map| map.data = None));
            spawnable(maps.patch("one", &Patch::Merge(serde_json::Value::Null), &PatchOptions::default()));
            spawnable(maps.delete("one"));
            spawnable(maps.delete_collection(&ListOptions::default(), &DeleteOptions::default()));
        }
        let _ = verbs;
    }
}
