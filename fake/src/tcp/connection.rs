//! One connection: TLS, HTTP/1.1 or HTTP/2, and the token.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::AUTHORIZATION;
use ::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::http::{Body, Service};
use crate::status::Failure;

/// How long a client may take to shake hands and to send the head of a request.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many requests may be under way on one connection. Source: `--http2-max-streams-per-connection` of kube-apiserver.
const STREAMS: u32 = 1000;

/// Takes in connections.
pub(super) struct Acceptor {
    tls: TlsAcceptor,
    service: Guarded,
}

impl Acceptor {
    pub(super) fn new(service: Service, tls: Arc<ServerConfig>, token: &str) -> Self {
        Acceptor { tls: tls.into(), service: Guarded { service, header: format!("Bearer {token}").into() } }
    }

    /// Serves a connection to its end. What goes wrong with it is its client's matter.
    pub(super) async fn serve(&self, stream: TcpStream, watcher: Watcher) {
        // Small answers go at once.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, self.tls.accept(stream)).await else { return };
        let mut server = Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        server.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
        let connection = server.serve_connection(TokioIo::new(stream), self.service.clone());
        let _ = watcher.watch(connection).await;
    }
}

/// The service for those who have the token.
#[derive(Clone)]
struct Guarded {
    service: Service,
    header: Arc<str>,
}

impl hyper::service::Service<Request<Incoming>> for Guarded {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let sent = request.headers().get(AUTHORIZATION);
        let known = sent.is_some_and(|sent| same(sent.as_bytes(), self.header.as_bytes()));
        if known || is_public(request.uri().path()) {
            return tower::Service::call(&mut self.service.clone(), request);
        }
        let failure = Failure::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized");
        let answer = crate::http::failed(&self.service, failure);
        Box::pin(async move { Ok(answer) })
    }
}

/// What everyone may ask. Source: the cluster role `system:public-info-viewer`.
fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/livez" | "/readyz" | "/version" | "/version/")
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right)) == 0
}
