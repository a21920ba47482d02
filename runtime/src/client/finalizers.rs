//! Adding and removing finalizers.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/>

use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Error, Patch, PatchOptions, Reason, ResourceClient, UpdateScope};

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// Adds a finalizer to the object, unless it has it. `object` may be from a cache: if it has the finalizer, no request is
    /// sent and `None` is returned. Otherwise the object is returned as stored. Finalizers that others add or remove at the
    /// same time are kept.
    ///
    /// ```
    /// use kube_client_runtime::client::{Client, Error};
    /// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
    ///
    /// async fn reconcile(client: Client, map: &ConfigMap) -> Result<(), Error> {
    ///     let maps = client.namespaced::<ConfigMap>("default");
    ///     if map.metadata.deletion_timestamp.is_none() {
    ///         maps.add_finalizer(map, "example.com/cleanup").await?;
    ///     } else {
    ///         // … clean up, then:
    ///         maps.remove_finalizer(map, "example.com/cleanup").await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns an error if a request fails: the API server rejects new finalizers of an object that is being deleted. It is also an error
    /// if the object was deleted, or deleted and created again.
    pub async fn add_finalizer(&self, object: &K, finalizer: &str) -> Result<Option<K>, Error> {
        self.change_finalizers("add finalizer to", object, |current| {
            let finalizers = finalizers(current);
            if finalizers.iter().any(|other| other == finalizer) {
                return None;
            }
            // The resource version excludes that another client adds the same finalizer at the same time.
            let version =
                json!({"op": "replace", "path": "/metadata/resourceVersion", "value": current.meta().resource_version});
            Some(if finalizers.is_empty() {
                vec![version, json!({"op": "add", "path": "/metadata/finalizers", "value": [finalizer]})]
            } else {
                vec![version, json!({"op": "add", "path": "/metadata/finalizers/-", "value": finalizer})]
            })
        })
        .await
    }

    /// Removes a finalizer from the object, if it has it. `object` may be from a cache: if it does not have the finalizer, no
    /// request is sent and `None` is returned, and so it is if the object was deleted. Otherwise the object is returned as
    /// stored. Other finalizers are kept.
    ///
    /// # Errors
    /// Returns an error if a request fails.
    pub async fn remove_finalizer(&self, object: &K, finalizer: &str) -> Result<Option<K>, Error> {
        let removed = self.change_finalizers("remove finalizer from", object, |current| {
            let index = finalizers(current).iter().position(|other| other == finalizer)?;
            let path = format!("/metadata/finalizers/{index}");
            // Only the position must be current: changes of the rest of the object do not matter.
            Some(vec![json!({"op": "test", "path": path, "value": finalizer}), json!({"op": "remove", "path": path})])
        });
        match removed.await {
            Err(error) if error.is_not_found() || is_replaced(&error) => Ok(None),
            result => result,
        }
    }

    /// Patches the object of the same uid, and reads it again if the patch does not apply to it any more.
    async fn change_finalizers(
        &self,
        verb: &'static str,
        object: &K,
        operations: impl Fn(&K) -> Option<Vec<Value>>,
    ) -> Result<Option<K>, Error> {
        let meta = object.meta();
        let name = meta.name.as_deref().unwrap_or_default();
        let Some(mut operations_now) = operations(object) else { return Ok(None) };
        let mut delays = self.backoff.delays();
        loop {
            let same = json!({"op": "test", "path": "/metadata/uid", "value": meta.uid});
            let patch: Vec<Value> = std::iter::once(same).chain(operations_now).collect();
            let error = match self.patch_at(verb, name, None, &Patch::Json(patch), &PatchOptions::default()).await {
                Ok(stored) => return Ok(Some(stored)),
                Err(error) => error,
            };
            // A test that fails is a 422, a resource version that is not current a 409.
            if !(error.is_conflict() || error.is_invalid()) {
                return Err(error);
            }
            let Some(delay) = delays.next() else { return Err(error) };
            tokio::time::sleep(delay).await;
            let current = self.get(name).await?;
            if current.meta().uid != meta.uid {
                return Err(self.action(verb, Some(name)).invalid(REPLACED));
            }
            // The object did not change: it was rejected for another reason than a race.
            if error.is_invalid() && current.meta().resource_version == meta.resource_version {
                return Err(error);
            }
            match operations(&current) {
                Some(next) => operations_now = next,
                None => return Ok(Some(current)),
            }
        }
    }
}

const REPLACED: &str = "the object was deleted and created again since it was read";

fn is_replaced(error: &Error) -> bool {
    matches!(&error.reason, Reason::Invalid(message) if message == REPLACED)
}

fn finalizers<K: Resource>(object: &K) -> &[String] {
    object.meta().finalizers.as_deref().unwrap_or_default()
}
