//! Requests without a typed client.

use kube_fake_apiserver::FakeApiServer;
use testkit::requests::{self, request};

pub(crate) use testkit::crds::WIDGETS;
pub(crate) use testkit::media_types::{APPLY_PATCH, JSON, JSON_PATCH, MERGE_PATCH, YAML};
pub(crate) use testkit::requests::Response;

/// Sends a request with a body.
pub(crate) async fn send(
    server: &FakeApiServer,
    method: &str,
    path: &str,
    type_: &str,
    body: impl AsRef<[u8]>,
) -> Response {
    let request = request(method, path, &[("content-type", type_)], body.as_ref().to_vec());
    requests::send(server.service(), request).await
}

/// Sends a GET request with headers.
pub(crate) async fn get(server: &FakeApiServer, path: &str, headers: &[(&str, &str)]) -> Response {
    requests::send(server.service(), request("GET", path, headers, "")).await
}
