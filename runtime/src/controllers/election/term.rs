//! A term of office: the time during which this process may act as the leader.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::host::Host;

/// Why leadership ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// The lease was not renewed before the renew deadline.
    #[error("the lease was not renewed before the renew deadline")]
    Deadline,
    /// The lease names another holder, or none (empty), although it had not expired: another client changed it.
    #[error("the lease is held by {0:?}")]
    Taken(String),
    /// The control plane prefers another candidate (coordinated leader election).
    #[error("the control plane prefers {0} as the leader")]
    Preferred(String),
    /// The leadership was released, or dropped.
    #[error("the lease was released")]
    Released,
}

/// The state of a term, shared by the tasks of the leader and the task that renews the lease.
pub(super) struct Term {
    host: Host,
    transitions: i32,
    renew_deadline: Duration,
    renewed_at: Mutex<Instant>,
    /// Whether the task runs that renews the lease.
    is_renewed: AtomicBool,
    ended: watch::Sender<Option<Loss>>,
    stop: watch::Sender<bool>,
}

impl Term {
    pub(super) fn new(host: Host, transitions: i32, renew_deadline: Duration, renewed_at: Instant) -> Arc<Self> {
        let (ended, stop) = (watch::Sender::new(None), watch::Sender::new(false));
        let (renewed_at, is_renewed) = (Mutex::new(renewed_at), AtomicBool::new(true));
        Arc::new(Term { host, transitions, renew_deadline, renewed_at, is_renewed, ended, stop })
    }

    pub(super) fn transitions(&self) -> i32 {
        self.transitions
    }

    /// Returns when the request was sent that renewed the lease.
    pub(super) fn renewed_at(&self) -> Instant {
        *self.renewed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prolongs the term, and returns whether it had not ended before.
    pub(super) fn renew(&self, at: Instant) -> bool {
        let is_valid = self.loss().is_none();
        if is_valid {
            *self.renewed_at.lock().unwrap_or_else(PoisonError::into_inner) = at;
        }
        is_valid
    }

    /// Returns when the term ends unless the lease is renewed.
    pub(super) fn deadline(&self) -> Instant {
        self.renewed_at() + self.renew_deadline
    }

    /// Returns why the term ended. The clock decides, even if the task that renews the lease has not run. A term that has ended
    /// does not begin again.
    pub(super) fn loss(&self) -> Option<Loss> {
        if self.ended.borrow().is_none() && self.host.now() >= self.deadline() {
            self.end(Loss::Deadline);
        }
        self.ended.borrow().clone()
    }

    /// Whether the task runs that renews the lease.
    pub(super) fn is_renewed(&self) -> bool {
        self.is_renewed.load(Ordering::Relaxed)
    }

    /// Notes that the lease is not renewed any more.
    pub(super) fn set_not_renewed(&self) {
        self.is_renewed.store(false, Ordering::Relaxed);
    }

    /// Ends the term. The first reason counts.
    pub(super) fn end(&self, loss: Loss) {
        self.ended.send_if_modified(|ended| {
            let is_first = ended.is_none();
            if is_first {
                *ended = Some(loss);
            }
            is_first
        });
    }

    /// Ends the term and stops the task that renews the lease.
    pub(super) fn stop(&self) {
        self.end(Loss::Released);
        self.stop.send_replace(true);
    }

    /// Waits until [`stop`](Self::stop) is called.
    pub(super) async fn stopped(&self) {
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Waits for the end of the term.
    pub(super) async fn lost(&self) -> Loss {
        let mut ended = self.ended.subscribe();
        loop {
            if let Some(loss) = self.loss() {
                return loss;
            }
            let _ = self.host.within(self.deadline(), ended.changed()).await;
        }
    }
}

/// The right to act as the leader. Clones share it; it ends with the last of them.
///
/// A lease alone cannot stop a program that is paused in the middle of an action. Before each action with an effect outside of
/// the API server, check [`is_valid`](Self::is_valid), and pass [`transitions`](Self::transitions) along so that the receiver
/// can refuse an older leader.
#[derive(Clone)]
pub struct Leadership {
    owner: Arc<Owner>,
}

/// Ends the term when it is dropped.
struct Owner {
    term: Arc<Term>,
    /// Releases the lease, once the term has ended.
    lease: Arc<dyn Release>,
    is_released: AtomicBool,
}

/// Releases the lease of a term that has ended.
pub(super) trait Release: Send + Sync {
    /// Releases the lease in the background, if the elector is configured to.
    fn release_later(&self);
    /// Releases the lease.
    fn release(&self) -> futures::future::BoxFuture<'_, Result<(), ReleaseError>>;
}

/// The lease could not be released: it expires.
#[derive(Debug, thiserror::Error)]
#[error("cannot release the lease, which now has to expire: {0}")]
pub struct ReleaseError(pub(super) Box<dyn std::error::Error + Send + Sync>);

impl Leadership {
    pub(super) fn new(term: Arc<Term>, lease: Arc<dyn Release>) -> Self {
        Leadership { owner: Arc::new(Owner { term, lease, is_released: AtomicBool::new(false) }) }
    }

    /// Returns a guard that ends the leadership of all clones when it is dropped.
    pub(in crate::controllers) fn guard(&self) -> Guard {
        Guard(self.owner.clone())
    }

    /// Ends the leadership of all clones without releasing the lease.
    pub(super) fn abandon(self) {
        self.owner.is_released.store(true, Ordering::Relaxed);
        self.owner.term.stop();
    }

    /// Returns why this process is not the leader, by its clock.
    pub(super) fn loss(&self) -> Option<Loss> {
        self.owner.term.loss()
    }

    /// Returns whether this process is the leader, by its clock: the lease was renewed within the renew deadline.
    pub fn is_valid(&self) -> bool {
        self.owner.term.loss().is_none()
    }

    /// Waits until this process is no longer the leader, and returns why. It must have stopped by then.
    pub async fn lost(&self) -> Loss {
        self.owner.term.lost().await
    }

    /// Returns when leadership ends unless the lease is renewed.
    pub fn deadline(&self) -> std::time::Instant {
        self.owner.term.deadline().into_std()
    }

    /// Returns `leaseTransitions` of the lease, a fencing token: a later leader has a greater number, unless the Lease was
    /// deleted, or the same elector was elected again.
    pub fn transitions(&self) -> i32 {
        self.owner.term.transitions()
    }

    /// Ends the leadership of all clones and releases the lease, so that another candidate can acquire it at once. All work
    /// must have stopped.
    ///
    /// # Errors
    /// Returns an error if the API server cannot be reached within the renew deadline. The lease then expires.
    pub async fn release(self) -> Result<(), ReleaseError> {
        self.owner.is_released.store(true, Ordering::Relaxed);
        self.owner.term.stop();
        self.owner.lease.release().await
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let term = &self.owner.term;
        out.debug_struct("Leadership").field("transitions", &term.transitions()).field("loss", &term.loss()).finish()
    }
}

/// Ends leadership when it is dropped.
pub(in crate::controllers) struct Guard(Arc<Owner>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Owner {
    fn end(&self) {
        self.term.stop();
        if !self.is_released.swap(true, Ordering::Relaxed) {
            self.lease.release_later();
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.end();
    }
}
