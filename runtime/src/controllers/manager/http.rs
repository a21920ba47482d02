//! The HTTP server of the endpoint.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::endpoint::Answers;
use super::error::ManagerError;

/// The number of connections that are served at the same time; others wait.
const CONNECTIONS: usize = 64;
/// The time that a client has to send the head of a request, also between two requests of a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The delay after a connection could not be accepted, such as without free file descriptors.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// A server; dropping it ends the server.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Listens at an address and answers requests.
    pub(super) async fn start(address: SocketAddr, answers: Answers) -> Result<Self, ManagerError> {
        let failed = |source| ManagerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let task = tokio::spawn(serve(listener, Arc::new(answers)));
        Ok(Server { address, task })
    }
}

async fn serve(listener: TcpListener, answers: Arc<Answers>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection of the endpoint");
                tokio::time::sleep(ACCEPT_DELAY).await;
                continue;
            }
        };
        let answers = Arc::clone(&answers);
        connections.spawn(async move {
            connection(stream, answers).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, answers: Arc<Answers>) {
    let service = service_fn(move |request| {
        let response = answers.answer(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection of the endpoint broke");
    }
}
