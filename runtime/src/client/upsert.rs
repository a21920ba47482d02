//! Creating an object or changing the existing one.
//!
//! Source: `sigs.k8s.io/controller-runtime/pkg/controller/controllerutil`, `CreateOrUpdate` and `CreateOrPatch`

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::modify::Write;
use super::{Error, PatchOptions, ResourceClient, UpdateScope};
use crate::resource::HasStatusSubresource;

/// What `create_or_update` and `create_or_patch` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationResult {
    /// The object was created.
    Created,
    /// The object was changed.
    Updated,
    /// The object already was as wanted; nothing was written.
    Unchanged,
}

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize + Clone,
{
    /// Reads the object, applies `mutate` to it and replaces it (PUT) if that changed it; if it does not exist, applies
    /// `mutate` to `object` and creates it. `object` needs only a name. Fields that are unknown to the type are preserved.
    ///
    /// If the object is created or modified by others meanwhile, it is read again, as often as the client's
    /// [`Backoff`](super::Backoff) allows. `mutate` is then called again, with the new state.
    ///
    /// The replaced object contains all fields, so that the field manager of this client owns those that it changed.
    ///
    /// ```
    /// use kube_client_runtime::client::{Client, Error, OperationResult};
    /// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
    ///
    /// async fn configure(client: Client, level: &str) -> Result<OperationResult, Error> {
    ///     let mut settings = ConfigMap::default();
    ///     settings.metadata.name = Some("settings".to_owned());
    ///     let maps = client.namespaced::<ConfigMap>("default");
    ///     let (_, result) = maps
    ///         .create_or_update(&settings, |map| {
    ///             map.data.get_or_insert_default().insert("level".to_owned(), level.to_owned());
    ///         })
    ///         .await?;
    ///     Ok(result)
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns an error if `mutate` changes the name, or if a request fails.
    pub async fn create_or_update(
        &self,
        object: &K,
        mutate: impl FnMut(&mut K),
    ) -> Result<(K, OperationResult), Error> {
        self.upsert("create or update", Write::Update, object, mutate).await
    }

    /// [`create_or_update`](Self::create_or_update) that sends only what changed, as a patch that applies only to the state
    /// that was read. The status is not changed if it is a subresource.
    ///
    /// # Errors
    /// Returns an error if `mutate` changes the name, or if a request fails.
    pub async fn create_or_patch(&self, object: &K, mutate: impl FnMut(&mut K)) -> Result<(K, OperationResult), Error> {
        self.upsert("create or patch", Write::Patch, object, mutate).await
    }

    async fn upsert(
        &self,
        verb: &'static str,
        write: Write,
        object: &K,
        mut mutate: impl FnMut(&mut K),
    ) -> Result<(K, OperationResult), Error> {
        let name = object.meta().name.clone().unwrap_or_default();
        let mut delays = self.backoff.delays();
        loop {
            let error = match self.upsert_once(verb, write, &name, object, &mut mutate).await {
                Err(error) if error.is_conflict() || error.is_already_exists() => error,
                result => return result,
            };
            let Some(delay) = delays.next() else { return Err(error) };
            tokio::time::sleep(delay).await;
        }
    }

    async fn upsert_once(
        &self,
        verb: &'static str,
        write: Write,
        name: &str,
        object: &K,
        mutate: &mut impl FnMut(&mut K),
    ) -> Result<(K, OperationResult), Error> {
        let mut change = |object: &mut K| {
            mutate(object);
            let meta = object.meta();
            let moved = meta.namespace.as_deref().zip(self.namespace()).is_some_and(|(one, other)| one != other);
            if moved || meta.name.as_deref().unwrap_or_default() != name {
                return Err(self.action(verb, Some(name)).invalid(RENAMED));
            }
            Ok(())
        };
        match self.modify_once(verb, write, name, None, &PatchOptions::default(), &mut change).await {
            Ok((object, true)) => Ok((object, OperationResult::Updated)),
            Ok((object, false)) => Ok((object, OperationResult::Unchanged)),
            Err(error) if error.is_not_found() => {
                let mut created = object.clone();
                change(&mut created)?;
                self.create(&created).await.map(|object| (object, OperationResult::Created))
            }
            Err(error) => Err(error),
        }
    }
}

const RENAMED: &str = "the closure changed the name or the namespace of the object; they identify it";

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + HasStatusSubresource + DeserializeOwned + Serialize + Clone,
{
    /// [`create_or_patch`](Self::create_or_patch) that also patches the status: `mutate` is applied once more, to the object
    /// as stored, and what it changes in the status is sent.
    ///
    /// # Errors
    /// Returns an error if `mutate` changes the name, or if a request fails. The object may then be created or changed
    /// without its status.
    pub async fn create_or_patch_with_status(
        &self,
        object: &K,
        mut mutate: impl FnMut(&mut K),
    ) -> Result<(K, OperationResult), Error> {
        let (stored, result) = self.create_or_patch(object, &mut mutate).await?;
        let name = stored.meta().name.clone().unwrap_or_default();
        let before = stored.meta().resource_version.clone();
        let with_status = self.modify_status(&name, mutate).await?;
        let changed = with_status.meta().resource_version != before;
        let result = if changed && result == OperationResult::Unchanged { OperationResult::Updated } else { result };
        Ok((with_status, result))
    }
}
