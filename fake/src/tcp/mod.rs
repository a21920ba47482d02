//! The server over TCP: for kubectl, and for every client that is not in this process.

mod certificate;
mod connection;
mod kubeconfig;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::FakeApiServer;
use certificate::Certificate;
use connection::Acceptor;

/// How long connections may take to end when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A server that listens. It stops when this is dropped, or by [`Listening::stop`].
pub struct Listening {
    address: SocketAddr,
    token: String,
    authority: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl FakeApiServer {
    /// Serves the Kubernetes API over HTTPS at an address; port 0 is any that is free. The server answers on this runtime.
    ///
    /// It has a certificate of its own for this address and for `localhost`, and asks for a token; both are in
    /// [`Listening::kubeconfig`].
    ///
    /// # Errors
    /// If the address cannot be listened at, or no certificate can be made.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        let certificate = Certificate::of(address.ip())?;
        let token = token();
        let acceptor = Arc::new(Acceptor::new(self.service(), certificate.tls, &token));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(socket, acceptor, stopped, self.clone()));
        Ok(Listening { address, token, authority: certificate.authority, stop, task })
    }
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the server for clients on this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // All addresses are none that a client can go to.
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("https://{address}")
    }

    /// The bearer token that the server asks for.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The certificate that clients must trust, as PEM.
    pub fn certificate_authority(&self) -> &str {
        &self.authority
    }

    /// A kubeconfig for the server, as YAML. It holds the token.
    pub fn kubeconfig(&self) -> String {
        kubeconfig::text(&self.url(), &self.authority, &self.token)
    }

    /// Stops: watches end, calls that are under way are answered.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // It fails only if the task was torn down with its runtime, and then it has stopped.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        out.debug_struct("Listening").field("address", &self.address).finish_non_exhaustive()
    }
}

/// 32 letters and digits that nobody guesses.
fn token() -> String {
    // Each is keyed anew by the system's source of randomness.
    let word = || {
        use std::hash::{BuildHasher, Hasher};
        std::collections::hash_map::RandomState::new().build_hasher().finish()
    };
    format!("{:016x}{:016x}", word(), word())
}

async fn accept(
    socket: TcpListener,
    acceptor: Arc<Acceptor>,
    mut stopped: watch::Receiver<bool>,
    server: FakeApiServer,
) {
    let connections = Arc::new(GracefulShutdown::new());
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (acceptor, watcher) = (Arc::clone(&acceptor), connections.watcher());
                tokio::spawn(async move { acceptor.serve(stream, watcher).await });
            }
            // Too many open files, say: others may be closed meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(socket);
    server.cut_watches();
    if let Ok(connections) = Arc::try_unwrap(connections) {
        // Who does not read its last answer in time goes without it.
        let _ = tokio::time::timeout(LAST_ANSWERS, connections.shutdown()).await;
    }
}
