//! What a reflector asks the API server for.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Empty};
use kube::Resource;
use kube::client::Body;
use kube::core::Status;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::list::ListMetadata;
use crate::client::{Action, AllNamespaces, Error, ListOptions, Query, ResourceClient, VersionMatch, WatchOptions};

/// The objects of a kind in one scope.
pub(crate) struct Source<K: Resource> {
    client: AllNamespaces<K>,
    /// What every list asks for besides its version: selectors and the size of pages.
    options: ListOptions,
    metadata_only: bool,
    bodies: Bodies,
}

/// A list of which only what it says of itself matters.
#[derive(Deserialize)]
struct AnyList {
    metadata: ListMetadata,
}

/// A failed request, and how long the API server asks to wait.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) retry_after: Option<Duration>,
}

/// Objects of a page, where nothing else is asked for: what client-go asks for.
const PAGE: u32 = 500;

impl<K: Resource> Source<K> {
    pub(crate) fn new(
        kube: kube::Client,
        kind: K::DynamicType,
        namespace: Option<String>,
        options: ListOptions,
        metadata_only: bool,
    ) -> Self {
        Source { client: ResourceClient::new(kube, namespace, kind), options, metadata_only, bodies: Bodies::default() }
    }

    /// A page of objects that are at least as new as the version; empty: the newest, `0`: what the server has at hand.
    pub(super) async fn list(&self, version: &str, continue_token: Option<&str>, paged: bool) -> Result<Body, Failure> {
        let options = ListOptions {
            resource_version: (continue_token.is_none() && !version.is_empty()).then(|| version.to_owned()),
            continue_token: continue_token.map(str::to_owned),
            limit: self.options.limit.or(paged.then_some(PAGE)),
            ..self.options.clone()
        };
        self.send(self.request("list", Query::list(&options), false)?).await
    }

    /// How far the server has come; it answers with an error if that is not as far as a version.
    pub(super) async fn has_reached(&self, version: &str) -> Result<ListMetadata, Failure> {
        let options = ListOptions {
            resource_version: Some(version.to_owned()),
            version_match: Some(VersionMatch::NotOlderThan),
            limit: Some(1),
            ..self.options.clone()
        };
        let body = self.send(self.request("list", Query::list(&options), false)?).await?;
        let bytes = body.collect_bytes().await.map_err(|error| self.failure("list", error))?;
        let list: AnyList =
            serde_json::from_slice(&bytes).map_err(|error| self.failure("list", kube::Error::SerdeError(error)))?;
        Ok(list.metadata)
    }

    /// What happens from a version on; with `initially`, after all objects that are there.
    pub(super) async fn watch(&self, version: &str, initially: bool, timeout: Duration) -> Result<Body, Failure> {
        let options = WatchOptions {
            label_selector: self.options.label_selector.clone(),
            field_selector: self.options.field_selector.clone(),
            resource_version: (!version.is_empty()).then(|| version.to_owned()),
            send_initial_events: initially,
            timeout_seconds: u32::try_from(timeout.as_secs()).ok(),
            ..WatchOptions::default()
        };
        self.send(self.request("watch", Query::watch(&options), true)?).await
    }

    fn request(&self, verb: &'static str, query: Query, watch: bool) -> Result<(Action, Request<()>), Failure> {
        let action = self.client.action(verb, None);
        let plain = |error: Error| Failure { error, retry_after: None };
        let builder = self.client.request(Method::GET, &action, None, query).map_err(plain)?;
        let mut request = builder.body(()).map_err(|error| plain(action.build(&error)))?;
        let media_type = match (self.metadata_only, watch) {
            (false, _) => "application/json",
            (true, true) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            (true, false) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        };
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(media_type));
        if watch {
            // Compressed event by event, a stream cannot be read by every client: kube asks the same.
            request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        Ok((action, request))
    }

    async fn send(&self, (action, request): (Action, Request<()>)) -> Result<Body, Failure> {
        let failed = |error| Failure { error: action.failed(error), retry_after: None };
        let body = self.bodies.next().await.map_err(failed)?;
        let response = self.client.kube.send(request.map(|()| body)).await.map_err(failed)?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let retry_after = retry_after(&response);
        let status = refusal(response).await;
        Err(Failure { error: action.failed(kube::Error::Api(Box::new(status))), retry_after })
    }

    /// An error about this kind, for what went wrong while a body was read.
    pub(super) fn failure(&self, verb: &'static str, error: kube::Error) -> Failure {
        Failure { error: self.client.action(verb, None).failed(error), retry_after: None }
    }
}

/// Bodies for requests that kube's retries leave alone.
///
/// kube repeats a request that ends in 429, 503 or 504 up to 15 times, which takes minutes. A reflector must know at once:
/// "too large resource version" is a 504 and is to be asked in another way. kube repeats only requests whose body it can copy,
/// and an empty body that has come as an answer is none it can.
#[derive(Default)]
struct Bodies {
    echo: OnceCell<kube::Client>,
}

impl Bodies {
    async fn next(&self) -> Result<Body, kube::Error> {
        let empty = |_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) };
        let echo = self.echo.get_or_init(|| async { kube::Client::new(tower::service_fn(empty), "") }).await;
        Ok(echo.send(Request::new(Body::empty())).await?.into_body())
    }
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Why the server refused, in its own words if it has any.
async fn refusal(response: Response<Body>) -> Status {
    let code = response.status();
    let bytes = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).trim().to_owned();
        let reason = code.canonical_reason().unwrap_or_default().replace(' ', "");
        Status::failure(&text, &reason).with_code(code.as_u16())
    })
}
