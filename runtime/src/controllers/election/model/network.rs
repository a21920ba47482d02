//! A network between an elector and the API server that delays and loses requests and responses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use kube::client::Body;
use kube_fake_apiserver::FakeApiServer;
use proptest::prelude::*;
use tokio::time::Instant;
use tower::BoxError;

use crate::client::Client;

/// What happens to a request.
#[derive(Clone, Debug, Default)]
pub(in crate::controllers) struct Fate {
    /// The delay of the request, in milliseconds.
    request: u16,
    /// The delay of the response, in milliseconds.
    response: u16,
    loss: Loss,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Loss {
    #[default]
    None,
    /// The connection breaks before the API server reads the request.
    Request,
    /// The API server executes the request, and the connection breaks before the response.
    Response,
    /// The API server executes the request and never answers.
    Silence,
    /// The API server fails with this status.
    Status(u16),
}

/// A time without connection, in seconds after the start.
#[derive(Clone, Debug)]
pub(in crate::controllers) struct Partition {
    start: u16,
    length: u16,
    /// Whether requests hang instead of failing.
    hangs: bool,
}

impl Partition {
    pub(in crate::controllers) fn new(start: u16, length: u16) -> Self {
        Partition { start, length, hangs: true }
    }
}

pub(in crate::controllers) fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let loss = prop_oneof![
        12 => Just(Loss::None),
        2 => Just(Loss::Request),
        2 => Just(Loss::Response),
        1 => Just(Loss::Silence),
        1 => prop_oneof![Just(409), Just(403), Just(429), Just(500), Just(503), Just(504)].prop_map(Loss::Status),
    ];
    let delay = || prop_oneof![8 => 0_u16..50, 2 => 0_u16..3000, 1 => 0_u16..9000];
    let fate = (delay(), delay(), loss).prop_map(|(request, response, loss)| Fate { request, response, loss });
    prop::collection::vec(fate, 1..60)
}

pub(in crate::controllers) fn partitions(end: u16) -> impl Strategy<Value = Vec<Partition>> {
    let partition = (0..end, 1_u16..40, any::<bool>());
    prop::collection::vec(partition.prop_map(|(start, length, hangs)| Partition { start, length, hangs }), 0..4)
}

pub(in crate::controllers) struct Network {
    server: kube::Client,
    start: Instant,
    /// When it works without faults.
    healthy_from: Instant,
    fates: Vec<Fate>,
    partitions: Vec<Partition>,
    requests: Mutex<usize>,
}

impl Network {
    pub(in crate::controllers) fn client(
        server: &FakeApiServer,
        fates: Vec<Fate>,
        partitions: Vec<Partition>,
        faulty: Duration,
    ) -> Client {
        let start = Instant::now();
        let (server, healthy_from, requests) = (server.client(), start + faulty, Mutex::new(0));
        let network = Arc::new(Network { server, start, healthy_from, fates, partitions, requests });
        let service = tower::service_fn(move |request| network.clone().answer(request));
        Client::from(kube::Client::new(service, "default"))
    }

    async fn answer(self: Arc<Self>, request: Request<Body>) -> Result<Response<Full<Bytes>>, BoxError> {
        if Instant::now() >= self.healthy_from {
            return self.execute(request).await;
        }
        let fate = {
            let mut requests = self.requests.lock().unwrap();
            *requests += 1;
            self.fates[*requests % self.fates.len()].clone()
        };
        tokio::time::sleep(Duration::from_millis(fate.request.into())).await;
        self.pass(&fate).await?;
        if let Loss::Status(code) = fate.loss {
            return Ok(failure(code));
        }
        let response = self.execute(request).await;
        tokio::time::sleep(Duration::from_millis(fate.response.into())).await;
        self.pass(&Fate { loss: Loss::None, ..fate.clone() }).await?;
        match fate.loss {
            Loss::Response => Err(broken()),
            Loss::Silence => std::future::pending().await,
            _ => response,
        }
    }

    /// Fails, or never returns, if a message is lost now.
    async fn pass(&self, fate: &Fate) -> Result<(), BoxError> {
        let now = self.start.elapsed();
        let within = |partition: &&Partition| {
            let start = Duration::from_secs(partition.start.into());
            now >= start && now < start + Duration::from_secs(partition.length.into())
        };
        match self.partitions.iter().find(within) {
            Some(Partition { hangs: true, .. }) => std::future::pending().await,
            Some(_) => Err(broken()),
            None if fate.loss == Loss::Request => Err(broken()),
            None => Ok(()),
        }
    }

    async fn execute(&self, request: Request<Body>) -> Result<Response<Full<Bytes>>, BoxError> {
        let (head, body) = self.server.send(request).await?.into_parts();
        Ok(Response::from_parts(head, Full::new(body.collect_bytes().await?)))
    }
}

fn failure(code: u16) -> Response<Full<Bytes>> {
    let status = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "of the test",
        "reason": "Test", "code": code});
    Response::builder().status(code).body(Full::new(status.to_string().into())).unwrap()
}

fn broken() -> BoxError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}
