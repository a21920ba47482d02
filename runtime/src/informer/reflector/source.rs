//! The requests of a reflector.

use std::time::Duration;

use http::{HeaderValue, Method, Request, header};
use kube::Resource;
use kube::client::Body;
use serde::Deserialize;

use super::decision::{Failure, FailureKind};
use super::list_reader::ListMetadata;
use crate::client::{
    Action, AllNamespaces, Error, ListOptions, Mode, Query, ResourceClient, ShardSelector, Transport, VersionMatch,
    WatchOptions, retry_after, status,
};
use crate::informer::selection::Selection;

/// The objects of a kind in one scope.
pub(crate) struct Source<K: Resource> {
    client: AllNamespaces<K>,
    /// The options of all lists except the version: selectors and the page size.
    options: ListOptions,
    /// The options without the selection.
    unselected: ListOptions,
    metadata_only: bool,
}

/// A list of which only the metadata is decoded.
#[derive(Deserialize)]
struct AnyList {
    metadata: ListMetadata,
}

/// The default page size, as in client-go.
const PAGE: u32 = 500;

impl<K: Resource> Source<K> {
    pub(crate) fn new(
        transport: Transport,
        kind: K::DynamicType,
        namespace: Option<String>,
        options: ListOptions,
        metadata_only: bool,
    ) -> Self {
        let client = ResourceClient::new(transport, namespace, kind);
        Source { client, unselected: options.clone(), options, metadata_only }
    }

    /// Sets which objects are read. Returns the shard to which they must belong.
    pub(super) fn select(&mut self, selection: &Selection) -> Option<ShardSelector> {
        self.options = self.unselected.clone();
        match selection {
            Selection::Nothing | Selection::Everything => {}
            Selection::Shard(shard) => self.options.shard_selector = Some(shard.clone()),
            Selection::Labels(labels) => {
                let all = self.unselected.label_selector.iter().cloned().chain([labels.to_string()]);
                let all: Vec<String> = all.filter(|selector| !selector.is_empty()).collect();
                self.options.label_selector = (!all.is_empty()).then(|| all.join(","));
            }
        }
        self.options.shard_selector.clone()
    }

    /// Reads a page of objects at least at the version; an empty one is the latest version, `0` any cached one.
    pub(super) async fn list(&self, version: &str, continue_token: Option<&str>, paged: bool) -> Result<Body, Failure> {
        let options = ListOptions {
            resource_version: (continue_token.is_none() && !version.is_empty()).then(|| version.to_owned()),
            continue_token: continue_token.map(str::to_owned),
            limit: self.options.limit.or(paged.then_some(PAGE)),
            ..self.options.clone()
        };
        self.send(self.request("list", Query::list(&options), false)?).await
    }

    /// Returns the metadata of a list at the current version; the server returns an error if it has not reached `version`.
    pub(super) async fn current_version(&self, version: &str) -> Result<ListMetadata, Failure> {
        let options = ListOptions {
            resource_version: Some(version.to_owned()),
            version_match: Some(VersionMatch::NotOlderThan),
            limit: Some(1),
            ..self.options.clone()
        };
        let body = self.send(self.request("list", Query::list(&options), false)?).await?;
        let failed = |error| self.failure("list", FailureKind::Rejected, error);
        let bytes = body.collect_bytes().await.map_err(failed)?;
        let list: AnyList = serde_json::from_slice(&bytes).map_err(|error| failed(kube::Error::SerdeError(error)))?;
        Ok(list.metadata)
    }

    /// Watches from a version on; with `initial_events`, after all existing objects.
    pub(super) async fn watch(&self, version: &str, initial_events: bool, timeout: Duration) -> Result<Body, Failure> {
        let options = WatchOptions {
            label_selector: self.options.label_selector.clone(),
            field_selector: self.options.field_selector.clone(),
            shard_selector: self.options.shard_selector.clone(),
            resource_version: (!version.is_empty()).then(|| version.to_owned()),
            send_initial_events: initial_events,
            timeout_seconds: u32::try_from(timeout.as_secs()).ok(),
            ..WatchOptions::default()
        };
        self.send(self.request("watch", Query::watch(&options), true)?).await
    }

    fn request(&self, verb: &'static str, query: Query, watch: bool) -> Result<(Action, Request<()>), Failure> {
        let action = self.client.action(verb, None);
        let failed = |error: Error| Failure { kind: FailureKind::Rejected, error, retry_after: None };
        let builder = self.client.request(Method::GET, &action, None, query).map_err(failed)?;
        let mut request = builder.body(()).map_err(|error| failed(action.build(&error)))?;
        let media_type = match (self.metadata_only, watch) {
            (false, _) => "application/json",
            (true, true) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            (true, false) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        };
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(media_type));
        if watch {
            // Not every client can decode a stream that is compressed event by event; kube sends the same header.
            request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        Ok((action, request))
    }

    async fn send(&self, (action, request): (Action, Request<()>)) -> Result<Body, Failure> {
        let failed = |error| Failure { kind: FailureKind::Rejected, error: action.failed(error), retry_after: None };
        // A reflector reacts to errors at once: "too large resource version" is a 504 and requires another request.
        let request = request.map(|()| Body::empty());
        let response = self.client.transport.send(request, Mode::Once).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        let body = body.into_inner();
        if head.status.is_success() {
            return Ok(body);
        }
        let retry_after = retry_after(&head.headers);
        let bytes = body.collect_bytes().await.unwrap_or_default();
        let error = action.failed(kube::Error::Api(Box::new(status(head.status, &bytes))));
        Err(Failure { kind: FailureKind::Rejected, error, retry_after })
    }

    /// Returns a failure of this kind of objects.
    pub(super) fn failure(&self, verb: &'static str, kind: FailureKind, error: kube::Error) -> Failure {
        Failure { kind, error: self.client.action(verb, None).failed(error), retry_after: None }
    }

    /// Returns a failure of a watch without an error of kube.
    pub(super) fn watch_failure(&self, kind: FailureKind, message: &str) -> Failure {
        self.failure("watch", kind, kube::Error::Service(message.to_owned().into()))
    }
}

/// Returns a random duration between 5 and 10 minutes, so that not all watches end at the same time.
pub(super) fn watch_timeout() -> Duration {
    Duration::from_secs(300) + Duration::from_secs(300).mul_f64(fastrand::f64())
}
