//! The right to reconcile one object.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use futures::future::BoxFuture;

/// The right to reconcile one object once. It ends when it is dropped.
pub struct Permit {
    hold: Option<Box<dyn Hold>>,
}

/// What a [`Permit`] holds while an object is reconciled. It is dropped after the reconciliation has ended.
pub trait Hold: Send + Sync + 'static {
    /// Returns whether the reconciliation may go on, by the clock. It is called before each step of the reconciliation.
    fn is_valid(&self) -> bool;

    /// Waits until the reconciliation must be dropped.
    fn revoked(&self) -> BoxFuture<'_, ()>;
}

impl Permit {
    /// Returns a permit that ends with `hold`.
    pub fn new(hold: impl Hold) -> Self {
        Permit { hold: Some(Box::new(hold)) }
    }

    /// Returns a permit that is not revoked.
    pub fn unlimited() -> Self {
        Permit { hold: None }
    }

    /// Polls a future while the permit is valid. Returns `None` if it was not ready by then. The caller drops the future before
    /// the permit.
    pub(in crate::controllers) async fn during<F: Future>(&self, future: F) -> Option<F::Output> {
        let Some(hold) = &self.hold else { return Some(future.await) };
        let mut revoked = hold.revoked();
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            if !hold.is_valid() || revoked.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            future.as_mut().poll(context).map(Some)
        })
        .await
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_valid = self.hold.as_ref().is_none_or(|hold| hold.is_valid());
        out.debug_struct("Permit").field("is_valid", &is_valid).finish()
    }
}
