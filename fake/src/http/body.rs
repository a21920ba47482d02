//! Response bodies: complete or streamed.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http_body::{Frame, SizeHint};

use super::service::connection_reset;

/// A response body, empty by default. It fails where a test truncates it.
#[derive(Default)]
pub struct Body {
    inner: Inner,
    /// The number of bytes before it fails.
    remaining: Option<usize>,
}

enum Inner {
    Full(Option<Bytes>),
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl Default for Inner {
    fn default() -> Self {
        Inner::Full(None)
    }
}

impl Body {
    pub(crate) fn full(bytes: Bytes) -> Self {
        Body { inner: Inner::Full(Some(bytes).filter(|bytes| !bytes.is_empty())), remaining: None }
    }

    pub(crate) fn stream(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Body { inner: Inner::Stream(Box::pin(stream)), remaining: None }
    }

    /// Returns the complete body unless it is streamed.
    pub(super) fn as_bytes(&self) -> Option<&Bytes> {
        match &self.inner {
            Inner::Full(bytes) => bytes.as_ref(),
            Inner::Stream(_) => None,
        }
    }

    /// Makes the body fail after a number of bytes.
    pub(super) fn truncate_after(self, bytes: usize) -> Self {
        Body { remaining: Some(bytes), ..self }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.inner {
            Inner::Full(bytes) => Poll::Ready(bytes.take()),
            Inner::Stream(stream) => stream.as_mut().poll_next(context),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.remaining == Some(0) {
            return Poll::Ready(Some(Err(connection_reset())));
        }
        let next = std::task::ready!(self.next(context));
        Poll::Ready(next.map(|mut bytes| {
            if let Some(remaining) = &mut self.remaining {
                bytes.truncate(*remaining);
                *remaining -= bytes.len();
            }
            Ok(Frame::data(bytes))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining.is_none() && matches!(&self.inner, Inner::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Inner::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Body").finish_non_exhaustive()
    }
}
