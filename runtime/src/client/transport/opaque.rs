//! Request bodies that keep a [`kube::Client`] from retrying.

use std::convert::Infallible;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use kube::client::Body;

/// Makes request bodies that kube cannot copy.
///
/// kube repeats each request that is answered with 429, 503 or 504 up to 15 times, creates included, unless its
/// configuration has `default_retry = false`; that of an existing client is unknown. It repeats only requests whose body it
/// can copy, and the body of a response cannot be copied. The bodies come from a client without a server, which returns the
/// body of each request.
#[derive(Default)]
pub(super) struct OpaqueBodies {
    echo: OnceLock<kube::Client>,
}

impl OpaqueBodies {
    /// Replaces the body of a request by one that kube cannot copy.
    pub(super) async fn hide(&self, request: Request<Body>) -> Result<Request<Body>, kube::Error> {
        let echo = self.echo.get_or_init(|| kube::Client::new(tower::service_fn(echo), ""));
        let (head, body) = request.into_parts();
        let body = echo.send(Request::new(body)).await?.into_body();
        Ok(Request::from_parts(head, body))
    }
}

async fn echo(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let bytes = request.into_body().collect_bytes().await.unwrap_or_default();
    Ok(Response::new(Full::new(bytes)))
}
