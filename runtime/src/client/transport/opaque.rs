//! Request bodies that keep a [`kube::Client`] from retrying.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

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
///
/// That takes as long as a request without a network. Reads therefore keep their bodies once a read has shown that the client
/// does not copy requests. Writes never do.
#[derive(Default)]
pub(super) struct OpaqueBodies {
    echo: OnceLock<kube::Client>,
    /// Whether the client copies requests: [`UNKNOWN`], [`COPIES`] or [`KEEPS`].
    copies: AtomicU8,
}

const UNKNOWN: u8 = 0;
const COPIES: u8 = 1;
const KEEPS: u8 = 2;

/// An extension of a request that shows whether the request was copied: a client copies it before it sends it.
struct Probe(Arc<AtomicBool>);

impl Clone for Probe {
    fn clone(&self) -> Self {
        self.0.store(true, Ordering::Relaxed);
        Probe(Arc::clone(&self.0))
    }
}

impl OpaqueBodies {
    /// Sends a request that the client must not repeat. A read that it may repeat once shows whether it copies requests. The
    /// request is taken out of its place.
    pub(super) async fn send(
        &self,
        client: &kube::Client,
        request: &mut Request<Body>,
        may_probe: bool,
    ) -> Result<Response<Body>, kube::Error> {
        let copies = if request.method().is_safe() { self.copies.load(Ordering::Relaxed) } else { COPIES };
        match copies {
            KEEPS => client.send(take(request)).await,
            UNKNOWN if may_probe => Box::pin(self.probe(client, take(request))).await,
            _ => Box::pin(async { client.send(self.hide(take(request)).await?).await }).await,
        }
    }

    async fn probe(&self, client: &kube::Client, mut request: Request<Body>) -> Result<Response<Body>, kube::Error> {
        let copied = Arc::new(AtomicBool::new(false));
        request.extensions_mut().insert(Probe(Arc::clone(&copied)));
        let result = client.send(request).await;
        if copied.load(Ordering::Relaxed) {
            self.copies.store(COPIES, Ordering::Relaxed);
        } else if result.is_ok() {
            self.copies.store(KEEPS, Ordering::Relaxed);
        }
        result
    }

    /// Replaces the body of a request by one that kube cannot copy.
    async fn hide(&self, request: Request<Body>) -> Result<Request<Body>, kube::Error> {
        let echo = self.echo.get_or_init(|| kube::Client::new(tower::service_fn(echo), ""));
        let (head, body) = request.into_parts();
        let body = echo.send(Request::new(body)).await?.into_body();
        Ok(Request::from_parts(head, body))
    }
}

/// Takes a request out of its place.
pub(super) fn take(request: &mut Request<Body>) -> Request<Body> {
    std::mem::replace(request, Request::new(Body::empty()))
}

async fn echo(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let bytes = request.into_body().collect_bytes().await.unwrap_or_default();
    Ok(Response::new(Full::new(bytes)))
}
