//! Where a client works, told by its type.

use std::fmt;
use std::marker::PhantomData;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::core::DynamicResourceScope;

use super::Backoff;

/// In one namespace.
#[derive(Clone, Copy, Debug)]
pub enum InNamespace {}
/// In the cluster as a whole.
#[derive(Clone, Copy, Debug)]
pub enum InCluster {}
/// In all namespaces at once.
#[derive(Clone, Copy, Debug)]
pub enum InAllNamespaces {}

/// Places in which a name means one object, so that all verbs exist.
pub trait OneObject {}
impl OneObject for InNamespace {}
impl OneObject for InCluster {}

/// A client for the objects of kind `K` in the place `S`.
pub struct ResourceClient<K: Resource, S> {
    pub(crate) kube: kube::Client,
    pub(super) namespace: Option<String>,
    pub(crate) kind: K::DynamicType,
    /// The field manager of writes without one.
    pub(super) field_manager: Option<&'static str>,
    /// How `modify` retries after a conflict.
    pub(super) backoff: Backoff,
    place: PhantomData<S>,
}

/// A client for the objects of one namespace.
pub type Namespaced<K> = ResourceClient<K, InNamespace>;
/// A client for the objects of a kind that belongs to the cluster.
pub type Cluster<K> = ResourceClient<K, InCluster>;
/// A client for the objects of all namespaces: `list` and `watch`.
pub type AllNamespaces<K> = ResourceClient<K, InAllNamespaces>;

impl<K: Resource, S> ResourceClient<K, S> {
    pub(crate) fn new(kube: kube::Client, namespace: Option<String>, kind: K::DynamicType) -> Self {
        ResourceClient { kube, namespace, kind, field_manager: None, backoff: Backoff::default(), place: PhantomData }
    }

    pub(super) fn managed_by(self, field_manager: Option<&'static str>) -> Self {
        ResourceClient { field_manager, ..self }
    }

    /// Sets how often [`modify`](Self::modify) and [`modify_status`](Self::modify_status) try again after a conflict, and the
    /// delays in between.
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        ResourceClient { backoff, ..self }
    }

    /// The namespace, if it is one.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

/// Scopes of kinds that can be in a namespace, as kube has a constructor of [`kube::Api`] for each.
pub trait NamespacedApi<K: Resource<Scope = Self>>: Sized {
    /// kube's client for the objects of a kind in one namespace.
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
    /// kube's own client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        K::Scope::api(self.kube.clone(), self.namespace.as_deref().unwrap_or_default(), &self.kind)
    }
}

impl<K: Resource> ResourceClient<K, InCluster> {
    /// kube's own client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        kube::Api::all_with(self.kube.clone(), &self.kind)
    }
}

impl<K: Resource> ResourceClient<K, InAllNamespaces> {
    /// kube's own client for the same objects.
    pub fn api(&self) -> kube::Api<K> {
        kube::Api::all_with(self.kube.clone(), &self.kind)
    }
}

impl<K: Resource, S> Clone for ResourceClient<K, S>
where
    K::DynamicType: Clone,
{
    fn clone(&self) -> Self {
        ResourceClient {
            kube: self.kube.clone(),
            namespace: self.namespace.clone(),
            kind: self.kind.clone(),
            field_manager: self.field_manager,
            backoff: self.backoff,
            place: PhantomData,
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
