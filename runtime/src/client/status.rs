//! The status subresource.

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Patch, PatchOptions, ResourceClient, UpdateScope, WriteOptions};
use crate::resource::HasStatusSubresource;

pub(super) const STATUS: &str = "status";

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + HasStatusSubresource + DeserializeOwned + Serialize,
{
    /// Replaces the status of the object. The object must contain the resource version that it was read with.
    pub async fn update_status(&self, object: &K) -> Result<K, Error> {
        self.update_status_with(object, &WriteOptions::default()).await
    }

    /// [`update_status`](Self::update_status) with options.
    pub async fn update_status_with(&self, object: &K, options: &WriteOptions) -> Result<K, Error> {
        self.replace("update status of", Some(STATUS), object, options).await
    }

    /// Patches the status of the object of this name. The patch applies to the whole object: `{"status": {…}}`.
    pub async fn patch_status(
        &self,
        name: &str,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<K, Error> {
        self.patch_at("patch status of", name, Some(STATUS), patch, options).await
    }

    /// Reads the object, applies `change` to it, and patches what changed in its status. See [`modify`](Self::modify).
    pub async fn modify_status(&self, name: &str, change: impl FnMut(&mut K)) -> Result<K, Error> {
        self.modify_status_with(name, &PatchOptions::default(), change).await
    }

    /// [`modify_status`](Self::modify_status) with options.
    pub async fn modify_status_with(
        &self,
        name: &str,
        options: &PatchOptions,
        change: impl FnMut(&mut K),
    ) -> Result<K, Error> {
        self.modify_at("modify status of", name, Some(STATUS), options, change).await
    }
}
