//! A single connection: TLS, and HTTP/1.1 or HTTP/2.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::client_certificate;
use super::websocket::Handshake;
use crate::User;
use crate::body::Body;
use crate::http::Service;

/// The timeout of TLS handshakes and of request headers.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of concurrent streams. Source: `--http2-max-streams-per-connection` of kube-apiserver.
const MAX_STREAMS: u32 = 1000;

/// Serves accepted connections.
pub(super) struct Acceptor {
    tls: TlsAcceptor,
    service: Service,
}

impl Acceptor {
    pub(super) fn new(service: Service, tls: Arc<ServerConfig>) -> Self {
        Acceptor { tls: tls.into(), service }
    }

    /// Serves a connection until it ends. Errors only concern its client.
    pub(super) async fn serve(&self, stream: TcpStream, watcher: Watcher) {
        // Small responses are sent immediately.
        let _ = stream.set_nodelay(true);
        let Ok(Ok(stream)) = tokio::time::timeout(TIMEOUT, self.tls.accept(stream)).await else { return };
        let mut server = Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(TIMEOUT);
        server.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS);
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let user = certificate.and_then(|certificate| client_certificate::user_of(certificate)).map(Arc::new);
        let service = HyperService { service: self.service.clone(), user };
        let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let _ = watcher.watch(connection).await;
    }
}

/// The service as hyper calls it.
#[derive(Clone)]
struct HyperService {
    service: Service,
    /// The user of the client certificate.
    user: Option<Arc<User>>,
}

impl hyper::service::Service<Request<Incoming>> for HyperService {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(user) = &self.user {
            request.extensions_mut().insert(Arc::clone(user));
        }
        let handshake = Handshake::of(&mut request);
        let response = tower::Service::call(&mut self.service.clone(), request);
        match handshake {
            Some(handshake) => Box::pin(async move { response.await.map(|response| handshake.answer(response)) }),
            None => Box::pin(response),
        }
    }
}
