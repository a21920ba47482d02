//! Response bodies: complete or streamed.

mod transfer;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http_body::{Frame, SizeHint};

use self::transfer::Progress;
pub(crate) use self::transfer::{Transfer, connection_reset};

/// A response body, empty by default.
#[derive(Default)]
pub struct Body {
    source: Source,
    progress: Progress,
}

enum Source {
    Full(Option<Bytes>),
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl Default for Source {
    fn default() -> Self {
        Source::Full(None)
    }
}

impl Source {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self {
            Source::Full(bytes) => Poll::Ready(bytes.take()),
            Source::Stream(stream) => stream.as_mut().poll_next(context),
        }
    }
}

impl Body {
    pub(crate) fn full(bytes: Bytes) -> Self {
        Body { source: Source::Full(Some(bytes).filter(|bytes| !bytes.is_empty())), progress: Progress::default() }
    }

    /// Creates a body that is received while the stream yields its parts. It may never end.
    pub fn from_stream(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Body { source: Source::Stream(Box::pin(stream)), progress: Progress::default() }
    }

    /// Returns the complete body unless it is streamed.
    pub(crate) fn as_bytes(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Full(bytes) => bytes.as_ref(),
            Source::Stream(_) => None,
        }
    }

    /// Changes how the body is transferred.
    pub(crate) fn with_transfer(self, transfer: Transfer) -> Self {
        Body { progress: Progress::new(transfer), ..self }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Body::full(bytes)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Body::full(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Body::full(Bytes::from_static(text.as_bytes()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Body { source, progress } = &mut *self;
        let part = progress.poll(context, &mut |context| source.poll(context));
        part.map(|part| part.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.progress.ends_with_source() && matches!(&self.source, Source::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            // The size of the complete body, as the header `Content-Length` of a response that is truncated has it.
            Source::Full(bytes) => {
                let bytes = bytes.as_ref().map_or(0, Bytes::len) + self.progress.pending();
                SizeHint::with_exact(bytes as u64)
            }
            Source::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Body").finish_non_exhaustive()
    }
}
