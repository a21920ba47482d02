//! Raw HTTP requests and responses.

use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use kube_fake_apiserver::{Body, FakeApiServer};
use serde_json::Value;
use tower::Service;

pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";

/// A response with its decoded body.
pub(crate) struct RawResponse {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null if it is not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// Sends a request.
pub(crate) async fn send(server: &FakeApiServer, method: &str, path: &str, type_: &str, body: &str) -> RawResponse {
    let request = Request::builder().method(method).uri(path).header("content-type", type_);
    answer(server, request.body(Full::new(body.to_owned().into())).expect("a request")).await
}

/// Sends a GET request with headers.
pub(crate) async fn get(server: &FakeApiServer, path: &str, headers: &[(&str, &str)]) -> RawResponse {
    let request =
        headers.iter().fold(Request::builder().uri(path), |request, (name, value)| request.header(*name, *value));
    answer(server, request.body(Full::default()).expect("a request")).await
}

/// Sends a GET request and returns the body as text.
pub(crate) async fn text(server: &FakeApiServer, path: &str, headers: &[(&str, &str)]) -> String {
    let request =
        headers.iter().fold(Request::builder().uri(path), |request, (name, value)| request.header(*name, *value));
    let response = server.service().call(request.body(Full::<bytes::Bytes>::default()).expect("a request")).await;
    let body = response.expect("a response").into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}

async fn answer(server: &FakeApiServer, request: Request<Full<bytes::Bytes>>) -> RawResponse {
    let response: Response<Body> = server.service().call(request).await.expect("a response");
    let (code, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    RawResponse { code, headers, body: serde_json::from_slice(&body).unwrap_or_default(), text }
}
