//! Reactions to matching requests: the faults that tests inject.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde_json::Value;

use super::Action;
use super::effect::Effect;
use crate::body::{Body, Transfer};
use crate::status::Failure;

/// A reaction to matching requests, such as an error, a delay or a broken connection.
///
/// | the connection breaks | reaction |
/// |---|---|
/// | before the request is handled | [`Reaction::refuse`] |
/// | after the request was handled, before the response | [`Reaction::lose_answer`] |
/// | in the middle of the response body | [`Reaction::truncate_answer_after`] |
///
/// All times are those of tokio's clock, so tests with a paused clock do not wait.
#[derive(Clone)]
pub struct Reaction {
    pub(super) effect: Effect,
    pub(super) headers: HeaderMap,
    pub(super) warnings: Vec<String>,
    pub(super) skip: usize,
    pub(super) times: Option<usize>,
}

impl Reaction {
    fn new(effect: Effect) -> Self {
        Reaction { effect, headers: HeaderMap::new(), warnings: Vec::new(), skip: 0, times: None }
    }

    /// Leaves the response to later reactions or to the server. It is used with [`Reaction::with_header`] and
    /// [`Reaction::with_warning`], and to count requests.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// let gets = server.react(Calls::to("get", "configmaps"), Reaction::pass());
    /// assert_eq!(gets.seen(), 0);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn pass() -> Self {
        Reaction::new(Effect::Pass)
    }

    /// Fails the request without executing it. The `Failure` determines the code, the reason, the message and
    /// `retryAfterSeconds`; the header `Retry-After` follows the latter, as in kube-apiserver.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Failure, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// // 503 with `Retry-After: 5` and `details.retryAfterSeconds: 5`
    /// let overloaded = Failure::unavailable().with_retry_after(5);
    /// server.react(Calls::to("create", "configmaps"), Reaction::fail(overloaded).times(2));
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn fail(failure: Failure) -> Self {
        Reaction::new(Effect::Fail(failure))
    }

    /// Answers the request by a function, which returns an object, an error, or `None` to leave the response to later
    /// reactions or to the server.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Failure, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// let read_only = Reaction::answer(|action| {
    ///     (!action.is_read()).then(|| Err(Failure::internal("etcd is read-only")))
    /// });
    /// server.react(Calls::all(), read_only);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn answer(answer: impl Fn(&Action) -> Option<Result<Value, Failure>> + Send + Sync + 'static) -> Self {
        Reaction::new(Effect::Answer(Arc::new(answer)))
    }

    /// Answers the request by any HTTP response without executing it, such as the HTML of a proxy, or the text of
    /// kube-apiserver's priority and fairness, which is not a `Status`. A body may be streamed and never end
    /// ([`Body::from_stream`]).
    ///
    /// Source of the example: `apiserver/pkg/server/filters/maxinflight.go`, `tooManyRequests`.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// let throttled = Reaction::respond(|_| {
    ///     let mut response = http::Response::new("Too many requests, please try again later.\n".into());
    ///     *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    ///     response.headers_mut().insert("retry-after", http::HeaderValue::from_static("1"));
    ///     response
    /// });
    /// server.react(Calls::to("list", "*").matching(|action| action.namespace.is_empty()), throttled);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn respond(response: impl Fn(&Action) -> Response<Body> + Send + Sync + 'static) -> Self {
        Reaction::new(Effect::Respond(Arc::new(response)))
    }

    /// Delays the request before it is executed. If the client gives up before, the request has no effect. Delays of
    /// several reactions add up.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("get", "*"), Reaction::delay(Duration::from_secs(3)));
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn delay(by: Duration) -> Self {
        Reaction::new(Effect::Delay(by))
    }

    /// Executes the request and delays its response. A client that gives up before does not know the outcome. Delays of
    /// several reactions add up.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("create", "*"), Reaction::delay_answer(Duration::from_secs(60)).once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn delay_answer(by: Duration) -> Self {
        Reaction::new(Effect::DelayAnswer(by))
    }

    /// Never answers the request and does not execute it: the client waits until it times out.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("update", "configmaps").named("one"), Reaction::hang().once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn hang() -> Self {
        Reaction::new(Effect::Hang)
    }

    /// Breaks the connection before the request is handled.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("delete", "configmaps"), Reaction::refuse().once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn refuse() -> Self {
        Reaction::new(Effect::Refuse)
    }

    /// Executes the request and breaks the connection before the response, so that the client does not know the
    /// outcome.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("create", "configmaps"), Reaction::lose_answer().once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn lose_answer() -> Self {
        Reaction::new(Effect::LoseAnswer)
    }

    /// Executes the request and breaks the connection after `bytes` bytes of the response body, watches included.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("list", "configmaps"), Reaction::truncate_answer_after(20).once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn truncate_answer_after(bytes: usize) -> Self {
        Reaction::new(Effect::Transfer(Transfer::Truncated(bytes)))
    }

    /// Executes the request and sends at most `bytes` bytes of the response body, which never ends. The connection stays
    /// open.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("get", "configmaps"), Reaction::stall_answer_after(20).once());
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn stall_answer_after(bytes: usize) -> Self {
        Reaction::new(Effect::Transfer(Transfer::Stalled(bytes)))
    }

    /// Executes the request and sends the response body in parts of at most `bytes` bytes (at least one), and waits for
    /// `interval` before each part.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// server.react(Calls::to("list", "configmaps"), Reaction::trickle_answer(1, Duration::from_secs(10)));
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn trickle_answer(bytes: usize, interval: Duration) -> Self {
        Reaction::new(Effect::Transfer(Transfer::Trickled(bytes.max(1), interval)))
    }

    /// Sets a header of the response, whatever answers the request.
    ///
    /// ```
    /// # use http::HeaderValue;
    /// # use http::header::RETRY_AFTER;
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Failure, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// // The header without `details.retryAfterSeconds`.
    /// let later = Reaction::fail(Failure::unavailable()).with_header(RETRY_AFTER, HeaderValue::from_static("120"));
    /// server.react(Calls::all(), later);
    /// # Ok::<(), BuildError>(())
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds a warning to the response: the header `Warning: 299 - "text"`, with quotes and backslashes escaped. Several
    /// warnings are several headers. As on the API server, a text with control characters is not sent, and texts with more than
    /// 4,096 characters together are truncated to 256 characters each.
    ///
    /// ```
    /// # use kube_fake_apiserver::{BuildError, Calls, FakeApiServer, Reaction};
    /// # let server = FakeApiServer::builder().build()?;
    /// let warned = Reaction::pass().with_warning("the field \"size\" is deprecated, use \"count\"");
    /// server.react(Calls::to("create", "configmaps"), warned);
    /// # Ok::<(), BuildError>(())
    /// ```
    #[must_use]
    pub fn with_warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }

    /// Applies the reaction to the first `times` requests only.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Reaction { times: Some(times), ..self }
    }

    /// Applies the reaction to the first request only.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Skips the first `requests` requests.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        Reaction { skip: requests, ..self }
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Reaction");
        out.field("effect", &self.effect).field("headers", &self.headers).field("warnings", &self.warnings);
        out.field("skip", &self.skip).field("times", &self.times).finish()
    }
}
