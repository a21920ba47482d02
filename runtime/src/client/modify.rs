//! Changing an object without losing what its type does not know.

use http::Method;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::request::{Query, without_body};
use super::{Error, GetOptions, OneObject, Patch, PatchOptions, ResourceClient, carry};
use crate::decode::{self, depth, stack};
use crate::types::Json;

impl<K, S: OneObject> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize,
{
    /// Reads the object, lets `change` work on it, and sends what changed, and only that: fields that a newer version of
    /// the CRD has and this type has not stay as they are. If someone else wrote in between, all of it happens again,
    /// as often as the client's [`Backoff`](super::Backoff) allows ([`with_backoff`](Self::with_backoff)). Without a change nothing is sent.
    pub async fn modify(&self, name: &str, change: impl FnMut(&mut K)) -> Result<K, Error> {
        self.modify_with(name, &PatchOptions::default(), change).await
    }

    /// [`modify`](Self::modify) with options.
    pub async fn modify_with(
        &self,
        name: &str,
        options: &PatchOptions,
        change: impl FnMut(&mut K),
    ) -> Result<K, Error> {
        self.modify_at("modify", name, None, options, change).await
    }

    pub(super) async fn modify_at(
        &self,
        verb: &'static str,
        name: &str,
        subresource: Option<&str>,
        options: &PatchOptions,
        mut change: impl FnMut(&mut K),
    ) -> Result<K, Error> {
        for delay in self.backoff.delays() {
            match self.modify_once(verb, name, subresource, options, &mut change).await {
                Err(error) if error.is_conflict() => tokio::time::sleep(delay).await,
                done => return done,
            }
        }
        self.modify_once(verb, name, subresource, options, &mut change).await
    }

    async fn modify_once(
        &self,
        verb: &'static str,
        name: &str,
        subresource: Option<&str>,
        options: &PatchOptions,
        change: &mut impl FnMut(&mut K),
    ) -> Result<K, Error> {
        let action = self.action(verb, Some(name));
        let read = self.request(Method::GET, &action, subresource, Query::get(&GetOptions::default()))?;
        let read = without_body(read, &action)?;
        let text = self.kube.request_text(read).await.map_err(|source| action.failed(source))?;
        let raw = decode::json(text.as_bytes()).map_err(|source| action.decode(source))?;
        let mut object: K = decode::from_slice(text.as_bytes()).map_err(|source| action.decode(source))?;
        let encoded = |object: &K| serde_json::to_value(object).map(Json::from).map_err(|source| action.encode(source));
        let before = encoded(&object)?;
        change(&mut object);
        let after = encoded(&object)?;
        let levels = [&raw, &before, &after].map(|value| depth::of_value(value)).into_iter().max().unwrap_or_default();
        let mut operations = stack::grown_for(levels, || {
            let carried = Json::from(carry::carry(&raw, &before, &after));
            carry::operations(&raw, &carried)
        });
        if operations.is_empty() {
            return Ok(object);
        }
        drop(object);
        // With the version that was read, the server refuses the patch if someone else wrote since.
        if let Some(version) = raw.pointer("/metadata/resourceVersion") {
            operations.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
        }
        let operations = Json::from(operations);
        self.patch_at(verb, name, subresource, &Patch::Json(operations), options).await
    }
}
