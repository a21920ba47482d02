//! get, list, watch

use std::fmt::Debug;

use futures::{Stream, StreamExt};
use http::Method;
use kube::Resource;
use kube::core::WatchEvent;
use serde::de::DeserializeOwned;

use super::request::{Query, without_body};
use super::{Error, GetOptions, ListOptions, OneObject, ResourceClient, WatchOptions};
use crate::List;

/// One page of a list, and where to go on.
pub type Page<K> = List<K>;

impl<K, S: OneObject> ResourceClient<K, S>
where
    K: Resource + DeserializeOwned,
{
    /// The object of this name.
    pub async fn get(&self, name: &str) -> Result<K, Error> {
        self.get_with(name, &GetOptions::default()).await
    }

    /// [`get`](Self::get) with options.
    pub async fn get_with(&self, name: &str, options: &GetOptions) -> Result<K, Error> {
        let action = self.action("get", Some(name));
        let request = without_body(self.request(Method::GET, &action, None, Query::get(options))?, &action)?;
        self.kube.request(request).await.map_err(|source| action.failed(source))
    }

    /// The object of this name, or `None` if there is none.
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
    /// Objects that the options select. With `limit`, one page: go on with `metadata.continue_`.
    pub async fn list(&self, options: &ListOptions) -> Result<Page<K>, Error> {
        let action = self.action("list", None);
        let request = without_body(self.request(Method::GET, &action, None, Query::list(options))?, &action)?;
        self.kube.request(request).await.map_err(|source| action.failed(source))
    }

    /// What happens to the objects that the options select, as it happens.
    ///
    /// The stream ends when the server ends the watch, which it does after some minutes. A version that is too old comes as
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
        let events = self.kube.request_events::<K>(request).await.map_err(|source| action.failed(source))?;
        Ok(events.map(move |event| event.map_err(|source| action.failed(source))))
    }
}
