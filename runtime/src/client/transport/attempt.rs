//! The attempts of a call.

use std::pin::pin;

use http::{Request, Response};
use kube::client::Body;
use tokio::time::Instant;
use tracing::Instrument;

use super::opaque::take;
use super::outcome::Outcome;
use super::replay::{LostUpdate, Reread};
use super::retry_table::{Decision, Replay, decide};
use super::timeout::{CallError, Phase, Progress};
use super::{Mode, Transport, outcome, trace, warnings};

impl Transport {
    /// Sends a request as often as the retry policy allows, and reports its metrics and warnings. It takes the request out of
    /// its place.
    pub(super) async fn attempts(
        &self,
        request: &mut Request<Body>,
        mode: Mode,
        deadline: Option<Instant>,
        progress: &Progress,
        now: Instant,
    ) -> Result<Response<Body>, kube::Error> {
        let (read_only, copy) = (request.method().is_safe(), if mode == Mode::Once { None } else { copy(request) });
        let outcome = self.attempt(request, mode, 0, progress, now).await;
        if mode == Mode::Once || outcome.failure().is_none() {
            return self.finished(outcome);
        }
        // Separate, so that the future of a call without a failure is small.
        Box::pin(self.repeat(outcome, copy, read_only, mode, deadline, progress)).await
    }

    /// Repeats a request as often as the retry policy allows, after its first outcome.
    async fn repeat(
        &self,
        mut outcome: Outcome,
        mut copy: Option<Request<Body>>,
        read_only: bool,
        mode: Mode,
        deadline: Option<Instant>,
        progress: &Progress,
    ) -> Result<Response<Body>, kube::Error> {
        let policy = &self.shared.settings.retry;
        let mut executed = false;
        let mut attempt = 0;
        loop {
            let Some(failure) = outcome.failure() else {
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
            let Some(mut next) = copy.filter(|_| !late && self.shared.budget.allows(attempt, failure)) else {
                return if read_only || !executed { self.finished(outcome) } else { Err(unknown(outcome).await) };
            };
            self.shared.metrics.retried(next.method(), outcome.code());
            tracing::debug!(method = %next.method(), path = next.uri().path(), ?delay, failure = %failure, "retrying");
            progress.enter(Phase::Retry);
            tokio::time::sleep(delay).await;
            if reads {
                let Some(update) = LostUpdate::of(&next) else { return Err(unknown(outcome).await) };
                match update.reread(self, deadline, progress).await {
                    Reread::NotExecuted => executed = false,
                    Reread::Executed(response) => return Ok(response),
                    Reread::Unknown => return Err(unknown(outcome).await),
                }
            }
            attempt += 1;
            copy = self::copy(&next);
            outcome = self.attempt(&mut next, mode, attempt, progress, Instant::now()).await;
        }
    }

    /// Sends a request once, from `now` on: a look at the clock is a noticeable part of a call.
    pub(super) async fn attempt(
        &self,
        request: &mut Request<Body>,
        mode: Mode,
        attempt: u32,
        progress: &Progress,
        now: Instant,
    ) -> Outcome {
        let mut started = now;
        if let Some(limiter) = self.shared.limiter.as_ref() {
            progress.enter(Phase::RateLimit);
            let waited = limiter.acquire(self.prioritized, now).await;
            self.shared.metrics.limited(request.method(), waited);
            if !waited.is_zero() {
                started = Instant::now();
            }
        }
        progress.enter(Phase::Response);
        progress.may_be_executed(true);
        let method = request.method().clone();
        let span = trace::attempt(attempt);
        let outcome = pin!(async {
            let response = match &self.shared.opaque {
                Some(bodies) => bodies.send(&self.shared.inner, request, mode == Mode::Whole).await?,
                None => self.shared.inner.send(take(request)).await?,
            };
            progress.enter(Phase::Body);
            outcome::read(response, mode).await
        });
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
