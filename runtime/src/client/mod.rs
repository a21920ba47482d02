//! Typed clients for any [`kube::Resource`], generated or not.
//!
//! A [`Client`] returns a [`ResourceClient`] for a kind and a scope: [`Namespaced`], [`Cluster`] or [`AllNamespaces`]. The
//! last has only `list`, `watch` and `delete_collection`, the verbs that the API server supports across namespaces. The
//! methods for the status subresource exist only for kinds that have it.
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
//! kube's `PartialObjectMeta<K>` instead of `K` is a client for the metadata alone: the API server sends nothing else. It can
//! get, list, watch, patch, modify and delete.
//!
//! ```
//! use kube_client_runtime::client::{Client, Error};
//! use kube_client_runtime::k8s_openapi::api::core::v1::Secret;
//! use kube_client_runtime::kube::core::PartialObjectMeta;
//!
//! async fn mark(client: Client) -> Result<(), Error> {
//!     let secrets = client.namespaced::<PartialObjectMeta<Secret>>("default");
//!     let mark = ("example.com/seen".to_owned(), "true".to_owned());
//!     secrets.modify("token", |secret| secret.metadata.annotations.get_or_insert_default().extend([mark.clone()])).await?;
//!     Ok(())
//! }
//! ```
//!
//! Requests that the API server does not support do not compile. Across all namespaces, a name does not identify an object:
//!
//! ```compile_fail,E0599
//! # use kube_client_runtime::client::Client;
//! # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//! async fn read(client: Client) {
//!     let _ = client.all_namespaces::<ConfigMap>().get("settings").await;
//! }
//! ```
//!
//! A kind without the status subresource has no methods for it:
//!
//! ```compile_fail,E0599
//! # use kube_client_runtime::client::Client;
//! # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//! async fn write(client: Client, settings: ConfigMap) {
//!     let _ = client.namespaced::<ConfigMap>("default").update_status(&settings).await;
//! }
//! ```

#[cfg(feature = "apply")]
mod apply;
mod builder;
mod error;
mod finalizers;
mod modify;
mod options;
mod pages;
#[cfg(feature = "manifests")]
mod raw;
mod read;
mod request;
mod retry;
mod scale;
mod scope;
mod shard;
mod status;
mod three_way;
mod transport;
mod upsert;
mod user_agent;
pub mod wait;
mod write;

pub use crate::undecodable::Undecodable;
#[cfg(feature = "apply")]
pub use apply::ApplyOptions;
pub use builder::ClientBuilder;
pub use error::{Action, Cause, Error, FieldConflict, Reason};
pub use options::{
    DeleteOptions, FieldValidation, GetOptions, ListOptions, Patch, PatchOptions, Preconditions, PropagationPolicy,
    VersionMatch, WatchOptions, WriteOptions,
};
pub use pages::OnExpired;
#[cfg(feature = "manifests")]
pub(crate) use raw::{AnyScope, RawAnswer};
pub use read::{LossyPage, Page};
#[cfg(feature = "informers")]
pub(crate) use request::Query;
pub use retry::{Backoff, retry_on_conflict, retry_on_conflict_with};
pub use scale::Scale;
pub use scope::{
    AllNamespaces, Cluster, InAllNamespaces, InCluster, InNamespace, LossyCluster, LossyNamespaced, LossyUpdates,
    NamedObjectScope, Namespaced, NamespacedApi, ResourceClient, UpdateScope,
};
pub use shard::{HashRange, ShardKey, ShardSelector, shard_hash};
pub use transport::{LogWarnings, Phase, RateLimit, RequestTimeout, RetryPolicy, Timeouts, Warning, WarningHandler};
#[cfg(feature = "informers")]
pub(crate) use transport::{Mode, Transport, Write, WriteInFlight, WriteObserver, WriteOutcome, retry_after, status};
pub use upsert::OperationResult;
pub use write::DeleteResult;

use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::Resource;

/// A client for an API server. Cheap to clone; all clones share one connection pool.
///
/// A client created from a [`kube::Config`] or by [`try_default`](Self::try_default) sends the user agent
/// `<program>/<version of this crate>`, unless the config's headers contain another one; the API server derives the field
/// manager of writes from it. The user agent of a [`kube::Client`] cannot be changed: writes without a field manager then
/// use the name of the program. Server-side apply always requires an explicit field manager.
///
/// Requests have timeouts, are repeated where that is safe, and log warnings of the API server; see [`ClientBuilder`],
/// [`Timeouts`], [`RetryPolicy`], [`RateLimit`] and [`WarningHandler`].
#[derive(Clone)]
pub struct Client {
    transport: transport::Transport,
    /// The default field manager; `None` leaves it to the API server, which derives it from the user agent.
    field_manager: Option<&'static str>,
}

impl Client {
    /// Creates a client from the kubeconfig, or from the pod's service account.
    ///
    /// # Errors
    /// Returns an error if neither exists, or if the configuration is not valid.
    pub async fn try_default() -> Result<Self, Error> {
        Client::builder().connect().await
    }

    /// Returns a builder, for other settings than the default ones.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns a client of kube that shares the connections and the settings of this one.
    pub fn kube(&self) -> &kube::Client {
        self.transport.kube()
    }

    /// Returns the namespace of the context, or of the pod.
    pub fn default_namespace(&self) -> &str {
        self.transport.default_namespace()
    }

    /// Returns a client whose requests do not wait for the rate limit, such as those of a leader election, which loses its
    /// lease if they are late. They count for the rate limit.
    pub fn prioritized(&self) -> Self {
        Client { transport: self.transport.prioritized(), ..self.clone() }
    }

    /// Returns the metrics of all requests in Prometheus' text format, for a program to append to its own at `/metrics`.
    ///
    /// The names and labels are those of client-go, so that dashboards for Kubernetes' components show them:
    ///
    /// | metric | type | labels |
    /// |---|---|---|
    /// | `rest_client_requests_total` | counter | `code`, `host`, `method` |
    /// | `rest_client_request_retries_total` | counter | `code`, `verb`, `host` |
    /// | `rest_client_request_duration_seconds` | histogram, of each attempt | `verb`, `host` |
    /// | `rest_client_rate_limiter_duration_seconds` | histogram, with a rate limit | `verb`, `host` |
    /// | `rest_client_requests_in_flight` | gauge, not in client-go | `verb`, `host` |
    ///
    /// `code` is the HTTP status, or `<error>` without a response.
    pub fn metrics_text(&self) -> String {
        self.transport.metrics_text()
    }

    #[cfg(feature = "informers")]
    pub(crate) fn transport(&self) -> &transport::Transport {
        &self.transport
    }

    /// Returns a client whose writes an observer sees.
    #[cfg(feature = "informers")]
    pub(crate) fn observed(&self, observer: std::sync::Arc<dyn WriteObserver>) -> Self {
        Client { transport: self.transport.observed(observer), ..self.clone() }
    }

    /// Returns a client for the objects of a kind in one namespace.
    pub fn namespaced<K>(&self, namespace: &str) -> Namespaced<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        self.namespaced_with(namespace, ())
    }

    /// Returns a client for the objects of a kind in all namespaces, to list and to watch.
    pub fn all_namespaces<K>(&self) -> AllNamespaces<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        self.all_namespaces_with(())
    }

    /// Returns a client for the objects of a cluster-scoped kind.
    pub fn cluster<K>(&self) -> Cluster<K>
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope>,
    {
        self.cluster_with(())
    }

    /// [`namespaced`](Self::namespaced) for a kind that is known only at run time.
    pub fn namespaced_with<K: Resource>(&self, namespace: &str, kind: K::DynamicType) -> Namespaced<K> {
        ResourceClient::new(self.transport.clone(), Some(namespace.to_owned()), kind)
            .with_field_manager(self.field_manager)
    }

    /// Returns a client for an object and those in the same namespace; if it is cluster-scoped, for all objects of its kind.
    #[cfg(feature = "controllers")]
    pub(crate) fn beside<K: Resource>(&self, object: &K, kind: K::DynamicType) -> Namespaced<K> {
        let namespace = object.meta().namespace.clone();
        ResourceClient::new(self.transport.clone(), namespace, kind).with_field_manager(self.field_manager)
    }

    /// [`all_namespaces`](Self::all_namespaces) for a kind that is known only at run time.
    pub fn all_namespaces_with<K: Resource>(&self, kind: K::DynamicType) -> AllNamespaces<K> {
        ResourceClient::new(self.transport.clone(), None, kind).with_field_manager(self.field_manager)
    }

    /// [`cluster`](Self::cluster) for a kind that is known only at run time.
    pub fn cluster_with<K: Resource>(&self, kind: K::DynamicType) -> Cluster<K> {
        ResourceClient::new(self.transport.clone(), None, kind).with_field_manager(self.field_manager)
    }
}

impl From<kube::Client> for Client {
    fn from(kube: kube::Client) -> Self {
        Client::builder().over(kube)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").field("default_namespace", &self.default_namespace()).finish_non_exhaustive()
    }
}

/// Implements the constructors and conversions of a clientset: a struct with a field `client: Client`.
#[macro_export]
macro_rules! clientset {
    ($name:ident) => {
        impl $name {
            /// Creates a clientset from the kubeconfig, or from the pod's service account.
            ///
            /// # Errors
            /// Returns an error if neither exists, or if the configuration is not valid.
            pub async fn try_default() -> ::core::result::Result<Self, $crate::client::Error> {
                $crate::client::Client::try_default().await.map(Self::from)
            }

            /// Returns the underlying client, for kinds of other groups.
            pub fn client(&self) -> &$crate::client::Client {
                &self.client
            }

            /// Returns the underlying client of kube.
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

    fn try_from(config: kube::Config) -> Result<Self, Error> {
        Client::builder().connect_to(config)
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    /// This test verifies at compile time that all futures are `Send`.
    #[test]
    fn futures_of_all_verbs_are_send() {
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
            spawnable(maps.items(&ListOptions::default()));
            spawnable(maps.wait_for("one", wait::exists(), std::time::Duration::ZERO));
            spawnable(maps.wait_for_all(&ListOptions::default(), wait::deleted(), std::time::Duration::ZERO));
            spawnable(maps.create_or_update(map, |map| map.data = None));
            spawnable(maps.add_finalizer(map, "example.com/ours"));
            spawnable(maps.delete_collection(&ListOptions::default(), &DeleteOptions::default()));
        }
        let _ = verbs;
    }
}
