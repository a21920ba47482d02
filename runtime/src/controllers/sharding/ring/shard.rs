//! A shard: its Lease, its selection, and what it does with an object.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use kube::core::{ApiResource, ObjectMeta};
use serde_json::Value;
use tokio::sync::watch;

use super::drain::{Drained, drain};
use super::duty::{Duty, Labels};
use super::objects::{Objects, Running};
use super::status;
use crate::client::{Client, Error};
use crate::controllers::Stop;
use crate::controllers::election::{LeaderElector, Leadership};
use crate::controllers::sharding::{Admission, Hold, Permit, Sharding};
use crate::informer::{Selection, Selector};

/// How long the Lease may be out of date before the process is unhealthy, as for leader election.
const LEASE_TOLERANCE: Duration = Duration::from_secs(20);

/// A shard of a ControllerRing: this replica takes part in
/// [kubernetes-controller-sharding](https://github.com/timebertt/kubernetes-controller-sharding), whose sharder runs in the
/// cluster and divides the objects of the ring.
///
/// ```no_run
/// use kube_client_runtime::client::Client;
/// use kube_client_runtime::controllers::Manager;
/// use kube_client_runtime::controllers::sharding::{RingShard, RingShardError};
///
/// fn manager(client: &Client) -> Result<Manager, RingShardError> {
///     let shard = RingShard::builder(client, "my-operator", "my-ring").build()?;
///     Ok(Manager::builder(client).sharding(shard).build())
/// }
/// ```
///
/// The sharder learns of the shard by a Lease with the name of the shard. The shard reconciles the objects with its label while
/// it holds the Lease. When the sharder drains an object, the shard waits until the object is not being reconciled, and removes
/// both labels, whether or not the predicates of a controller pass the change. When the shard loses its Lease, it drops what it
/// reconciles, forgets all objects, and acquires the Lease again.
///
/// The sharder compares its own clock with times in the Lease: the clocks of the nodes must be synchronized. It replaces a shard
/// that has not renewed its Lease for twice the lease duration.
#[derive(Clone)]
pub struct RingShard {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    ring: String,
    labels: Labels,
    owned: bool,
    elector: LeaderElector,
    /// The delay before the Lease is acquired again.
    retry_period: Duration,
    /// The right to reconcile, while the shard holds its Lease.
    term: Mutex<Option<Leadership>>,
    selection: watch::Sender<Selection>,
    objects: Arc<Objects>,
    counts: Counts,
}

/// What a shard is made of.
pub(super) struct Options {
    pub(super) client: Client,
    pub(super) ring: String,
    pub(super) labels: Labels,
    pub(super) owned: bool,
    pub(super) elector: LeaderElector,
    pub(super) retry_period: Duration,
}

/// The counts of a shard.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) drained: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) lost: AtomicU64,
}

/// The state of a shard, for metrics and debugging.
pub(super) struct State<'s> {
    pub(super) ring: &'s str,
    pub(super) name: &'s str,
    pub(super) is_held: bool,
    /// The number of objects that are being reconciled.
    pub(super) running: usize,
    /// The number of objects that are being given up.
    pub(super) releasing: usize,
    pub(super) counts: &'s Counts,
}

impl RingShard {
    pub(super) fn new(options: Options) -> Self {
        let Options { client, ring, labels, owned, elector, retry_period } = options;
        let inner = Inner {
            client,
            ring,
            labels,
            owned,
            elector,
            retry_period,
            term: Mutex::new(None),
            selection: watch::Sender::new(Selection::Nothing),
            objects: Arc::default(),
            counts: Counts::default(),
        };
        RingShard { inner: Arc::new(inner) }
    }

    /// Returns the name of the shard and of its Lease.
    pub fn name(&self) -> &str {
        &self.inner.labels.name
    }

    /// Returns whether the shard holds its Lease, by its clock.
    pub fn is_held(&self) -> bool {
        self.inner.valid_term().is_some()
    }

    fn state(&self) -> State<'_> {
        let (running, releasing) = self.inner.objects.counts();
        let Inner { ring, counts, .. } = &*self.inner;
        State { ring, name: self.name(), is_held: self.is_held(), running, releasing, counts }
    }
}

impl Sharding for RingShard {
    fn selection(&self) -> watch::Receiver<Selection> {
        self.inner.selection.subscribe()
    }

    fn divides_owned(&self) -> bool {
        self.inner.owned
    }

    fn begin(&self, object: &ObjectMeta) -> Admission {
        let inner = &self.inner;
        let Some(term) = inner.valid_term().filter(|_| inner.objects.is_current(object)) else {
            return Admission::Foreign;
        };
        match inner.labels.duty(object) {
            Duty::Nothing => Admission::Foreign,
            Duty::Release => Admission::Release,
            Duty::Reconcile => match inner.objects.start(object) {
                Some(running) => Admission::Reconcile(Permit::new(Reconciliation { term, _running: running })),
                None => Admission::Foreign,
            },
        }
    }

    fn release<'s>(&'s self, kind: &'s ApiResource, object: &'s ObjectMeta) -> BoxFuture<'s, Result<(), Error>> {
        Box::pin(self.inner.release(kind, object))
    }

    fn is_handover(&self, old: Option<&ObjectMeta>, new: &ObjectMeta) -> bool {
        // Changes of an object are not reconciled while it is drained.
        let labels = &self.inner.labels;
        [Some(new), old].into_iter().flatten().any(|object| labels.duty(object) == Duty::Release)
    }

    fn deletions_are_certain(&self) -> bool {
        // An object whose label was changed looks like one that was deleted.
        false
    }

    fn run(&self, stop: Stop) -> BoxFuture<'_, Result<(), Box<dyn StdError + Send + Sync>>> {
        Box::pin(async {
            self.inner.run(stop).await;
            Ok(())
        })
    }

    fn check(&self) -> Result<(), String> {
        self.inner.elector.check(LEASE_TOLERANCE).map_err(|error| error.to_string())
    }

    fn metrics_text(&self) -> String {
        status::metrics_text(&self.state(), &self.inner.elector)
    }

    fn status(&self) -> Value {
        status::json(&self.state())
    }
}

impl Inner {
    fn valid_term(&self) -> Option<Leadership> {
        let term = self.term.lock().unwrap_or_else(PoisonError::into_inner).clone();
        term.filter(Leadership::is_valid)
    }

    fn set_term(&self, term: Option<Leadership>) {
        *self.term.lock().unwrap_or_else(PoisonError::into_inner) = term;
    }

    /// Holds the Lease until `stop` is ready, and acquires it again when it was lost.
    async fn run(&self, stop: Stop) {
        loop {
            let leadership = tokio::select! {
                biased;
                () = stop.clone().wait() => return,
                leadership = self.elector.acquire() => leadership,
            };
            // Permits have clones of the leadership, which must not prolong it.
            let guard = leadership.guard();
            let holding = Holding::start(self, leadership.clone());
            tracing::info!(shard = self.labels.name, ring = self.ring, "the shard holds its lease");
            tokio::select! {
                biased;
                loss = leadership.lost() => {
                    self.counts.lost.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(shard = self.labels.name, ring = self.ring, %loss, "the shard lost its lease");
                }
                () = stop.clone().wait() => return self.end(leadership).await,
            }
            drop((holding, guard));
            // The informers forget their objects meanwhile.
            tokio::select! {
                () = stop.clone().wait() => return,
                () = tokio::time::sleep(self.retry_period) => {}
            }
        }
    }

    /// Gives up all objects at once by releasing the Lease.
    async fn end(&self, leadership: Leadership) {
        self.set_term(None);
        // The lease is renewed meanwhile.
        self.objects.idle().await;
        if let Err(error) = leadership.release().await {
            tracing::warn!(%error, "the lease of the shard was not released");
        }
    }

    async fn release(&self, kind: &ApiResource, object: &ObjectMeta) -> Result<(), Error> {
        let uid = object.uid.as_deref().unwrap_or_default();
        let Some(releasing) = self.objects.release(uid).await else { return Ok(()) };
        match drain(&self.client, kind, &self.labels, object).await {
            Ok(Drained::Released(version)) => {
                self.counts.drained.fetch_add(1, Ordering::Relaxed);
                releasing.complete(version);
                Ok(())
            }
            Ok(Drained::Unchanged) => Ok(()),
            Err(error) => {
                self.counts.failed.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }
}

/// The time during which a shard holds its Lease.
struct Holding<'i>(&'i Inner);

impl<'i> Holding<'i> {
    fn start(inner: &'i Inner, leadership: Leadership) -> Self {
        inner.set_term(Some(leadership));
        let Labels { shard, name, .. } = &inner.labels;
        inner.selection.send_replace(Selection::Labels(Selector::everything().equal(shard, name)));
        Holding(inner)
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.0.set_term(None);
        // The cached labels may be out of date when the Lease is acquired again: the informers start with a new list.
        self.0.selection.send_replace(Selection::Nothing);
    }
}

/// A reconciliation that may go on while the shard holds its Lease.
struct Reconciliation {
    term: Leadership,
    _running: Running,
}

impl Hold for Reconciliation {
    fn is_valid(&self) -> bool {
        self.term.is_valid()
    }

    fn revoked(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { drop(self.term.lost().await) })
    }
}

impl fmt::Debug for RingShard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RingShard")
            .field("ring", &self.inner.ring)
            .field("name", &self.name())
            .field("is_held", &self.is_held())
            .finish_non_exhaustive()
    }
}
