//! The tower service: the steps that all requests have in common.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::{Method, Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::answer::Answer;
use super::execute::{execute, respond};
use super::identity::Identity;
use super::negotiate::Accept;
use super::request::ApiRequest;
use super::shared::Shared;
use super::view::Form;
use super::warnings::append_warnings;
use crate::action::{Decision, Outcome};
use crate::body::{Body, connection_reset};
use crate::status::Failure;

/// The maximum size of a body. Source: `MaxRequestBodyBytes` of the API server's configuration.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// The server as a tower service for `kube::Client::new`. It only returns an error if a test injects one.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
    identity: Identity,
}

impl Service {
    pub(crate) fn new(shared: Arc<Shared>, identity: Identity) -> Self {
        Service { shared, identity }
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
        let Service { shared, identity } = self.clone();
        Box::pin(async move {
            let _open = shared.traffic.start();
            serve(&shared, &identity, request).await
        })
    }
}

async fn serve<B>(shared: &Arc<Shared>, identity: &Identity, request: Request<B>) -> io::Result<Response<Body>>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let request = match received(shared, identity, request).await {
        Ok(request) => request,
        Err(answer) => return Ok(answer.into_response(shared)),
    };
    let decision = decide(shared, &request);
    sleep(decision.delay).await;
    let response = match decision.outcome {
        Outcome::Hang => std::future::pending().await,
        Outcome::Refuse => return Err(connection_reset()),
        Outcome::Fail(failure) => respond(shared, &request, Answer::failure(failure, request.accept.error_form())),
        Outcome::Value(value) => respond(shared, &request, Answer::value(value)),
        Outcome::Response(response) => response,
        Outcome::Execute(transfer) => execute(shared, &request).map(|body| body.with_transfer(transfer)),
        Outcome::LoseAnswer => {
            execute(shared, &request);
            sleep(decision.answer_delay).await;
            return Err(connection_reset());
        }
    };
    shared.metrics.count(&request, response.status());
    let mut response = if request.head.method == Method::HEAD { response.map(|_| Body::default()) } else { response };
    response.headers_mut().extend(decision.headers);
    append_warnings(response.headers_mut(), &decision.warnings);
    sleep(decision.answer_delay).await;
    Ok(response)
}

/// Identifies the user of a request and reads its body.
async fn received<B>(shared: &Shared, identity: &Identity, request: Request<B>) -> Result<ApiRequest, Box<Answer>>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let user = identity.user_of(shared, &head);
    let user = user.map_err(|failure| Answer::failure(failure, Accept::of(&head).error_form()))?;
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|error| {
        let failure = if error.is::<LengthLimitError>() {
            Failure::too_large(format!("Request entity too large: limit is {MAX_BODY_BYTES}"))
        } else {
            Failure::bad_request(error.to_string())
        };
        Answer::failure(failure, Form::Json)
    })?;
    Ok(ApiRequest::new(head, body.to_bytes(), user))
}

/// Waits unless the duration is zero.
async fn sleep(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
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
