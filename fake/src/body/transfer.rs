//! The transfer of response bodies, with the faults that tests inject.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

/// How a response body is transferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transfer {
    #[default]
    Complete,
    /// Fails after this number of bytes.
    Truncated(usize),
    /// Stops at the latest after this number of bytes and never ends.
    Stalled(usize),
    /// Waits, then delivers at most this number of bytes, and so on.
    Trickled(usize, Duration),
}

/// The error of a connection that a fault breaks.
pub(crate) fn connection_reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by fault injection")
}

/// A part of a body or its end.
pub(super) type Part = Option<io::Result<Bytes>>;

/// The progress of a transfer.
#[derive(Default)]
pub(super) struct Progress {
    transfer: Transfer,
    /// The bytes that were received from the source but not delivered.
    pending: Bytes,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Progress {
    pub(super) fn new(transfer: Transfer) -> Self {
        Progress { transfer, ..Progress::default() }
    }

    /// Whether the body ends when its source ends and nothing is pending.
    pub(super) fn ends_with_source(&self) -> bool {
        self.pending.is_empty() && !matches!(self.transfer, Transfer::Truncated(_) | Transfer::Stalled(_))
    }

    /// Returns the number of bytes that were received from the source but not delivered.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Returns the next part of a body from the parts of its source.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        source: &mut dyn FnMut(&mut Context<'_>) -> Poll<Option<Bytes>>,
    ) -> Poll<Part> {
        match &self.transfer {
            Transfer::Truncated(0) => return Poll::Ready(Some(Err(connection_reset()))),
            // Nothing wakes the task.
            Transfer::Stalled(0) => return Poll::Pending,
            _ => {}
        }
        if self.pending.is_empty() {
            match (ready!(source(context)), &mut self.transfer) {
                (Some(bytes), _) => self.pending = bytes,
                (None, Transfer::Stalled(remaining)) => {
                    *remaining = 0;
                    return Poll::Pending;
                }
                (None, _) => return Poll::Ready(None),
            }
        }
        let length = match &mut self.transfer {
            Transfer::Complete => self.pending.len(),
            Transfer::Truncated(remaining) | Transfer::Stalled(remaining) => {
                let length = self.pending.len().min(*remaining);
                *remaining -= length;
                length
            }
            Transfer::Trickled(length, interval) => {
                let wait = self.wait.get_or_insert_with(|| Box::pin(sleep(*interval)));
                ready!(wait.as_mut().poll(context));
                self.wait = None;
                self.pending.len().min(*length)
            }
        };
        Poll::Ready(Some(Ok(self.pending.split_to(length))))
    }
}
