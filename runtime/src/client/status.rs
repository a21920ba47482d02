//! The status subresource, for kinds that have it.

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, OneObject, Patch, PatchOptions, ResourceClient, WriteOptions};
use crate::resource::HasStatusSubresource;

pub(super) const STATUS: &str = "status";

impl<K, S: OneObject> ResourceClient<K, S>
where
    K: Resource + HasStatusSubresource + DeserializeOwned + Serialize,
{
    /// Replaces the status of the object of the same name, and nothing else. It must carry the resource version that it was
    /// read with.
    pub async fn update_status(&self, object: &K) -> Result<K, Error> {
        self.update_status_with(object, &WriteOptions::default()).await
    }

    /// [`update_status`](Self::update_status) with options.
    pub async fn update_status_with(&self, object: &K, options: &WriteOptions) -> Result<K, Error> {
        self.replace("update status of", Some(STATUS), object, options).await
    }

    /// Changes the status of the object of this name, and nothing else. The patch is of the whole object:
    /// `{"status": {…}}`.
    pub async fn patch_status(
        &self,
        name: &str,
        patch: &Patch<impl Serialize>,
        options: &PatchOptions,
    ) -> Result<K, Error> {
        self.patch_at("patch status of", name, Some(STATUS), patch, options).await
    }

    /// Reads the object, lets `change` work on it, and sends what changed in its status, as [`modify`](Self::modify) does
    /// for the rest.
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
