//! The network between a client and the API server in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use kube::client::Body;
use kube_client_runtime::client::{Client, RetryPolicy};
use kube_fake_apiserver::FakeApiServer;
use serde_json::Value;
use tokio::sync::watch;
use tower::{BoxError, Service};

type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// What happens to the answer of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is lost: the client does not know whether the write was executed.
    LoseAnswer,
    /// The request is lost, and the client does not know that.
    LoseRequest,
    /// The API server rejects the write.
    Reject,
}

/// A network. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Network {
    server: FakeApiServer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whether the watches of a namespace deliver events; empty is a watch of all namespaces.
    open: BTreeMap<String, watch::Sender<bool>>,
    /// Whether answers to writes are delivered.
    answers: Option<watch::Sender<bool>>,
    faults: Vec<Fault>,
    /// A source of random delays, and the probability of a fault.
    random: Option<(fastrand::Rng, f64)>,
    /// The answers to writes that the API server executed, and the requests.
    executed: Vec<(Method, String, Value)>,
    requests: Vec<(Method, String)>,
}

impl Network {
    pub(crate) fn new() -> Self {
        let server = FakeApiServer::builder().namespaces(["a", "b", "c"]).build().unwrap();
        let answers = Some(watch::Sender::new(true));
        Network { server, state: Arc::new(Mutex::new(State { answers, ..State::default() })) }
    }

    /// A network with random delays and, with this probability, faults of writes.
    pub(crate) fn random(seed: u64, faults: f64) -> Self {
        let network = Network::new();
        network.state.lock().unwrap().random = Some((fastrand::Rng::with_seed(seed), faults));
        network
    }

    pub(crate) fn server(&self) -> &FakeApiServer {
        &self.server
    }

    /// Returns a client without retries.
    pub(crate) fn client(&self) -> Client {
        let network = self.clone();
        let service = tower::service_fn(move |request| network.clone().call(request));
        Client::builder().retry(RetryPolicy::NONE).over(kube::Client::new(service, "default"))
    }

    /// Delays the events of the watches of a namespace until it is opened; empty is a watch of all namespaces.
    pub(crate) fn close_watches_of(&self, namespace: &str) {
        self.gate(namespace).send_replace(false);
    }

    pub(crate) fn open_watches_of(&self, namespace: &str) {
        self.gate(namespace).send_replace(true);
    }

    /// Delays the answers to writes, after they were executed.
    pub(crate) fn hold_answers(&self) {
        self.state.lock().unwrap().answers.as_ref().unwrap().send_replace(false);
    }

    pub(crate) fn release_answers(&self) {
        self.state.lock().unwrap().answers.as_ref().unwrap().send_replace(true);
    }

    /// Injects a fault of the next write.
    pub(crate) fn inject(&self, fault: Fault) {
        self.state.lock().unwrap().faults.push(fault);
    }

    /// Returns the answers to all writes that the API server executed, with their methods and paths.
    pub(crate) fn executed(&self) -> Vec<(Method, String, Value)> {
        self.state.lock().unwrap().executed.clone()
    }

    /// Returns the methods and URIs of all requests.
    pub(crate) fn requests(&self) -> Vec<(Method, String)> {
        self.state.lock().unwrap().requests.clone()
    }

    fn gate(&self, namespace: &str) -> watch::Sender<bool> {
        let mut state = self.state.lock().unwrap();
        state.open.entry(namespace.to_owned()).or_insert_with(|| watch::Sender::new(true)).clone()
    }

    /// Waits for a random time.
    async fn delay(&self) {
        let delay = self.state.lock().unwrap().random.as_mut().map(|(random, _)| match random.u8(..20) {
            0 => Duration::from_millis(random.u64(100..3000)),
            1..8 => Duration::from_millis(random.u64(1..60)),
            _ => Duration::ZERO,
        });
        match delay {
            Some(delay) if delay.is_zero() => tokio::task::yield_now().await,
            Some(delay) => tokio::time::sleep(delay).await,
            None => {}
        }
    }

    fn fault(&self) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        if let Some(fault) = state.faults.pop() {
            return Some(fault);
        }
        let (random, faults) = state.random.as_mut()?;
        let all = [Fault::LoseAnswer, Fault::LoseRequest, Fault::Reject];
        (random.f64() < *faults).then(|| all[random.usize(..all.len())])
    }

    async fn call(self, request: Request<Body>) -> Result<Answer, BoxError> {
        let uri = request.uri().clone();
        self.state.lock().unwrap().requests.push((request.method().clone(), uri.to_string()));
        self.delay().await;
        if request.method() != Method::GET {
            return self.write(request).await;
        }
        let answer = self.server.service().call(request).await?;
        if uri.query().is_some_and(|query| query.contains("watch=true")) {
            let namespace = uri.path().split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
            return Ok(self.watch(namespace.unwrap_or_default(), answer));
        }
        self.delay().await;
        Ok(answer.map(|body| UnsyncBoxBody::new(body.map_err(BoxError::from))))
    }

    async fn write(self, request: Request<Body>) -> Result<Answer, BoxError> {
        let fault = self.fault();
        let broken = || BoxError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        match fault {
            Some(Fault::LoseRequest) => return Err(broken()),
            Some(Fault::Reject) => {
                let status = serde_json::json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"});
                let body = Full::new(Bytes::from(status.to_string())).map_err(|never| match never {});
                return Ok(Response::builder().status(403).body(UnsyncBoxBody::new(body))?);
            }
            Some(Fault::LoseAnswer) | None => {}
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (head, body) = self.server.service().call(request).await?.into_parts();
        let bytes = body.collect().await.map_err(BoxError::from)?.to_bytes();
        let mut open = {
            let mut state = self.state.lock().unwrap();
            if head.status.is_success() {
                state.executed.push((method, path, serde_json::from_slice(&bytes)?));
            }
            state.answers.as_ref().unwrap().subscribe()
        };
        open.wait_for(|open| *open).await?;
        self.delay().await;
        if fault == Some(Fault::LoseAnswer) {
            return Err(broken());
        }
        let body = Full::new(bytes).map_err(|never| match never {});
        Ok(Response::from_parts(head, UnsyncBoxBody::new(body)))
    }

    fn watch(&self, namespace: &str, answer: Response<kube_fake_apiserver::Body>) -> Answer {
        let (network, open) = (self.clone(), self.gate(namespace).subscribe());
        answer.map(|body| {
            let frames =
                stream::unfold((BodyStream::new(body), open, network), |(mut frames, mut open, network)| async {
                    let frame: Result<Frame<Bytes>, BoxError> = frames.next().await?.map_err(BoxError::from);
                    open.wait_for(|open| *open).await.ok()?;
                    network.delay().await;
                    Some((frame, (frames, open, network)))
                });
            UnsyncBoxBody::new(StreamBody::new(frames))
        })
    }
}
