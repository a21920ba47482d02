//! Lists as streams of pages or objects.

use std::fmt::Debug;

use futures::stream::{self, Stream, TryStreamExt};
use kube::Resource;
use serde::de::DeserializeOwned;

use super::{Error, ListOptions, Page, ResourceClient};

/// The default page size, as in client-go.
const PAGE: u32 = 500;

/// The number of restarts after which an expired continue token is an error.
const MAX_RESTARTS: u32 = 5;

/// The reaction to a continue token that expires before the last page: the API server keeps the version of a list for about
/// five minutes.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnExpired {
    /// The stream ends with an error for which [`Error::is_expired`] is true. All objects before it are of one version.
    #[default]
    Fail,
    /// The stream starts again at the newest version: objects that it already contained are repeated, possibly changed.
    /// After five restarts, it ends with an error.
    Restart,
    /// The stream continues at the newest version, after the last object. No object is repeated, but later objects are of
    /// another version than earlier ones. An object that was created before the last object is missing.
    ///
    /// Source: `k8s.io/client-go/tools/pager`.
    Continue,
}

struct State<K: Resource, S> {
    client: ResourceClient<K, S>,
    /// The options of the first page.
    first: ListOptions,
    on_expired: OnExpired,
    token: Option<String>,
    restarts: u32,
}

impl<K, S> State<K, S>
where
    K: Resource + DeserializeOwned + Clone + Debug,
{
    async fn next(&mut self) -> Result<Page<K>, Error> {
        loop {
            let page = self.client.list(&self.options()).await;
            match page {
                Err(error) if error.is_expired() && self.token.is_some() => self.recover(error)?,
                page => return page,
            }
        }
    }

    fn options(&self) -> ListOptions {
        match &self.token {
            None => self.first.clone(),
            // The token contains the version; the server rejects a token with a version.
            Some(token) => ListOptions {
                continue_token: Some(token.clone()),
                resource_version: None,
                version_match: None,
                ..self.first.clone()
            },
        }
    }

    /// Sets the token of the next request after an expired one.
    fn recover(&mut self, error: Error) -> Result<(), Error> {
        match self.on_expired {
            OnExpired::Restart if self.restarts < MAX_RESTARTS => {
                self.restarts += 1;
                self.token = None;
                self.first = ListOptions { resource_version: None, version_match: None, ..self.first.clone() };
                Ok(())
            }
            OnExpired::Continue => {
                // The server sends a token without a version: the rest of the list at the newest version.
                let metadata = error.status().and_then(|status| status.metadata.as_ref());
                let token = metadata.and_then(|metadata| metadata.continue_.clone()).filter(|token| !token.is_empty());
                let expired = std::mem::replace(&mut self.token, token);
                if self.token.is_none() || self.token == expired { Err(error) } else { Ok(()) }
            }
            OnExpired::Fail | OnExpired::Restart => Err(error),
        }
    }
}

impl<K, S> ResourceClient<K, S>
where
    K: Resource<DynamicType: Clone> + DeserializeOwned + Clone + Debug,
{
    /// Lists the objects that the options select, page by page. At most one page is in memory. `limit` is the size of a page,
    /// by default 500. All pages are of one version; if it expires, the stream ends with an error.
    pub fn pages(&self, options: &ListOptions) -> impl Stream<Item = Result<Page<K>, Error>> + use<K, S> {
        self.pages_with(options, OnExpired::default())
    }

    /// [`pages`](Self::pages) with another reaction to an expired version.
    pub fn pages_with(
        &self,
        options: &ListOptions,
        on_expired: OnExpired,
    ) -> impl Stream<Item = Result<Page<K>, Error>> + use<K, S> {
        let first = ListOptions { limit: options.limit.or(Some(PAGE)), ..options.clone() };
        let token = first.continue_token.clone();
        let state = State { client: self.clone(), first, on_expired, token, restarts: 0 };
        stream::try_unfold(Some(state), |state| async {
            let Some(mut state) = state else { return Ok(None) };
            let page = state.next().await?;
            state.token = page.metadata.continue_.clone().filter(|token| !token.is_empty());
            let next = state.token.is_some().then_some(state);
            Ok(Some((page, next)))
        })
    }

    /// Lists the objects that the options select, one by one. See [`pages`](Self::pages).
    ///
    /// ```
    /// use futures::TryStreamExt;
    /// use kube_client_runtime::client::{Client, Error, ListOptions};
    /// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
    ///
    /// async fn count(client: Client) -> Result<usize, Error> {
    ///     let maps = client.all_namespaces::<ConfigMap>();
    ///     maps.items(&ListOptions::default()).try_fold(0, |count, _| async move { Ok(count + 1) }).await
    /// }
    /// ```
    pub fn items(&self, options: &ListOptions) -> impl Stream<Item = Result<K, Error>> + use<K, S> {
        self.items_with(options, OnExpired::default())
    }

    /// [`items`](Self::items) with another reaction to an expired version.
    pub fn items_with(
        &self,
        options: &ListOptions,
        on_expired: OnExpired,
    ) -> impl Stream<Item = Result<K, Error>> + use<K, S> {
        let objects = |page: Page<K>| stream::iter(page.items.into_iter().map(Ok));
        self.pages_with(options, on_expired).map_ok(objects).try_flatten()
    }
}
