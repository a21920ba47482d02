//! The scope of a client, as a type parameter.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::core::DynamicResourceScope;

use super::Backoff;
use super::transport::Transport;

/// The scope of one namespace.
#[derive(Clone, Copy, Debug)]
pub enum InNamespace {}
/// The scope of cluster-scoped objects.
#[derive(Clone, Copy, Debug)]
pub enum InCluster {}
/// The scope of all namespaces.
#[derive(Clone, Copy, Debug)]
pub enum InAllNamespaces {}

/// The scope `S`, for a version of a kind whose updates delete fields that other versions store.
///
/// Without a conversion webhook, the API server prunes objects by the schema of the version in the request. It writes the whole
/// object, also for a patch or an apply: fields that the version does not have are deleted, whatever the request changes. A
/// client of this scope therefore reads, creates and deletes objects, and changes them only after
/// [`allow_field_loss`](ResourceClient::allow_field_loss). Clientsets return it for such versions.
///
/// ```
/// use kube_client_runtime::client::{Client, Error, LossyNamespaced};
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// async fn write(maps: LossyNamespaced<ConfigMap>) -> Result<ConfigMap, Error> {
///     let map = maps.get("settings").await?;
///     maps.allow_field_loss().update(&map).await
/// }
/// ```
///
/// Without it, the methods do not exist:
///
/// ```compile_fail,E0599
/// # use kube_client_runtime::client::{Client, Error, LossyNamespaced};
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// async fn write(maps: LossyNamespaced<ConfigMap>) -> Result<ConfigMap, Error> {
///     let map = maps.get("settings").await?;
///     maps.update(&map).await
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use kube_client_runtime::client::{Client, Error, LossyNamespaced};
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// async fn write(maps: LossyNamespaced<ConfigMap>) -> Result<ConfigMap, Error> {
///     maps.modify("settings", |map| map.data = None).await
/// }
/// ```
///
/// Source: `apiextensions-apiserver/pkg/apiserver/customresource_handler.go`, `schemaCoercingConverter`
#[derive(Debug)]
pub struct LossyUpdates<S>(PhantomData<S>);

/// Scopes in which a name identifies one object, so that the verbs for single objects are supported.
pub trait NamedObjectScope {}
impl NamedObjectScope for InNamespace {}
impl NamedObjectScope for InCluster {}
impl<S: NamedObjectScope> NamedObjectScope for LossyUpdates<S> {}

/// Scopes in which stored objects can be changed.
#[diagnostic::on_unimplemented(
    message = "changes through this client are not possible",
    note = "if its version deletes fields that other versions store, call `allow_field_loss()` first, or use another version"
)]
pub trait UpdateScope: NamedObjectScope {}
impl UpdateScope for InNamespace {}
impl UpdateScope for InCluster {}

/// A client for the objects of kind `K` in the scope `S`.
pub struct ResourceClient<K: Resource, S> {
    pub(crate) transport: Transport,
    pub(super) namespace: Option<String>,
    pub(crate) kind: K::DynamicType,
    /// The path of the collection.
    pub(super) path: Arc<str>,
    /// The default field manager.
    pub(super) field_manager: Option<&'static str>,
    /// The backoff of `modify` after a conflict.
    pub(super) backoff: Backoff,
    scope: PhantomData<S>,
}

/// A client for the objects in one namespace.
pub type Namespaced<K> = ResourceClient<K, InNamespace>;
/// A client for the objects of a cluster-scoped kind.
pub type Cluster<K> = ResourceClient<K, InCluster>;
/// A client for the objects in one namespace, see [`LossyUpdates`].
pub type LossyNamespaced<K> = ResourceClient<K, LossyUpdates<InNamespace>>;
/// A client for the objects of a cluster-scoped kind, see [`LossyUpdates`].
pub type LossyCluster<K> = ResourceClient<K, LossyUpdates<InCluster>>;
/// A client for the objects in all namespaces: `list` and `watch`.
pub type AllNamespaces<K> = ResourceClient<K, InAllNamespaces>;

impl<K: Resource, S> ResourceClient<K, S> {
    pub(crate) fn new(transport: Transport, namespace: Option<String>, kind: K::DynamicType) -> Self {
        let path = K::url_path(&kind, namespace.as_deref()).into();
        ResourceClient {
            transport,
            namespace,
            kind,
            path,
            field_manager: None,
            backoff: Backoff::default(),
            scope: PhantomData,
        }
    }

    pub(super) fn with_field_manager(self, field_manager: Option<&'static str>) -> Self {
        ResourceClient { field_manager, ..self }
    }

    /// Sets the backoff of [`modify`](Self::modify) and [`modify_status`](Self::modify_status) after a conflict.
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        ResourceClient { backoff, ..self }
    }

    fn with_scope<T>(self) -> ResourceClient<K, T> {
        ResourceClient {
            transport: self.transport,
            namespace: self.namespace,
            kind: self.kind,
            path: self.path,
            field_manager: self.field_manager,
            backoff: self.backoff,
            scope: PhantomData,
        }
    }

    /// Returns the namespace, if the client is limited to one.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

impl<K: Resource, S: UpdateScope> ResourceClient<K, S> {
    /// Returns a client that changes objects only after [`allow_field_loss`](ResourceClient::allow_field_loss).
    pub fn lossy_updates(self) -> ResourceClient<K, LossyUpdates<S>> {
        self.with_scope()
    }
}

impl<K: Resource, S: UpdateScope> ResourceClient<K, LossyUpdates<S>> {
    /// Returns a client that can change objects, although each change deletes the fields that only other versions have. The
    /// documentation of the kind lists them.
    pub fn allow_field_loss(self) -> ResourceClient<K, S> {
        self.with_scope()
    }
}

/// kube's scopes of kinds that may be namespaced; kube has a separate constructor of [`kube::Api`] for each.
pub trait NamespacedApi<K: Resource<Scope = Self>>: Sized {
    /// Returns kube's client for the objects of a kind in one namespace.
    fn api(client: kube::Client, namespace: &str, kind: &K::DynamicType) -> kube::Api<K>;
}

impl<K: Resource<Scope = Self, DynamicType: Default>> NamespacedApi<K> for NamespaceResourceScope {
    fn api(client: kube::Client, namespace: &str, _: &K::DynamicType) -> kube::Api<K> {
        kube::Api::namespaced(client, namespace)
    }
}

impl<K: Resource<Scope = Self>> NamespacedApi<K> for DynamicResourceScope {
    fn api(client: kube::Client, namespace: &str, kind: &K::DynamicType) -> kube::Api<K> {
        kube::Api::namespaced_with(client, namespace, kind)
    }
}

impl<K: Resource<Scope: NamespacedApi<K>>> ResourceClient<K, InNamespace> {
    /// Returns kube's client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        K::Scope::api(self.transport.kube().clone(), self.namespace.as_deref().unwrap_or_default(), &self.kind)
    }
}

impl<K: Resource> ResourceClient<K, InCluster> {
    /// Returns kube's client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        kube::Api::all_with(self.transport.kube().clone(), &self.kind)
    }
}

impl<K: Resource> ResourceClient<K, InAllNamespaces> {
    /// Returns kube's client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        kube::Api::all_with(self.transport.kube().clone(), &self.kind)
    }
}

impl<K: Resource, S> Clone for ResourceClient<K, S>
where
    K::DynamicType: Clone,
{
    fn clone(&self) -> Self {
        ResourceClient {
            transport: self.transport.clone(),
            namespace: self.namespace.clone(),
            kind: self.kind.clone(),
            path: Arc::clone(&self.path),
            field_manager: self.field_manager,
            backoff: self.backoff,
            scope: PhantomData,
        }
    }
}

impl<K: Resource, S> fmt::Debug for ResourceClient<K, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ResourceClient")
            .field("kind", &K::kind(&self.kind))
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
