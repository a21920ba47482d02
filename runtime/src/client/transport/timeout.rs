//! Timeouts of calls and streams, and errors that say in which phase a call was.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use kube::client::Body;
use tokio::time::{Instant, Sleep};

/// The timeouts of a client. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To establish a connection; only clients that this crate connects can change it, others keep that of their
    /// [`kube::Client`].
    pub connect: Option<Duration>,
    /// For a call as a whole: the wait for the rate limit, all attempts, the delays between them and the body of the
    /// response. For a watch, until it is established.
    pub call: Option<Duration>,
    /// Between two parts of a watch. The API server sends a bookmark about every minute, unless the watch does not ask for
    /// them; a watch without events and bookmarks ends with an error, and the caller watches again.
    pub idle: Option<Duration>,
}

impl Default for Timeouts {
    /// 10 seconds to connect, 75 seconds for a call, 10 minutes for an idle watch. The API server itself ends a request after
    /// a minute (`--request-timeout`), and its answer says more than a timeout of the client.
    fn default() -> Self {
        Timeouts {
            connect: Some(Duration::from_secs(10)),
            call: Some(Duration::from_secs(75)),
            idle: Some(Duration::from_secs(600)),
        }
    }
}

impl Timeouts {
    /// No timeouts.
    pub const NONE: Timeouts = Timeouts { connect: None, call: None, idle: None };
}

/// What a call was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// For the rate limit of the client.
    RateLimit,
    /// For the head of the response: to connect, to send the request, and for the API server.
    Response,
    /// For the rest of the body of the response.
    Body,
    /// For the next attempt.
    Retry,
    /// For the next part of a watch.
    Idle,
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Phase::RateLimit => "waiting for the rate limit of the client",
            Phase::Response => "waiting for the response",
            Phase::Body => "reading the response",
            Phase::Retry => "waiting to retry",
            Phase::Idle => "waiting for the next event of the watch",
        })
    }
}

/// A timeout of the client, not of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out after {:?} {phase}{}", .after, if *.fate_unknown { "; the API server may have executed the request" } else { "" })]
pub struct RequestTimeout {
    /// The limit.
    pub after: Duration,
    /// What the call was waiting for.
    pub phase: Phase,
    /// Whether the API server may have executed a request that changes something.
    pub fate_unknown: bool,
}

/// A failure of a call that kube's errors cannot express; it travels in [`kube::Error::Service`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error(transparent)]
    Timeout(RequestTimeout),
    #[error("the API server may have executed the request: {0}")]
    FateUnknown(#[source] Box<kube::Error>),
}

impl From<CallError> for kube::Error {
    fn from(error: CallError) -> Self {
        kube::Error::Service(Box::new(error))
    }
}

/// Returns the timeout among an error and its sources.
pub(crate) fn find_timeout(error: &(dyn std::error::Error + 'static)) -> Option<RequestTimeout> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(timeout) = error.downcast_ref::<RequestTimeout>() {
            return Some(*timeout);
        }
        if let Some(CallError::Timeout(timeout)) = error.downcast_ref::<CallError>() {
            return Some(*timeout);
        }
        // An `io::Error` hides the error that it contains: its source is that error's source.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    None
}

/// The phase of a running call.
pub(super) struct Progress {
    phase: AtomicU8,
    /// Whether an attempt may have been executed.
    sent: AtomicU8,
}

const PHASES: [Phase; 4] = [Phase::RateLimit, Phase::Response, Phase::Body, Phase::Retry];

impl Default for Progress {
    fn default() -> Self {
        Progress { phase: AtomicU8::new(1), sent: AtomicU8::new(0) }
    }
}

impl Progress {
    pub(super) fn enter(&self, phase: Phase) {
        let index = PHASES.iter().position(|other| *other == phase).unwrap_or(1);
        self.phase.store(u8::try_from(index).unwrap_or(1), Ordering::Relaxed);
    }

    /// Records whether the attempts so far may have been executed.
    pub(super) fn may_be_executed(&self, executed: bool) {
        self.sent.store(executed.into(), Ordering::Relaxed);
    }

    pub(super) fn timed_out(&self, after: Duration, read_only: bool) -> CallError {
        let phase = PHASES[usize::from(self.phase.load(Ordering::Relaxed)) % PHASES.len()];
        let sent = self.sent.load(Ordering::Relaxed) != 0;
        CallError::Timeout(RequestTimeout { after, phase, fate_unknown: sent && !read_only })
    }
}

/// The body of a response; an idle timeout fails it if its next frame does not arrive in time.
pub(crate) struct CallBody {
    body: Body,
    idle: Option<Idle>,
}

struct Idle {
    after: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl CallBody {
    pub(super) fn new(body: Body, idle: Option<Duration>) -> Self {
        CallBody { body, idle: idle.map(|after| Idle { after, sleep: Box::pin(tokio::time::sleep(after)) }) }
    }

    /// Returns the body without the idle timeout.
    pub(crate) fn into_inner(self) -> Body {
        self.body
    }
}

impl HttpBody for CallBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let Some(idle) = &mut self.idle else { return frame.map_err(Into::into) };
        if let Poll::Ready(frame) = frame {
            let next = Instant::now() + idle.after;
            idle.sleep.as_mut().reset(next);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(idle.sleep.as_mut().poll(context));
        let timeout = RequestTimeout { after: idle.after, phase: Phase::Idle, fate_unknown: false };
        Poll::Ready(Some(Err(Box::new(timeout))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
