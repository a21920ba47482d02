//! The execution of steps: how many objects at a time, until when, and what follows a failure.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::StreamExt;
use tokio::time::Instant;

use super::common::Common;
use super::progress::Progress;
use super::report::{Entry, Failure, FailureReason, Outcome};

/// The execution of an operation.
pub(super) struct Schedule<'o> {
    options: &'o Common,
    deadline: Option<Instant>,
    /// Whether no other object is attempted.
    stopped: AtomicBool,
    /// The number of objects whose result is known.
    done: AtomicUsize,
}

impl<'o> Schedule<'o> {
    /// Starts an operation now.
    pub(super) fn start(options: &'o Common) -> Self {
        let deadline = options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Schedule { options, deadline, stopped: AtomicBool::new(false), done: AtomicUsize::new(0) }
    }

    /// Counts from zero again.
    pub(super) fn restart(&self) {
        self.done.store(0, Ordering::Relaxed);
    }

    /// Runs work until the deadline; `None` if it passed.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Runs a request until the deadline.
    pub(super) async fn request<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match self.within(work).await {
            Some(result) => result.map_err(Into::into),
            None => Err(Failure::new(
                FailureReason::Timeout,
                "the deadline of the operation passed; the server may have executed the request",
            )),
        }
    }

    /// Returns why an object is not attempted.
    pub(super) fn obstacle(&self) -> Option<Outcome> {
        let reason = if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            "the deadline of the operation passed"
        } else if self.stopped.load(Ordering::Relaxed) {
            "another object failed"
        } else {
            return None;
        };
        Some(Outcome::NotAttempted(reason.to_owned()))
    }

    /// Runs the objects of one step, of `total` ones, and returns their entries in the given order.
    pub(super) async fn step<F: Future<Output = Entry>>(&self, objects: Vec<F>, total: usize) -> Vec<Entry> {
        let numbered: Vec<_> =
            objects.into_iter().enumerate().map(|(number, object)| numbered(number, object)).collect();
        let mut running = futures::stream::iter(numbered).buffer_unordered(self.options.concurrency);
        let mut entries = Vec::new();
        while let Some((number, entry)) = running.next().await {
            if entry.outcome.is_failure() && self.options.stop_at_first_error {
                self.stopped.store(true, Ordering::Relaxed);
            }
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            self.options.observer.notify(&Progress::Finished { entry: &entry, done, total });
            entries.push((number, entry));
        }
        entries.sort_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
}

async fn numbered<F: Future>(number: usize, work: F) -> (usize, F::Output) {
    (number, work.await)
}
