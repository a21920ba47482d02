//! Bodies of answers, whole or streamed.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http_body::{Frame, SizeHint};

use super::service::broken;

/// The body of an answer, by default empty. It fails where a test cuts it.
#[derive(Default)]
pub struct Body {
    inner: Inner,
    /// After how many bytes it breaks.
    left: Option<usize>,
}

enum Inner {
    Whole(Option<Bytes>),
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl Default for Inner {
    fn default() -> Self {
        Inner::Whole(None)
    }
}

impl Body {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Body { inner: Inner::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())), left: None }
    }

    pub(crate) fn stream(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Body { inner: Inner::Stream(Box::pin(stream)), left: None }
    }

    /// The whole body, unless it is streamed.
    pub(super) fn as_whole(&self) -> Option<&Bytes> {
        match &self.inner {
            Inner::Whole(bytes) => bytes.as_ref(),
            Inner::Stream(_) => None,
        }
    }

    /// A body that breaks after this many bytes.
    pub(super) fn cut_after(self, bytes: usize) -> Self {
        Body { left: Some(bytes), ..self }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.inner {
            Inner::Whole(bytes) => Poll::Ready(bytes.take()),
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
        if self.left == Some(0) {
            return Poll::Ready(Some(Err(broken())));
        }
        let next = std::task::ready!(self.next(context));
        Poll::Ready(next.map(|mut bytes| {
            if let Some(left) = &mut self.left {
                bytes.truncate(*left);
                *left -= bytes.len();
            }
            Ok(Frame::data(bytes))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && matches!(&self.inner, Inner::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Inner::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Body").finish_non_exhaustive()
    }
}
