//! A single connection: TLS, HTTP/1.1 or HTTP/2, and the token.

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

use crate::body::Body;
use crate::http::Service;
use crate::status::Failure;

/// The timeout of TLS handshakes and of request headers.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of concurrent streams. Source: `--http2-max-streams-per-connection` of kube-apiserver.
const MAX_STREAMS: u32 = 1000;

/// Serves accepted connections.
pub(super) struct Acceptor {
    tls: TlsAcceptor,
    service: Authenticated,
}

impl Acceptor {
    pub(super) fn new(service: Service, tls: Arc<ServerConfig>, token: &str) -> Self {
        Acceptor { tls: tls.into(), service: Authenticated { service, header: format!("Bearer {token}").into() } }
    }

    /// Serves a connection until it ends. Errors only concern its client.
    pub(super) async fn serve(&self, stream: TcpStream, watcher: Watcher) {
        // Small responses are sent immediately.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(stream)) = tokio::time::timeout(TIMEOUT, self.tls.accept(stream)).await else { return };
        let mut server = Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(TIMEOUT);
        server.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS);
        let connection = server.serve_connection(TokioIo::new(stream), self.service.clone());
        let _ = watcher.watch(connection).await;
    }
}

/// The service behind authentication.
#[derive(Clone)]
struct Authenticated {
    service: Service,
    header: Arc<str>,
}

impl hyper::service::Service<Request<Incoming>> for Authenticated {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let sent = request.headers().get(AUTHORIZATION);
        let is_authenticated = sent.is_some_and(|sent| constant_time_eq(sent.as_bytes(), self.header.as_bytes()));
        if is_authenticated || is_public(request.uri().path()) {
            return tower::Service::call(&mut self.service.clone(), request);
        }
        let failure = Failure::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized");
        let answer = crate::http::error_response(&self.service, failure);
        Box::pin(async move { Ok(answer) })
    }
}

/// Whether a path needs no token. Source: the cluster role `system:public-info-viewer`.
fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/livez" | "/readyz" | "/version" | "/version/")
}

/// Compares in constant time.
fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right)) == 0
}
