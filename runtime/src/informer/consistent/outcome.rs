//! Questions to the API server about writes whose outcome is not known.

use http::header::{ACCEPT, HeaderValue};
use http::{Method, Request};
use kube::Resource;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::ConsistentClient;
use super::error::ReadError;
use super::ledger::{Effect, Range, Unresolved};
use crate::client::{AllNamespaces, Error, ListOptions, Query, ResourceClient};
use crate::informer::version::ResourceVersion;

const OBJECT: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// An object or a list of which only the version is decoded.
#[derive(Deserialize)]
struct Versioned {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    resource_version: String,
}

impl<K> ConsistentClient<K>
where
    K: Resource<DynamicType: Clone + Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Asks the API server about the writes whose outcome is not known.
    pub(super) async fn resolve(&self, range: &Range) -> Result<(), ReadError> {
        let ledger = &self.consistency.ledger;
        if ledger.unresolved(range).is_empty() && ledger.unfenced(range).is_empty() {
            return Ok(());
        }
        let turn = self.consistency.resolving.lock().await;
        for (scope, number, write) in ledger.unresolved(range) {
            let effect = self.outcome(scope, &write).await?;
            ledger.resolve(scope, number, effect);
        }
        for (scope, number) in ledger.unfenced(range) {
            let version = self.current_version(scope).await?;
            ledger.set_fence(scope, number, &version);
        }
        drop(turn);
        Ok(())
    }

    /// Returns what the cache has to reach for a write, whether or not it was executed.
    async fn outcome(&self, scope: usize, write: &Unresolved) -> Result<Effect, ReadError> {
        let Some(name) = &write.name else { return Ok(Effect::Version(self.current_version(scope).await?)) };
        match self.version(write.namespace.as_deref(), Some(name), OBJECT).await {
            // Other objects of the name may have existed since the write: only a version says that the cache has seen them all.
            Err(ReadError::UnknownOutcome(error)) if error.is_not_found() => {
                Ok(Effect::Version(self.current_version(scope).await?))
            }
            result => result.map(Effect::Version),
        }
    }

    /// Returns a version that is not older than any write that has ended.
    async fn current_version(&self, scope: usize) -> Result<ResourceVersion, ReadError> {
        let namespace = self.informer.shared.cache.read().scopes[scope].namespace.clone();
        self.version(namespace.as_deref(), None, LIST).await
    }

    /// Returns the version of an object or, without a name, of a list.
    async fn version(
        &self,
        namespace: Option<&str>,
        name: Option<&str>,
        media_type: &'static str,
    ) -> Result<ResourceVersion, ReadError> {
        let transport = self.client().transport().clone();
        let kind = self.informer.shared.kind.clone();
        let client: AllNamespaces<K> = ResourceClient::new(transport, namespace.map(str::to_owned), kind);
        let action = client.action(if name.is_some() { "get" } else { "list" }, name);
        let options = ListOptions { limit: name.is_none().then_some(1), ..ListOptions::default() };
        let failed = |error: Error| ReadError::UnknownOutcome(error);
        let builder = client.request(Method::GET, &action, None, Query::list(&options)).map_err(failed)?;
        let mut request: Request<Vec<u8>> = builder.body(Vec::new()).map_err(|error| failed(action.build(&error)))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(media_type));
        let answer = client.transport.text(request).await.map_err(|error| failed(action.failed(error)))?;
        let answer = serde_json::from_slice::<Versioned>(&answer);
        let answer = answer.map_err(|error| failed(action.failed(kube::Error::SerdeError(error))))?;
        Ok(answer.metadata.resource_version.parse()?)
    }
}
