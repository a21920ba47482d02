//! The tower service: the steps that all requests have in common.

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
use super::request::ApiRequest;
use super::traffic::Traffic;
use super::{gzip, pretty};
use crate::control::{Decision, Override, Recordings, Rules};
use crate::json::depth;
use crate::registry::Registry;
use crate::status::Failure;

/// The maximum size of a body. Source: `MaxRequestBodyBytes` of the API server's configuration.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

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

    /// Runs `work` with a stack that is large enough for the deepest stored object.
    pub(super) fn with_stack<T>(&self, work: impl FnOnce() -> T) -> T {
        let levels = self.registry().levels;
        depth::with_stack_for(levels, work)
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        // A request that panics does not leave a partial write.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server as a tower service for `kube::Client::new`. It only returns an error if a test injects one.
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
            let _open = shared.traffic.start();
            serve(&shared, request).await
        })
    }
}

/// Returns an error response in JSON to a request that is not routed.
#[cfg(feature = "tcp")]
pub(crate) fn error_response(service: &Service, failure: Failure) -> Response<Body> {
    Answer::failure(failure, Form::Json).into_response(&service.shared)
}

async fn serve<B>(shared: &Arc<Shared>, request: Request<B>) -> io::Result<Response<Body>>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            let failure = if error.is::<LengthLimitError>() {
                Failure::too_large(format!("Request entity too large: limit is {MAX_BODY_BYTES}"))
            } else {
                Failure::bad_request(error.to_string())
            };
            return Ok(Answer::failure(failure, Form::Json).into_response(shared));
        }
    };
    let request = ApiRequest { head, body };
    let form = Form::of(&request.head);
    let decision = decide(shared, &request);
    if !decision.delay.is_zero() {
        tokio::time::sleep(decision.delay).await;
    }
    let is_lost = matches!(decision.override_, Some(Override::LoseAnswer));
    let truncate_at = if let Some(Override::TruncateAnswer(bytes)) = decision.override_ { Some(bytes) } else { None };
    let respond =
        |answer: Answer| gzip::compress(&request.head, pretty::indented(&request.head, answer.into_response(shared)));
    let response = match decision.override_ {
        Some(Override::Hang) => std::future::pending().await,
        Some(Override::Refuse) => return Err(connection_reset()),
        Some(Override::Fail(failure)) => respond(Answer::failure(failure, form)),
        Some(Override::Value(value)) => respond(Answer::value(value)),
        _ => {
            let levels = request.levels().max(shared.registry().levels);
            let answer = || respond(request.answer(shared).unwrap_or_else(|failure| Answer::failure(failure, form)));
            depth::with_stack_for(levels, answer)
        }
    };
    let response = if request.head.method == Method::HEAD { response.map(|_| Body::default()) } else { response };
    match truncate_at {
        _ if is_lost => Err(connection_reset()),
        Some(bytes) => Ok(response.map(|body| body.truncate_after(bytes))),
        None => Ok(response),
    }
}

fn decide(shared: &Shared, request: &ApiRequest) -> Decision {
    if shared.rules.is_empty() && shared.recordings.is_empty() {
        return Decision::default();
    }
    let action = request.action();
    shared.recordings.record(&action);
    shared.rules.decide(&action)
}

/// Returns the error of a connection_reset connection.
pub(super) fn connection_reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by fault injection")
}
