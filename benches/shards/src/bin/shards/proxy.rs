//! A proxy between a replica and the API server: it counts bytes, and holds them back while the connection is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shard_benches::BoxError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::kubeconfig::Server;

/// A proxy; it ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    counts: Arc<Counts>,
    cut: watch::Sender<bool>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Proxy {
    pub(crate) async fn start(server: Server) -> Result<Self, BoxError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (counts, (cut, is_cut)) = (Arc::<Counts>::default(), watch::channel(false));
        let task = tokio::spawn(serve(listener, server, Arc::clone(&counts), is_cut));
        Ok(Proxy { port, counts, cut, task })
    }

    /// Holds all bytes back, in both directions, or sends them on.
    pub(crate) fn set_cut(&self, is_cut: bool) {
        self.cut.send_replace(is_cut);
    }

    /// Returns the bytes in both directions, with TLS.
    pub(crate) fn bytes(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed) + self.counts.received.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: Server, counts: Arc<Counts>, cut: watch::Receiver<bool>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(client, server.clone(), Arc::clone(&counts), cut.clone()));
    }
}

async fn connection(mut client: TcpStream, server: Server, counts: Arc<Counts>, mut cut: watch::Receiver<bool>) {
    if cut.wait_for(|is_cut| !is_cut).await.is_err() {
        return;
    }
    let Ok(mut server) = TcpStream::connect((server.host.as_str(), server.port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let sent = pump(from_client, to_server, &counts.sent, cut.clone());
    let received = pump(from_server, to_client, &counts.received, cut);
    // A connection that is closed in one direction is closed: HTTP needs both.
    tokio::select! {
        () = sent => {}
        () = received => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: &AtomicU64,
    mut cut: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 || cut.wait_for(|is_cut| !is_cut).await.is_err() {
            return;
        }
        count.fetch_add(length as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
