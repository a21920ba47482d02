//! An elector, and how it acquires and releases its lease.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};
use tokio::task::JoinHandle;

use super::attempt::{Acquired, Election, Purpose, Refused};
use super::candidate;
use super::host::Host;
use super::lock::LeaseLock;
use super::renewal;
use super::settings::Settings;
use super::term::{Leadership, Loss, Release, ReleaseError, Term};
use crate::client::Client;
use crate::controllers::events::{EventRecorder, EventType, NewEvent};

/// One candidate in the election of a leader. Cheap to clone; all clones are the same candidate.
#[derive(Clone)]
pub struct LeaderElector {
    inner: Arc<Inner>,
}

/// What an elector is made of.
pub(super) struct Options {
    pub(super) client: Client,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) events: Option<EventRecorder>,
    pub(super) host: Host,
}

/// Why [`LeaderElector::run`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended<T> {
    /// The work is complete.
    Finished(T),
    /// Leadership was lost, and the work was dropped.
    Lost(Loss),
}

/// This process holds the lease but does not renew it: it should be restarted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed election to renew leadership on lease {0}")]
pub struct NotRenewed(String);

struct Inner {
    client: Client,
    namespace: String,
    name: String,
    host: Host,
    settings: Arc<Settings>,
    /// Locked while this elector acquires, renews or releases the lease.
    election: Arc<AsyncMutex<Election>>,
    leader: watch::Receiver<Option<String>>,
    slow_paths: Arc<AtomicU64>,
    /// The current or last term.
    term: Mutex<Option<Arc<Term>>>,
    events: Option<EventRecorder>,
}

impl LeaderElector {
    pub(super) fn new(lease: LeaseLock, options: Options) -> Self {
        let Options { client, namespace, name, settings, events, host } = options;
        let (settings, slow_paths) = (Arc::new(settings), Arc::new(AtomicU64::new(0)));
        let election = Election::new(lease, host.clone(), settings.clone(), slow_paths.clone());
        let leader = election.leader();
        let election = Arc::new(AsyncMutex::new(election));
        let term = Mutex::new(None);
        let inner = Inner { client, namespace, name, host, settings, election, leader, slow_paths, term, events };
        LeaderElector { inner: Arc::new(inner) }
    }

    /// Returns the identity of this candidate.
    pub fn identity(&self) -> &str {
        &self.inner.settings.identity
    }

    /// Returns the name of the Lease.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Returns the identity of the leader that was last seen, and its changes. For information: it is `None` before the first
    /// request, and it is not updated while this candidate neither leads nor waits.
    pub fn leader(&self) -> watch::Receiver<Option<String>> {
        self.inner.leader.clone()
    }

    /// Returns whether this candidate is the leader, by its clock.
    pub fn is_leader(&self) -> bool {
        self.inner.current().is_some_and(|term| term.loss().is_none())
    }

    /// Returns an error if this candidate holds the lease and has not renewed it for `tolerance` longer than it is valid: the
    /// program is blocked and should be restarted. A candidate that waits is healthy.
    ///
    /// # Errors
    /// Returns an error if the lease was not renewed.
    ///
    /// Source: `k8s.io/client-go/tools/leaderelection/healthzadaptor.go`.
    pub fn check(&self, tolerance: Duration) -> Result<(), NotRenewed> {
        let Some(term) = self.inner.current().filter(|term| term.is_renewed()) else { return Ok(()) };
        let since = self.inner.host.now().saturating_duration_since(term.renewed_at());
        let limit = self.inner.settings.lease_duration.saturating_add(tolerance);
        if since > limit { Err(NotRenewed(self.inner.name.clone())) } else { Ok(()) }
    }

    /// Returns how many times the lease was read before it was renewed.
    pub(super) fn slow_paths(&self) -> u64 {
        self.inner.slow_paths.load(Ordering::Relaxed)
    }

    /// Waits until this candidate is the leader. From then on, a task renews the lease. Failed requests are logged and
    /// repeated.
    ///
    /// Of several calls, one returns at a time: the others wait until its [`Leadership`] has ended and was dropped.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub async fn acquire(&self) -> Leadership {
        let inner = &self.inner;
        let mut election = inner.election.clone().lock_owned().await;
        let candidacy = inner.publish_candidate(&mut election).await;
        let Acquired { at, transitions } = inner.acquire(&mut election).await;
        let term = Term::new(inner.host.clone(), transitions, inner.settings.renew_deadline, at);
        *inner.term.lock().unwrap_or_else(PoisonError::into_inner) = Some(term.clone());
        let leadership = Leadership::new(term.clone(), Arc::new(Lease(inner.clone())));
        inner.record(&election, "became leader");
        inner.host.spawn(inner.clone().renew(election, term, candidacy));
        leadership
    }

    /// Waits until this candidate is the leader, runs the work, and drops it if leadership is lost.
    ///
    /// The work is not polled again after the renew deadline, even if the process was paused meanwhile. It must not block its
    /// thread: a future can only be dropped between two of its steps. Tasks that it spawns should check or await the
    /// [`Leadership`].
    ///
    /// Dropping the future of this method ends leadership.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, as `tokio::spawn` does.
    pub async fn run<F, W>(&self, work: F) -> Ended<W::Output>
    where
        F: FnOnce(Leadership) -> W,
        W: Future,
    {
        let leadership = self.acquire().await;
        // Tasks of the work may have clones of the leadership, which do not prolong it.
        let _guard = leadership.guard();
        let ended = while_leading(&leadership, work(leadership.clone())).await;
        let is_held = matches!(&ended, Ended::Finished(_) | Ended::Lost(Loss::Preferred(_)));
        if !(is_held && self.inner.settings.release_on_cancel) {
            leadership.abandon();
        } else if let Err(error) = leadership.release().await {
            tracing::warn!(%error, "the lease was not released");
        }
        ended
    }
}

/// Polls the work while this process is the leader, and drops it before it returns.
async fn while_leading<W: Future>(leadership: &Leadership, work: W) -> Ended<W::Output> {
    let mut lost = pin!(leadership.lost());
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        // The clock decides: after a pause, the timer may not have fired yet.
        if let Poll::Ready(loss) = lost.as_mut().poll(context) {
            return Poll::Ready(Ended::Lost(loss));
        }
        if let Some(loss) = leadership.loss() {
            return Poll::Ready(Ended::Lost(loss));
        }
        work.as_mut().poll(context).map(Ended::Finished)
    })
    .await
}

impl Inner {
    fn current(&self) -> Option<Arc<Term>> {
        self.term.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Publishes the LeaseCandidate, if the election is coordinated and the API server serves the kind.
    async fn publish_candidate(&self, election: &mut Election) -> Option<Candidacy> {
        let candidate = self.settings.candidate.clone()?;
        election.coordinated = loop {
            match candidate::is_served(&self.client, &self.namespace).await {
                Ok(served) => break served,
                Err(error) => tracing::warn!(%error, "cannot find out whether leader election is coordinated"),
            }
            self.host.sleep(self.settings.acquire_delay()).await;
        };
        election.coordinated.then(|| {
            let (namespace, identity) = (self.namespace.clone(), self.settings.identity.clone());
            let maintained =
                candidate::maintain(self.client.clone(), namespace, identity, self.name.clone(), candidate);
            Candidacy(self.host.spawn(maintained))
        })
    }

    async fn acquire(&self, election: &mut Election) -> Acquired {
        loop {
            let until = self.host.now() + self.settings.renew_deadline;
            match election.attempt(Purpose::Acquire, until).await {
                Ok(acquired) if self.host.now() < acquired.at + self.settings.renew_deadline => return acquired,
                Ok(_) => tracing::warn!("the lease was acquired too late to lead"),
                Err(refused @ (Refused::Failed(_) | Refused::TimedOut)) => {
                    tracing::warn!(error = %refused, "the lease was not acquired");
                }
                Err(refused) => tracing::debug!(%refused, "the lease was not acquired"),
            }
            self.host.sleep(self.settings.acquire_delay()).await;
        }
    }

    async fn renew(
        self: Arc<Self>,
        mut election: OwnedMutexGuard<Election>,
        term: Arc<Term>,
        candidacy: Option<Candidacy>,
    ) {
        renewal::run(&mut election, &self.host, &self.settings, &term).await;
        drop(candidacy);
        self.record(&election, "stopped leading");
    }

    fn record(&self, election: &Election, what: &str) {
        let Some(recorder) = &self.events else { return };
        let note = format!("{} {what}", self.settings.identity);
        let lease = election.lock.reference();
        recorder.record(NewEvent::new(lease, EventType::Normal, "LeaderElection", "LeaderElection", note));
    }

    async fn release_within_deadline(&self) -> Result<(), ReleaseError> {
        let until = self.host.now() + self.settings.renew_deadline;
        let mut election = self.election.lock().await;
        election.release(until).await.map_err(|refused| ReleaseError(Box::new(refused)))
    }
}

/// The task that maintains a LeaseCandidate; dropping it ends the task.
struct Candidacy(JoinHandle<()>);

impl Drop for Candidacy {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Releases the lease of an elector.
struct Lease(Arc<Inner>);

impl Release for Lease {
    fn release_later(&self) {
        let inner = self.0.clone();
        if !inner.settings.release_on_cancel || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        self.0.host.spawn(async move {
            if let Err(error) = inner.release_within_deadline().await {
                tracing::warn!(%error, "the lease was not released");
            }
        });
    }

    fn release(&self) -> BoxFuture<'_, Result<(), ReleaseError>> {
        Box::pin(self.0.release_within_deadline())
    }
}

impl fmt::Debug for LeaderElector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LeaderElector")
            .field("namespace", &self.inner.namespace)
            .field("name", &self.inner.name)
            .field("identity", &self.identity())
            .field("is_leader", &self.is_leader())
            .finish_non_exhaustive()
    }
}
