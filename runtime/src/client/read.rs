//! get, list, watch

use std::fmt::Debug;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{Method, Request};
use kube::Resource;
use kube::core::{ObjectList, WatchEvent};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::request::{Query, without_body};
use super::{Action, Error, GetOptions, ListOptions, NamedObjectScope, ResourceClient, WatchOptions};
use crate::decode;
use crate::undecodable::Undecodable;

/// One page of a list; the metadata contains the continue token.
pub type Page<K> = ObjectList<K>;

/// One page of a list that may contain undecodable objects.
#[derive(Clone, Debug)]
pub struct LossyPage<K: Clone> {
    /// The page with the decodable objects.
    pub page: Page<K>,
    /// The undecodable objects, in the order of the list.
    pub undecodable: Vec<Undecodable>,
}

/// A list whose items are not decoded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawList<'j> {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: kube::core::ListMeta,
    #[serde(borrow, default)]
    items: Vec<&'j RawValue>,
}

fn lossy<K: DeserializeOwned + Clone>(text: &[u8]) -> Result<LossyPage<K>, serde_json::Error> {
    let RawList { api_version, kind, metadata, items } = serde_json::from_slice(text)?;
    let types = kube::core::TypeMeta { api_version, kind };
    let mut page = Page { types, metadata, items: Vec::with_capacity(items.len()) };
    let mut undecodable = Vec::new();
    for item in items {
        match decode::from_slice(item.get().as_bytes()) {
            Ok(object) => page.items.push(object),
            Err(error) => undecodable.push(Undecodable::new(item.get(), error.to_string())),
        }
    }
    Ok(LossyPage { page, undecodable })
}

/// Decodes a page. The error names the first object that cannot be decoded.
pub(super) fn page<K: DeserializeOwned + Clone>(text: &[u8]) -> Result<Page<K>, serde_json::Error> {
    serde_json::from_slice(text).or_else(|error| {
        let LossyPage { page, undecodable } = lossy(text).map_err(|_| error)?;
        undecodable.into_iter().next().map_or(Ok(page), |first| Err(serde::de::Error::custom(first)))
    })
}

fn typed<K: DeserializeOwned>(event: WatchEvent<Box<RawValue>>) -> Result<WatchEvent<K>, serde_json::Error> {
    let object = |raw: Box<RawValue>| decode::from_slice(raw.get().as_bytes());
    Ok(match event {
        WatchEvent::Added(raw) => WatchEvent::Added(object(raw)?),
        WatchEvent::Modified(raw) => WatchEvent::Modified(object(raw)?),
        WatchEvent::Deleted(raw) => WatchEvent::Deleted(object(raw)?),
        WatchEvent::Bookmark(bookmark) => WatchEvent::Bookmark(bookmark),
        WatchEvent::Error(status) => WatchEvent::Error(status),
    })
}

impl<K: Resource, S> ResourceClient<K, S> {
    /// Sends a request and decodes the object in the response.
    pub(super) async fn send_request<T: DeserializeOwned>(
        &self,
        request: Request<Vec<u8>>,
        action: &Action,
    ) -> Result<T, Error> {
        let text = self.transport.text(request).await.map_err(|source| action.failed(source))?;
        decode::from_slice(&text).map_err(|error| action.decode(error))
    }
}

impl<K: Resource, S: NamedObjectScope> ResourceClient<K, S> {
    pub(super) async fn get_at<T: DeserializeOwned>(
        &self,
        verb: &'static str,
        name: &str,
        subresource: Option<&str>,
        options: &GetOptions,
    ) -> Result<T, Error> {
        // Only errors need an action.
        let action = || self.action(verb, Some(name));
        let builder = self.request_to(Method::GET, verb, Some(name), subresource, Query::get(options))?;
        let request = builder.body(Vec::new()).map_err(|source| action().build(&source))?;
        let text = self.transport.text(request).await.map_err(|source| action().failed(source))?;
        decode::from_slice(&text).map_err(|error| action().decode(error))
    }
}

impl<K, S: NamedObjectScope> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// Reads the object of this name.
    pub async fn get(&self, name: &str) -> Result<K, Error> {
        self.get_with(name, &GetOptions::default()).await
    }

    /// [`get`](Self::get) with options.
    pub async fn get_with(&self, name: &str, options: &GetOptions) -> Result<K, Error> {
        self.get_at("get", name, None, options).await
    }

    /// Reads the object of this name; `None` if it does not exist.
    pub async fn get_opt(&self, name: &str) -> Result<Option<K>, Error> {
        match self.get(name).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<K, S> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned + Clone + Debug,
{
    /// Lists the objects that the options select. With `limit`, returns one page; pass its `metadata.continue_` to read the
    /// next one.
    ///
    /// # Errors
    /// Returns an error if the request fails, or if an object cannot be decoded: the error names it.
    /// [`list_lossy`](Self::list_lossy) returns the others.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<K>, Error> {
        let (action, text) = self.list_text(options).await?;
        page(&text).map_err(|error| action.decode(error))
    }

    /// Lists the objects that the options select, with undecodable objects separately.
    ///
    /// # Errors
    /// Returns an error if the request fails, or if the response is not a list.
    pub async fn list_lossy(&self, options: &ListOptions) -> Result<LossyPage<K>, Error> {
        let (action, text) = self.list_text(options).await?;
        lossy(&text).map_err(|error| action.decode(error))
    }

    async fn list_text(&self, options: &ListOptions) -> Result<(Action, Bytes), Error> {
        let action = self.action("list", None);
        let request = without_body(self.request(Method::GET, &action, None, Query::list(options))?, &action)?;
        match self.transport.text(request).await {
            Ok(text) => Ok((action, text)),
            Err(source) => Err(action.failed(source)),
        }
    }

    /// Watches the objects that the options select.
    ///
    /// The stream ends when the server ends the watch, after some minutes. A resource version that has expired is reported as
    /// a [`WatchEvent::Error`] with code 410.
    pub async fn watch(
        &self,
        options: &WatchOptions,
    ) -> Result<impl Stream<Item = Result<WatchEvent<K>, Error>> + Send + use<K, S>, Error>
    where
        K: Send + 'static,
    {
        let action = self.action("watch", None);
        let request = without_body(self.request(Method::GET, &action, None, Query::watch(options))?, &action)?;
        let events = self
            .transport
            .kube()
            .request_events::<Box<RawValue>>(request)
            .await
            .map_err(|source| action.failed(source))?;
        Ok(events.map(move |event| {
            let event = event.map_err(|source| action.failed(source))?;
            typed(event).map_err(|error| action.decode(error))
        }))
    }
}
