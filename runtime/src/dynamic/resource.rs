//! A resource that discovery lists, and clients for it.

use kube::core::{ApiResource, DynamicObject, GroupVersionKind, GroupVersionResource};
use serde::Serialize;

use crate::client::{
    AllNamespaces, Client, Cluster, Error, NamedObjectScope, Namespaced, Patch, PatchOptions, ResourceClient, Scale,
    UpdateScope, WriteOptions,
};
use crate::resource::Scope;

/// A resource that discovery lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredResource {
    /// Group, version, kind and plural.
    pub api_resource: ApiResource,
    /// The scope of the kind.
    pub scope: Scope,
    /// The singular; may be empty.
    pub singular: String,
    /// The short names.
    pub short_names: Vec<String>,
    /// The categories, such as `all`.
    pub categories: Vec<String>,
    /// The verbs.
    pub verbs: Vec<String>,
    /// The subresources, such as `status`.
    pub subresources: Vec<String>,
}

/// A request that the kind does not support.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KindError {
    /// The kind is cluster-scoped.
    #[error("{0} is cluster-scoped: use `cluster`")]
    ClusterScoped(String),
    /// The kind is namespaced.
    #[error("{0} is namespaced: use `namespaced` or `all_namespaces`")]
    Namespaced(String),
    /// The kind does not have the subresource.
    #[error("{kind} has no subresource {subresource:?}")]
    NoSubresource {
        /// The kind.
        kind: String,
        /// The subresource.
        subresource: &'static str,
    },
}

impl DiscoveredResource {
    /// Returns group, version and kind.
    pub fn gvk(&self) -> GroupVersionKind {
        let ApiResource { group, version, kind, .. } = &self.api_resource;
        GroupVersionKind::gvk(group, version, kind)
    }

    /// Returns group, version and resource (plural).
    pub fn gvr(&self) -> GroupVersionResource {
        let ApiResource { group, version, plural, .. } = &self.api_resource;
        GroupVersionResource::gvr(group, version, plural)
    }

    /// Returns whether the resource supports a verb, such as `list`.
    pub fn supports(&self, verb: &str) -> bool {
        self.verbs.iter().any(|other| other == verb)
    }

    /// Returns whether the resource has a subresource, such as `scale`.
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.iter().any(|other| other == name)
    }

    /// Returns a client for the objects in one namespace.
    ///
    /// # Errors
    /// Returns an error if the kind is cluster-scoped.
    pub fn namespaced(&self, client: &Client, namespace: &str) -> Result<Namespaced<DynamicObject>, KindError> {
        match self.scope {
            Scope::Namespaced => Ok(client.namespaced_with(namespace, self.api_resource.clone())),
            Scope::Cluster => Err(KindError::ClusterScoped(self.text())),
        }
    }

    /// Returns a client for the objects of a cluster-scoped kind.
    ///
    /// # Errors
    /// Returns an error if the kind is namespaced.
    pub fn cluster(&self, client: &Client) -> Result<Cluster<DynamicObject>, KindError> {
        match self.scope {
            Scope::Cluster => Ok(client.cluster_with(self.api_resource.clone())),
            Scope::Namespaced => Err(KindError::Namespaced(self.text())),
        }
    }

    /// Returns a client for all objects, in all namespaces or cluster-scoped, to list and to watch.
    pub fn all_namespaces(&self, client: &Client) -> AllNamespaces<DynamicObject> {
        client.all_namespaces_with(self.api_resource.clone())
    }

    /// Returns a client for the scales of the objects of `objects`.
    ///
    /// # Errors
    /// Returns an error if the kind does not have the scale subresource.
    pub fn scales<S: NamedObjectScope>(
        &self,
        objects: ResourceClient<DynamicObject, S>,
    ) -> Result<Scales<S>, KindError> {
        let subresource = "scale";
        if self.has_subresource(subresource) {
            Ok(Scales { objects })
        } else {
            Err(KindError::NoSubresource { kind: self.text(), subresource })
        }
    }

    /// `Deployment.apps/v1`
    fn text(&self) -> String {
        format!("{}.{}", self.api_resource.kind, self.api_resource.api_version)
    }
}

/// A client for the scales of dynamic objects.
#[derive(Clone, Debug)]
pub struct Scales<S> {
    objects: ResourceClient<DynamicObject, S>,
}

impl<S: NamedObjectScope> Scales<S> {
    /// Reads the scale of the object of this name.
    ///
    /// # Errors
    /// Returns an error if the request fails.
    pub async fn get(&self, name: &str) -> Result<Scale, Error> {
        self.objects.read_scale(name).await
    }
}

impl<S: UpdateScope> Scales<S> {
    /// Replaces the scale of the object that the scale names.
    ///
    /// # Errors
    /// Returns an error if the request fails.
    pub async fn update(&self, scale: &Scale, options: &WriteOptions) -> Result<Scale, Error> {
        self.objects.replace_scale(scale, options).await
    }

    /// Patches the scale of the object of this name.
    ///
    /// # Errors
    /// Returns an error if the request fails.
    pub async fn patch(
        &self,
        name: &str,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<Scale, Error> {
        self.objects.change_scale(name, patch, options).await
    }
}
