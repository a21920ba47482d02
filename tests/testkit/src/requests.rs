//! Requests without a typed client, and their responses.

use std::fmt::Debug;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower::{Service, ServiceExt};

/// A response with its decoded body.
pub struct Response {
    /// The HTTP status.
    pub code: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is not JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Response {
    /// Returns the value at a JSON pointer of the body, or null.
    pub fn at(&self, pointer: &str) -> Value {
        self.body.pointer(pointer).cloned().unwrap_or_default()
    }

    /// Returns the resource version of the body.
    pub fn version(&self) -> String {
        self.at("/metadata/resourceVersion").as_str().unwrap_or_default().to_owned()
    }

    /// Returns the HTTP status and the reason of an error.
    pub fn reason(&self) -> (u16, String) {
        (self.code, self.at("/reason").as_str().unwrap_or_default().to_owned())
    }

    /// Returns the names of the items of a list.
    pub fn names(&self) -> Vec<String> {
        let items = self.at("/items").as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Returns the warning headers.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.headers.get_all("warning").iter();
        warnings.filter_map(|warning| warning.to_str().ok()).map(str::to_owned).collect()
    }

    /// Asserts that the request succeeded.
    ///
    /// # Panics
    /// If the request failed.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.code < 300, "{} {}", self.code, self.text);
        self
    }
}

/// Creates a request with its body.
///
/// # Panics
/// If the method, the path or a header is invalid.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let builder = Request::builder().method(method).uri(path);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Full::new(body.into())).expect("a request")
}

/// Sends a request to a service, such as an in-memory server.
///
/// # Panics
/// If there is no complete response.
pub async fn send<S, A, B>(service: S, request: Request<A>) -> Response
where
    S: Service<Request<A>, Response = http::Response<B>>,
    S::Error: Debug,
    B: Body<Data = Bytes>,
    B::Error: Debug,
{
    receive(service.oneshot(request).await.expect("a response")).await
}

/// Reads the body of a response.
///
/// # Panics
/// If the body is not complete.
pub async fn receive<B>(response: http::Response<B>) -> Response
where
    B: Body<Data = Bytes>,
    B::Error: Debug,
{
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Response {
        code: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        text: String::from_utf8_lossy(&body).into_owned(),
    }
}
