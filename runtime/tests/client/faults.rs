//! A scripted transport: what happens to each request, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use kube::client::Body;
use kube_client_runtime::client::ClientBuilder;
use kube_fake_apiserver::FakeApiServer;
use tower::BoxError;

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The server answers.
    None,
    /// There is no connection.
    NoConnection,
    /// The connection breaks before the server reads the request.
    CutBefore,
    /// The server executes the request, and the connection breaks before the response.
    CutAfter,
    /// The server executes the request, and the connection breaks after so many bytes of the body.
    CutWithin(usize),
    /// The server rejects the request with this status, and with a `Retry-After` of so many seconds.
    Reject(u16, Option<u64>),
    /// The server executes the request and answers with this status all the same, as a proxy does that gives up.
    ExecuteAndReject(u16),
    /// The server does not answer.
    Hang,
    /// The server executes the request, and the body of the response never ends.
    Endless,
    /// The server executes the request, and sends the body byte by byte, one in each such period.
    Trickle(Duration),
}

/// A script with the number of requests that reached the server or failed on the way.
#[derive(Clone)]
pub(crate) struct Script {
    server: kube::Client,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

type ServerBody = UnsyncBoxBody<Bytes, BoxError>;

impl Script {
    pub(crate) fn new(server: &FakeApiServer, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults = Arc::new(Mutex::new(faults.into_iter().collect()));
        Script { server: server.client(), faults, requests: Arc::default() }
    }

    /// Returns the method and the path of each request.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn client(&self, builder: ClientBuilder) -> kube_client_runtime::client::Client {
        let script = self.clone();
        let service = tower::service_fn(move |request| script.clone().answer(request));
        builder.over(kube::Client::new(service, "default"))
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<ServerBody>, BoxError> {
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        self.requests.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        match fault {
            Fault::NoConnection => return Err(broken(std::io::ErrorKind::ConnectionRefused)),
            Fault::CutBefore => return Err(broken(std::io::ErrorKind::ConnectionReset)),
            Fault::Hang => std::future::pending().await,
            Fault::Reject(code, after) => return Ok(rejected(code, after)),
            _ => {}
        }
        let response = self.server.send(request).await?;
        let (head, body) = response.into_parts();
        let bytes = body.collect_bytes().await?;
        let body = match fault {
            Fault::CutAfter => return Err(broken(std::io::ErrorKind::UnexpectedEof)),
            Fault::ExecuteAndReject(code) => return Ok(rejected(code, None)),
            Fault::CutWithin(length) => {
                let part = bytes.slice(..length.min(bytes.len()));
                body_of(stream::iter([Ok(part), Err(broken(std::io::ErrorKind::UnexpectedEof))]))
            }
            Fault::Endless => body_of(stream::repeat_with(|| Ok(Bytes::from_static(b" "))).then(|byte| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                byte
            })),
            Fault::Trickle(every) => body_of(stream::iter(bytes).then(move |byte| async move {
                tokio::time::sleep(every).await;
                Ok(Bytes::copy_from_slice(&[byte]))
            })),
            _ => body_of(stream::iter([Ok(bytes)])),
        };
        Ok(Response::from_parts(head, body))
    }
}

fn body_of(chunks: impl futures::Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> ServerBody {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

fn rejected(code: u16, after: Option<u64>) -> Response<ServerBody> {
    let status = serde_json::json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "rejected by the test", "reason": "Test", "code": code});
    let mut response = Response::builder().status(code);
    if let Some(seconds) = after {
        response = response.header("Retry-After", seconds);
    }
    response.body(body_of(stream::iter([Ok(status.to_string().into())]))).unwrap()
}

fn broken(kind: std::io::ErrorKind) -> BoxError {
    std::io::Error::from(kind).into()
}
