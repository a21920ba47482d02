//! A client of kube whose requests pass a transport.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, header};
use kube::client::Body;
use tower::Service;

use super::timeout::CallBody;
use super::{Mode, Transport};

/// Creates a client of kube over a transport.
pub(super) fn client(transport: &Transport) -> kube::Client {
    let inner = &transport.shared.inner;
    // Without the client itself, which would keep itself alive.
    let transport = Transport { layered: Arc::default(), ..transport.clone() };
    let service = Layered { transport };
    kube::Client::new(service, inner.default_namespace()).with_valid_until(*inner.valid_until())
}

#[derive(Clone)]
struct Layered {
    transport: Transport,
}

impl Service<Request<Body>> for Layered {
    type Response = Response<CallBody>;
    type Error = kube::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let transport = self.transport.clone();
        let mode = mode(&request);
        Box::pin(async move { transport.send(request, mode).await })
    }
}

/// Returns how the response of a request is read: watches, followed logs and upgraded connections are streams.
fn mode(request: &Request<Body>) -> Mode {
    let is_set = |name: &str| {
        let pairs = request.uri().query().unwrap_or_default().split('&');
        pairs.filter_map(|pair| pair.split_once('=')).any(|(key, value)| key == name && matches!(value, "true" | "1"))
    };
    if request.headers().contains_key(header::UPGRADE) || is_set("follow") {
        Mode::Once
    } else if is_set("watch") {
        Mode::Stream
    } else {
        Mode::Whole
    }
}
