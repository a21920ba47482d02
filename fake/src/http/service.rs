//! The server as a service: the steps that every request passes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use ::http::{Method, Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::answer::Answer;
use super::body::Body;
use super::negotiate::Form;
use super::request::Incoming;
use super::traffic::Traffic;
use super::{pretty, zip};
use crate::control::{Instead, Plan, Recordings, Rules};
use crate::json::depth;
use crate::registry::Registry;
use crate::status::Failure;

/// The greatest body that is read. Source: `MaxRequestBodyBytes` of the API server's configuration.
const MOST_BYTES: usize = 3 * 1024 * 1024;

/// The state that all clients of a server share.
pub(crate) struct Shared {
    registry: Mutex<Registry>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) recordings: Recordings,
    pub(crate) traffic: Traffic,
}

impl Shared {
    pub(crate) fn new(registry: Registry) -> Arc<Self> {
        Arc::new(Shared {
            registry: Mutex::new(registry),
            rules: Arc::default(),
            recordings: Recordings::default(),
            traffic: Traffic::default(),
        })
    }

    /// Runs `work` on a stack for the deepest object that is stored.
    pub(super) fn grown<T>(&self, work: impl FnOnce() -> T) -> T {
        let levels = self.registry().levels;
        depth::grown_for(levels, work)
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        // A request that panicked has left everything stored as it was.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server as a tower service, for `kube::Client::new`. It fails where a test breaks the connection.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

impl Service {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Service { shared }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let _open = shared.traffic.begin();
            serve(&shared, request).await
        })
    }
}

/// A failure as an answer in JSON, before anything was asked of the server.
#[cfg(feature = "tcp")]
pub(crate) fn failed(service: &Service, failure: Failure) -> Response<Body> {
    Answer::failure(failure, Form::Json).into_response(&service.shared)
}

async fn serve<B>(shared: &Arc<Shared>, request: Request<B>) -> io::Result<Response<Body>>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            let failure = if error.is::<LengthLimitError>() {
                Failure::too_large(format!("Request entity too large: limit is {MOST_BYTES}"))
            } else {
                Failure::bad_request(error.to_string())
            };
            return Ok(Answer::failure(failure, Form::Json).into_response(shared));
        }
    };
    let request = Incoming { head, body };
    let form = Form::of(&request.head);
    let plan = planned(shared, &request);
    if !plan.delay.is_zero() {
        tokio::time::sleep(plan.delay).await;
    }
    let is_lost = matches!(plan.instead, Some(Instead::LoseAnswer));
    let cut = if let Some(Instead::CutAnswer(bytes)) = plan.instead { Some(bytes) } else { None };
    let sent =
        |answer: Answer| zip::zipped(&request.head, pretty::indented(&request.head, answer.into_response(shared)));
    let response = match plan.instead {
        Some(Instead::Hang) => std::future::pending().await,
        Some(Instead::Refuse) => return Err(broken()),
        Some(Instead::Fail(failure)) => sent(Answer::failure(failure, form)),
        Some(Instead::Value(value)) => sent(Answer::value(value)),
        _ => {
            let levels = request.levels().max(shared.registry().levels);
            let answer = || sent(request.answer(shared).unwrap_or_else(|failure| Answer::failure(failure, form)));
            depth::grown_for(levels, answer)
        }
    };
    let response = if request.head.method == Method::HEAD { response.map(|_| Body::default()) } else { response };
    match cut {
        _ if is_lost => Err(broken()),
        Some(bytes) => Ok(response.map(|body| body.cut_after(bytes))),
        None => Ok(response),
    }
}

fn planned(shared: &Shared, request: &Incoming) -> Plan {
    if shared.rules.is_empty() && shared.recordings.is_empty() {
        return Plan::default();
    }
    let action = request.action();
    shared.recordings.record(&action);
    shared.rules.plan(&action)
}

/// The error of a client whose connection breaks.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection was cut, as the test asked")
}
