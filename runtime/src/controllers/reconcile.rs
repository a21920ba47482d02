//! Reconcilers, and what they return.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::queue::Cause;
use crate::client::Error;
use crate::informer::ObjectKey;

/// Moves the cluster towards the state that an object asks for.
///
/// A function with a context is a reconciler as well: see
/// [`ControllerBuilder::reconcile`](super::ControllerBuilder::reconcile).
pub trait Reconciler<K>: Send + Sync + 'static {
    /// Reconciles an object. It is called again after each change of the object or of objects that belong to it, and must
    /// reach the same result however often it is called.
    fn reconcile(&self, request: Request<K>) -> impl Future<Output = Result<Outcome, ReconcileError>> + Send;

    /// Called instead if the object does not exist any more. The default does nothing.
    ///
    /// A controller does not see deletions while it is not running. What must be cleaned up needs a finalizer.
    fn deleted(&self, key: &ObjectKey) -> impl Future<Output = Result<Outcome, ReconcileError>> + Send {
        let _ = key;
        async { Ok(Outcome::done()) }
    }
}

/// What to reconcile.
#[derive(Debug)]
#[non_exhaustive]
pub struct Request<K> {
    /// The namespace and name of the object.
    pub key: ObjectKey,
    /// The object, from the informer's cache.
    pub object: Arc<K>,
    /// The number of failed attempts since the last one that succeeded. Those that asked for a delay do not count.
    pub failures: u32,
    /// Why the object is reconciled.
    pub cause: Cause,
}

impl<K> Request<K> {
    pub(super) fn new(key: ObjectKey, object: Arc<K>, failures: u32, cause: Cause) -> Self {
        Request { key, object, failures, cause }
    }
}

/// The result of a reconciliation that succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Outcome {
    pub(super) requeue_after: Option<Duration>,
}

impl Outcome {
    /// The object is reconciled again when something changes.
    pub fn done() -> Self {
        Outcome::default()
    }

    /// The object is reconciled again after a delay, or earlier when something changes.
    pub fn requeue_after(delay: Duration) -> Self {
        Outcome { requeue_after: Some(delay) }
    }
}

/// [`Outcome::done`].
impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Outcome::done()
    }
}

/// The failure of a reconciliation, and when to try again.
///
/// `?` converts every error to one that is [retried](Self::retry). If it is an [`Error`] with which the API server asks for a
/// delay (`Retry-After`), that delay applies.
pub struct ReconcileError {
    pub(super) retry: Retry,
    pub(super) source: Box<dyn StdError + Send + Sync>,
}

/// When to reconcile again after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// After the delay of the controller's rate limiter.
    Backoff,
    /// After this delay.
    After(Duration),
    /// When something changes.
    Never,
}

impl ReconcileError {
    /// Reconciles again after the delay of the controller's rate limiter, which grows with each failure.
    pub fn retry(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        ReconcileError { retry: Retry::Backoff, source: error.into() }
    }

    /// Reconciles again after this delay, or earlier when something changes.
    pub fn retry_after(delay: Duration, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        ReconcileError { retry: Retry::After(delay), source: error.into() }
    }

    /// Reconciles again only when something changes, such as for an object that asks for the impossible.
    pub fn terminal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        ReconcileError { retry: Retry::Never, source: error.into() }
    }

    /// Returns whether the object is reconciled again only when something changes.
    pub fn is_terminal(&self) -> bool {
        self.retry == Retry::Never
    }

    /// Returns the cause.
    pub fn source(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.source
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for ReconcileError {
    fn from(error: E) -> Self {
        let source = error.into();
        let delay = source.downcast_ref::<Error>().and_then(Error::retry_after);
        ReconcileError { retry: delay.map_or(Retry::Backoff, Retry::After), source }
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(out, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for ReconcileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReconcileError").field("retry", &self.retry).field("source", &self.source).finish()
    }
}

/// A function with a context as a [`Reconciler`].
pub(super) struct ReconcileFn<F, C> {
    pub(super) function: F,
    pub(super) context: Arc<C>,
}

impl<K, F, C, R, O, E> Reconciler<K> for ReconcileFn<F, C>
where
    K: Send + Sync + 'static,
    C: Send + Sync + 'static,
    F: Fn(Arc<K>, Arc<C>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<O, E>> + Send,
    O: Into<Outcome>,
    E: Into<ReconcileError>,
{
    async fn reconcile(&self, request: Request<K>) -> Result<Outcome, ReconcileError> {
        let result = (self.function)(request.object, Arc::clone(&self.context)).await;
        result.map(Into::into).map_err(Into::into)
    }
}
