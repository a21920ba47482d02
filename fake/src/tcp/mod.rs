//! The server over TCP with TLS, for kubectl and clients in other processes.

mod certificate;
mod client_certificate;
mod connection;
mod der;
mod kubeconfig;
mod websocket;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{FakeApiServer, User};
use certificate::{Authority, Certificate};
use connection::Acceptor;
use kubeconfig::Credentials;

/// The time that connections have to finish on shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A server that listens on a TCP port. It stops on drop or by [`ListeningServer::stop`].
pub struct ListeningServer {
    address: SocketAddr,
    token: String,
    authority: Authority,
    server: FakeApiServer,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl FakeApiServer {
    /// Serves the Kubernetes API over HTTPS at an address on the current runtime. Port 0 selects a free port.
    ///
    /// The server has a self-signed certificate for this address and for `localhost`, and identifies users by bearer
    /// tokens and client certificates. [`ListeningServer::kubeconfig`] contains the certificate and the token of a user in the group
    /// `system:masters`, [`ListeningServer::kubeconfig_as`] and
    /// [`ListeningServer::kubeconfig_with_certificate`] the credentials of another user.
    ///
    /// # Errors
    /// Returns an error if the address cannot be bound or the certificate cannot be created.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<ListeningServer> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        let certificate = Certificate::new(address.ip())?;
        let token = token();
        self.add_user(&User::admin().with_token(token.as_str()));
        let acceptor = Arc::new(Acceptor::new(self.service_with_credentials(), certificate.tls));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(socket, acceptor, stopped, self.clone()));
        Ok(ListeningServer { address, token, authority: certificate.authority, server: self.clone(), stop, task })
    }
}

impl ListeningServer {
    /// Returns the local address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL for clients on this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // Clients cannot connect to the unspecified address.
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("https://{address}")
    }

    /// Returns the bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the certificate authority's certificate as PEM.
    pub fn certificate_authority(&self) -> &str {
        self.authority.pem()
    }

    /// Returns a kubeconfig for the server as YAML. It contains the token.
    pub fn kubeconfig(&self) -> String {
        self.kubeconfig_with(&Credentials::Token(&self.token))
    }

    /// Returns a kubeconfig for the server as YAML with the token of a user. A user without a token gets a random one.
    pub fn kubeconfig_as(&self, user: &User) -> String {
        let token = user.bearer_token().map_or_else(token, str::to_owned);
        self.server.add_user(&user.clone().with_token(token.as_str()));
        self.kubeconfig_with(&Credentials::Token(&token))
    }

    /// Returns a kubeconfig for the server as YAML with a client certificate of a user: its name is the common name, and its
    /// groups are organizations. The user's uid, extra fields and token are ignored.
    ///
    /// # Errors
    /// Returns an error if the certificate cannot be created.
    pub fn kubeconfig_with_certificate(&self, user: &User) -> io::Result<String> {
        Ok(self.kubeconfig_with(&Credentials::Certificate(&self.authority.client(user)?)))
    }

    fn kubeconfig_with(&self, credentials: &Credentials<'_>) -> String {
        kubeconfig::text(&self.url(), self.authority.pem(), credentials)
    }

    /// Stops the server: ends watches and waits for open requests.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // The only error is that the task was cancelled with its runtime.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ListeningServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for ListeningServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is secret.
        out.debug_struct("ListeningServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Returns a random token of 32 hexadecimal digits.
fn token() -> String {
    // Each `RandomState` has new keys from the system's source of randomness.
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
            // Such as too many open files: other connections may be closed in the meantime.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(socket);
    server.close_watches();
    if let Ok(connections) = Arc::try_unwrap(connections) {
        // Connections that do not read their last response in time are dropped.
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await;
    }
}
