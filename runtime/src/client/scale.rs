//! The scale subresource.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource>

pub use k8s_openapi::api::autoscaling::v1::Scale;
use kube::Resource;
use serde::Serialize;

use super::{Error, GetOptions, NamedObjectScope, Patch, PatchOptions, ResourceClient, UpdateScope, WriteOptions};
use crate::resource::HasScaleSubresource;

pub(super) const SCALE: &str = "scale";

/// ```
/// use kube_client_runtime::client::{Client, Error};
/// use kube_client_runtime::k8s_openapi::api::apps::v1::Deployment;
///
/// async fn scale_up(client: Client) -> Result<(), Error> {
///     let deployments = client.namespaced::<Deployment>("default");
///     let mut scale = deployments.get_scale("search").await?;
///     scale.spec.get_or_insert_default().replicas = Some(3);
///     deployments.update_scale(&scale).await?;
///     Ok(())
/// }
/// ```
///
/// A kind without the scale subresource has no methods for it:
///
/// ```compile_fail,E0599
/// # use kube_client_runtime::client::Client;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// async fn scale(client: Client) {
///     let _ = client.namespaced::<ConfigMap>("default").get_scale("settings").await;
/// }
/// ```
impl<K, S: NamedObjectScope> ResourceClient<K, S>
where
    K: Resource + HasScaleSubresource,
{
    /// Reads the scale of the object of this name.
    pub async fn get_scale(&self, name: &str) -> Result<Scale, Error> {
        self.read_scale(name).await
    }
}

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + HasScaleSubresource,
{
    /// Replaces the scale of the object that the scale names. With a resource version, the server returns a conflict if the
    /// object was modified since.
    pub async fn update_scale(&self, scale: &Scale) -> Result<Scale, Error> {
        self.update_scale_with(scale, &WriteOptions::default()).await
    }

    /// [`update_scale`](Self::update_scale) with options.
    pub async fn update_scale_with(&self, scale: &Scale, options: &WriteOptions) -> Result<Scale, Error> {
        self.replace_scale(scale, options).await
    }

    /// Patches the scale of the object of this name: `{"spec": {"replicas": 3}}`. With [`Patch::Apply`], the field manager
    /// owns the replicas; the API server supports it only for built-in kinds, and answers 500 for custom resources.
    pub async fn patch_scale(
        &self,
        name: &str,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<Scale, Error> {
        self.change_scale(name, patch, options).await
    }
}

impl<K: Resource, S: NamedObjectScope> ResourceClient<K, S> {
    pub(crate) async fn read_scale(&self, name: &str) -> Result<Scale, Error> {
        self.get_at("get scale of", name, Some(SCALE), &GetOptions::default()).await
    }

    pub(crate) async fn replace_scale(&self, scale: &Scale, options: &WriteOptions) -> Result<Scale, Error> {
        let name = scale.metadata.name.as_deref().unwrap_or_default();
        self.put_at("update scale of", name, Some(SCALE), scale, options).await
    }

    pub(crate) async fn change_scale(
        &self,
        name: &str,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<Scale, Error> {
        self.patch_at("patch scale of", name, Some(SCALE), patch, options).await
    }
}
