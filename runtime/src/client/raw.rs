//! Requests for manifests: raw JSON, with the status and the warnings of the answer.

use http::Method;
use kube::Resource;

use super::request::{Query, with_body, without_body};
use super::transport::warnings;
use super::{Client, Error, GetOptions, NamedObjectScope, Patch, PatchOptions, ResourceClient, UpdateScope};
use crate::decode;
use crate::types::Json;

/// The scope of a kind that is known only at run time: one namespace, or cluster-scoped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyScope {}

impl NamedObjectScope for AnyScope {}
impl UpdateScope for AnyScope {}

/// A successful answer to an apply.
pub(crate) struct RawAnswer {
    /// Whether the object was created.
    pub(crate) created: bool,
    /// The warnings of the API server.
    pub(crate) warnings: Vec<String>,
    /// The object.
    pub(crate) object: Json,
}

impl Client {
    /// Returns a client for the objects of a kind in one namespace, or of a cluster-scoped kind.
    pub(crate) fn objects<K: Resource>(
        &self,
        namespace: Option<&str>,
        kind: K::DynamicType,
    ) -> ResourceClient<K, AnyScope> {
        ResourceClient::new(self.transport.clone(), namespace.map(str::to_owned), kind)
            .with_field_manager(self.field_manager)
    }
}

impl<K: Resource> ResourceClient<K, AnyScope> {
    /// Reads an object as JSON; `None` if it does not exist.
    pub(crate) async fn get_json(&self, name: &str) -> Result<Option<Json>, Error> {
        let action = self.action("get", Some(name));
        let request = self.request(Method::GET, &action, None, Query::get(&GetOptions::default()))?;
        let text = match self.transport.text(without_body(request, &action)?).await {
            Ok(text) => text,
            Err(source) => {
                let error = action.failed(source);
                return if error.is_not_found() { Ok(None) } else { Err(error) };
            }
        };
        decode::json(&text).map(Some).map_err(|source| action.decode(source))
    }

    /// Applies JSON server-side.
    pub(crate) async fn apply_json(&self, name: &str, body: &Json, options: &PatchOptions) -> Result<RawAnswer, Error> {
        let action = self.action("apply", Some(name));
        let patch = Patch::Apply(body);
        let builder = self.request(Method::PATCH, &action, None, Query::patch(options, None))?;
        let request = with_body(builder, patch.content_type(), patch.body(), &action)?;
        let answer = self.transport.answer(request).await.map_err(|source| action.failed(source))?;
        let warnings = warnings(answer.headers()).into_iter().map(|warning| warning.text).collect();
        let object = decode::json(answer.body()).map_err(|source| action.decode(source))?;
        Ok(RawAnswer { created: answer.status() == http::StatusCode::CREATED, warnings, object })
    }
}
