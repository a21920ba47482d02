//! A TCP proxy whose connections a test can cut.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a proxy does with its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It forwards them.
    Up,
    /// It closes them, and new ones at once.
    Cut,
    /// It keeps them open and forwards nothing, as a network does that drops all packets.
    Silent,
}

/// A proxy in front of an API server. It ends when this value is dropped.
pub struct Proxy {
    /// The port on 127.0.0.1.
    pub port: u16,
    link: watch::Sender<Link>,
}

impl Proxy {
    /// Starts a proxy in front of an address.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let link = watch::Sender::new(Link::Up);
        let state = link.subscribe();
        tokio::spawn(async move {
            let mut end = state.clone();
            let accept = async {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(forward(client, to, state.clone()));
                }
            };
            tokio::select! {
                () = accept => {}
                // The proxy was dropped.
                () = async { while end.changed().await.is_ok() {} } => {}
            }
        });
        Proxy { port, link }
    }

    /// Changes what happens to all connections.
    pub fn set(&self, link: Link) {
        self.link.send_replace(link);
    }
}

async fn forward(mut client: TcpStream, to: SocketAddr, mut link: watch::Receiver<Link>) {
    if *link.borrow() == Link::Cut {
        return;
    }
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    loop {
        let state = *link.borrow_and_update();
        match state {
            Link::Cut => return,
            Link::Silent => {
                if link.changed().await.is_err() {
                    return;
                }
            }
            // A copy that is interrupted may lose bytes, so that the connection is of no use afterwards.
            Link::Up => {
                let is_silent = tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => return,
                    changed = link.changed() => changed.is_ok() && *link.borrow() == Link::Silent,
                };
                if is_silent {
                    let _ = link.wait_for(|link| *link != Link::Silent).await;
                }
                return;
            }
        }
    }
}
