//! Modification of an object that preserves unknown fields.

use http::Method;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::request::{Query, without_body};
use super::{Error, GetOptions, Patch, PatchOptions, ResourceClient, UpdateScope, WriteOptions, three_way};
use crate::decode::{self, depth, stack};
use crate::types::Json;

/// How a change is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// The difference, as a JSON patch.
    Patch,
    /// The whole object.
    Update,
}

impl<K, S: UpdateScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Serialize,
{
    /// Reads the object, applies `change` to it, and patches only what changed: fields that only a newer version of the CRD
    /// has are preserved. Retries on a conflict, as often as the client's [`Backoff`](super::Backoff) allows
    /// ([`with_backoff`](Self::with_backoff)). Without a change, nothing is sent.
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
        let mut change = |object: &mut K| {
            change(object);
            Ok(())
        };
        for delay in self.backoff.delays() {
            match self.modify_once(verb, Write::Patch, name, subresource, options, &mut change).await {
                Err(error) if error.is_conflict() => tokio::time::sleep(delay).await,
                result => return result.map(|(object, _)| object),
            }
        }
        self.modify_once(verb, Write::Patch, name, subresource, options, &mut change).await.map(|(object, _)| object)
    }

    /// Returns the object and whether it was written.
    pub(super) async fn modify_once(
        &self,
        verb: &'static str,
        write: Write,
        name: &str,
        subresource: Option<&str>,
        options: &PatchOptions,
        change: &mut impl FnMut(&mut K) -> Result<(), Error>,
    ) -> Result<(K, bool), Error> {
        let action = self.action(verb, Some(name));
        let read = self.request(Method::GET, &action, subresource, Query::get(&GetOptions::default()))?;
        let read = without_body(read, &action)?;
        let text = self.transport.text(read).await.map_err(|source| action.failed(source))?;
        let raw = decode::json(&text).map_err(|source| action.decode(source))?;
        let mut object: K = decode::from_slice(&text).map_err(|source| action.decode(source))?;
        let encoded = |object: &K| serde_json::to_value(object).map(Json::from).map_err(|source| action.encode(source));
        let before = encoded(&object)?;
        change(&mut object)?;
        let after = encoded(&object)?;
        let levels = [&raw, &before, &after].map(|value| depth::of_value(value)).into_iter().max().unwrap_or_default();
        let (merged, mut operations) = stack::with_stack_for(levels, || {
            let merged = Json::from(three_way::merge(&raw, &before, &after));
            let operations = three_way::operations(&raw, &merged);
            (merged, operations)
        });
        if operations.is_empty() {
            return Ok((object, false));
        }
        drop(object);
        if write == Write::Update {
            let options = WriteOptions {
                dry_run: options.dry_run,
                field_manager: options.field_manager.clone(),
                field_validation: options.field_validation,
            };
            let stored = self.put_at(verb, name, subresource, &merged, &options).await?;
            return Ok((stored, true));
        }
        // With the resource version that was read, the server returns a conflict if the object was modified since.
        if let Some(version) = raw.pointer("/metadata/resourceVersion") {
            operations.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
        }
        let operations = Json::from(operations);
        let stored = self.patch_at(verb, name, subresource, &Patch::Json(operations), options).await?;
        Ok((stored, true))
    }
}
