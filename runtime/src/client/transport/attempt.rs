//! The attempts of a call.

use http::{Request, Response};
use kube::client::Body;
use tokio::time::Instant;
use tracing::Instrument;

use super::outcome::Outcome;
use super::replay::{LostUpdate, Reread};
use super::retry_table::{Decision, Replay, decide};
use super::timeout::{CallError, Phase, Progress};
use super::{Mode, Transport, outcome, trace, warnings};

impl Transport {
    /// Sends a request as often as the retry policy allows, and reports its metrics and warnings.
    pub(super) async fn attempts(
        &self,
        request: Request<Body>,
        mode: Mode,
        deadline: Option<Instant>,
        progress: &Progress,
    ) -> Result<Response<Body>, kube::Error> {
        let policy = &self.shared.settings.retry;
        let mut next = request;
        let mut executed = false;
        let mut attempt = 0;
        loop {
            let (read_only, copy) = (next.method().is_safe(), if mode == Mode::Once { None } else { copy(&next) });
            let outcome = self.attempt(next, mode, attempt, progress).await;
            let Some(failure) = outcome.failure().filter(|_| mode != Mode::Once) else {
                let answered = outcome.response().is_some() || read_only || !executed;
                return if answered { self.finished(outcome) } else { Err(unknown(outcome).await) };
            };
            let replay = copy.as_ref().map_or(Replay::NotBuffered, Replay::of);
            let decision = decide(replay, failure);
            let was_executed = executed;
            executed |= failure.may_be_executed();
            progress.may_be_executed(executed);
            let (delay, reads) = match decision {
                // A repeated deletion of one object by uid that finds no such object: an earlier attempt deleted it.
                Decision::Return if was_executed && replay == Replay::DeleteByUid && failure.is_gone() => {
                    return Ok(outcome::deleted());
                }
                // The error is that of a repetition; an earlier attempt may have been executed.
                Decision::Return if was_executed && !read_only => return Err(unknown(outcome).await),
                Decision::Return => return self.finished(outcome),
                Decision::FateUnknown => return Err(unknown(outcome).await),
                Decision::Repeat => (policy.delay(attempt, failure.retry_after()), false),
                Decision::ReadAndRepeat => (policy.delay(attempt, failure.retry_after()), true),
            };
            let late = deadline.is_some_and(|deadline| Instant::now() + delay >= deadline);
            let Some(copy) = copy.filter(|_| !late && self.shared.budget.allows(attempt, failure)) else {
                return if read_only || !executed { self.finished(outcome) } else { Err(unknown(outcome).await) };
            };
            self.shared.metrics.retried(copy.method(), outcome.code());
            tracing::debug!(method = %copy.method(), path = copy.uri().path(), ?delay, failure = %failure, "retrying");
            progress.enter(Phase::Retry);
            tokio::time::sleep(delay).await;
            if reads {
                let Some(update) = LostUpdate::of(&copy) else { return Err(unknown(outcome).await) };
                match update.reread(self, deadline, progress).await {
                    Reread::NotExecuted => executed = false,
                    Reread::Executed(response) => return Ok(response),
                    Reread::Unknown => return Err(unknown(outcome).await),
                }
            }
            next = copy;
            attempt += 1;
        }
    }

    /// Sends a request once.
    pub(super) async fn attempt(
        &self,
        request: Request<Body>,
        mode: Mode,
        attempt: u32,
        progress: &Progress,
    ) -> Outcome {
        if let Some(limiter) = self.shared.limiter.as_ref() {
            progress.enter(Phase::RateLimit);
            let waited = limiter.acquire(self.prioritized).await;
            self.shared.metrics.limited(request.method(), waited);
        }
        progress.enter(Phase::Response);
        progress.may_be_executed(true);
        let method = request.method().clone();
        let started = Instant::now();
        let span = trace::attempt(attempt);
        let outcome = async {
            let request = match &self.shared.opaque {
                Some(bodies) => bodies.hide(request).await?,
                None => request,
            };
            let response = self.shared.inner.send(request).await?;
            progress.enter(Phase::Body);
            outcome::read(response, mode).await
        };
        let outcome = Outcome::new(outcome.instrument(span).await);
        self.shared.metrics.answered(&method, outcome.code(), started.elapsed());
        if let Some(response) = outcome.response() {
            warnings::report(response.headers(), &*self.shared.settings.warnings);
        }
        outcome
    }

    fn finished(&self, outcome: Outcome) -> Result<Response<Body>, kube::Error> {
        if outcome.failure().is_none() {
            self.shared.budget.succeeded();
        }
        outcome.into_result()
    }
}

/// Returns the error of a request that the API server may have executed.
async fn unknown(outcome: Outcome) -> kube::Error {
    CallError::FateUnknown(Box::new(outcome.into_error().await)).into()
}

/// Copies a request; `None` if its body is a stream.
fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let body = request.body().try_clone()?;
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
