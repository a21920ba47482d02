//! How requests are sent: rate limit, timeouts, retries, warnings, metrics and tracing around a [`kube::Client`].
//!
//! A [`Transport`] sends the requests of typed clients directly. [`Transport::kube`] returns a client of kube whose requests
//! pass the same steps.

mod attempt;
mod budget;
mod layered;
mod metrics;
#[cfg(feature = "informers")]
mod observed;
#[cfg(feature = "informers")]
mod observer;
mod opaque;
mod outcome;
mod rate_limit;
mod replay;
mod retry_table;
mod target;
mod timeout;
mod trace;
mod warnings;

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kube::client::Body;
use tokio::time::Instant;
use tracing::Instrument;

pub use self::budget::RetryPolicy;
#[cfg(feature = "informers")]
pub(crate) use self::observer::{Write, WriteInFlight, WriteObserver, WriteOutcome};
#[cfg(feature = "informers")]
pub(crate) use self::outcome::{retry_after, status};
pub use self::rate_limit::RateLimit;
pub(crate) use self::timeout::{CallBody, CallError, find_timeout};
pub use self::timeout::{Phase, RequestTimeout, Timeouts};
#[cfg(feature = "manifests")]
pub(crate) use self::warnings::warnings;
pub use self::warnings::{LogWarnings, Warning, WarningHandler};

use self::budget::Budget;
use self::metrics::Metrics;
use self::opaque::OpaqueBodies;
use self::rate_limit::RateLimiter;
use self::timeout::Progress;

/// The settings of a transport.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) warnings: Arc<dyn WarningHandler>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            rate_limit: None,
            warnings: Arc::new(LogWarnings::default()),
        }
    }
}

/// What becomes of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The whole body is read; a connection that breaks meanwhile is a failure of the call.
    Whole,
    /// The body is a stream that may last: its errors are the caller's, and only its head counts for the timeout.
    Stream,
    /// A stream without retries and without an idle timeout, for callers that have their own.
    Once,
}

/// Sends requests. Clones share the connections, the rate limit, the retry budget and the metrics.
#[derive(Clone)]
pub(crate) struct Transport {
    shared: Arc<Shared>,
    /// Whether requests do not wait for the rate limit.
    prioritized: bool,
    #[cfg(feature = "informers")]
    observers: Arc<observer::Observers>,
    /// The client of kube over this transport, once it is needed. It is not in `shared`, which it refers to.
    layered: Arc<OnceLock<kube::Client>>,
}

struct Shared {
    inner: kube::Client,
    /// Request bodies that keep `inner` from retrying; `None` if it does not retry.
    opaque: Option<OpaqueBodies>,
    /// The host and port of the API server, for metrics and spans; empty if unknown.
    host: String,
    settings: Settings,
    limiter: Option<RateLimiter>,
    budget: Budget,
    metrics: Metrics,
}

impl Transport {
    /// Creates a transport over a client that may retry requests by itself, which is prevented.
    pub(crate) fn over(kube: kube::Client, settings: Settings) -> Self {
        Transport::new(kube, Some(OpaqueBodies::default()), String::new(), settings)
    }

    /// Creates a transport over a new client for this configuration.
    pub(crate) fn connect(mut config: kube::Config, settings: Settings) -> Result<Self, kube::Error> {
        config.default_retry = false;
        if let Some(connect) = settings.timeouts.connect {
            config.connect_timeout = Some(connect);
        }
        let host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Transport::new(kube::Client::try_from(config)?, None, host, settings))
    }

    fn new(inner: kube::Client, opaque: Option<OpaqueBodies>, host: String, settings: Settings) -> Self {
        let limiter = settings.rate_limit.map(RateLimiter::new);
        let budget = Budget::new(settings.retry);
        let shared = Shared { inner, opaque, host, settings, limiter, budget, metrics: Metrics::default() };
        Transport {
            shared: Arc::new(shared),
            prioritized: false,
            #[cfg(feature = "informers")]
            observers: Arc::default(),
            layered: Arc::default(),
        }
    }

    /// Returns a transport whose requests do not wait for the rate limit, although they count for it.
    pub(crate) fn prioritized(&self) -> Self {
        Transport { prioritized: true, layered: Arc::default(), ..self.clone() }
    }

    /// Returns a client of kube whose requests pass this transport.
    ///
    /// Outside of a Tokio runtime it returns the underlying client, because kube's clients start a task.
    pub(crate) fn kube(&self) -> &kube::Client {
        if let Some(layered) = self.layered.get() {
            return layered;
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return &self.shared.inner;
        }
        self.layered.get_or_init(|| layered::client(self))
    }

    pub(crate) fn default_namespace(&self) -> &str {
        self.shared.inner.default_namespace()
    }

    /// Returns the metrics in Prometheus' text format.
    pub(crate) fn metrics_text(&self) -> String {
        self.shared.metrics.text(&self.shared.host)
    }

    /// Sends a request and returns the body of a successful response; other responses are errors.
    pub(crate) async fn text(&self, request: Request<Vec<u8>>) -> Result<Bytes, kube::Error> {
        self.answer(request).await.map(Response::into_body)
    }

    /// [`text`](Self::text) with the head of the response.
    pub(crate) async fn answer(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, kube::Error> {
        let response = self.send(request.map(Body::from), Mode::Whole).await?;
        let (head, body) = response.into_parts();
        let bytes = outcome::collect(body.into_inner()).await?;
        if head.status.is_success() {
            return Ok(Response::from_parts(head, bytes));
        }
        Err(kube::Error::Api(Box::new(outcome::status(head.status, &bytes))))
    }

    /// Sends a request. Responses with an error status are returned as they are, unless the fate of the request is unknown.
    pub(crate) async fn send(&self, request: Request<Body>, mode: Mode) -> Result<Response<CallBody>, kube::Error> {
        #[cfg(feature = "informers")]
        if self.observers.concern(&request) {
            return Box::pin(self.send_observed(request, mode)).await;
        }
        // A future of some kilobytes, which callers would copy whenever they move theirs.
        Box::pin(self.send_unobserved(request, mode)).await
    }

    async fn send_unobserved(&self, mut request: Request<Body>, mode: Mode) -> Result<Response<CallBody>, kube::Error> {
        let span = trace::call(&request, &self.shared.host);
        // Futures are pinned where they are created, and share the request: moving either one copies it.
        pin!(self.send_within_timeout(&mut request, mode)).instrument(span).await
    }

    async fn send_within_timeout(
        &self,
        request: &mut Request<Body>,
        mode: Mode,
    ) -> Result<Response<CallBody>, kube::Error> {
        let timeouts = &self.shared.settings.timeouts;
        let read_only = request.method().is_safe();
        let progress = Progress::default();
        let in_flight = self.shared.metrics.start(request.method());
        let now = Instant::now();
        let limit = timeouts.call.map(|after| (after, now + after.min(FAR)));
        let deadline = limit.map(|(_, deadline)| deadline);
        let call = pin!(self.attempts(request, mode, deadline, &progress, now));
        let result = match limit {
            Some((after, deadline)) => match tokio::time::timeout_at(deadline, call).await {
                Ok(result) => result,
                Err(_) => Err(progress.timed_out(after, read_only).into()),
            },
            None => call.await,
        };
        drop(in_flight);
        trace::finish(&result);
        let idle = timeouts.idle.filter(|_| mode == Mode::Stream);
        Ok(result?.map(|body| CallBody::new(body, idle)))
    }
}

/// The maximum distance of a deadline, so that it can be represented.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
