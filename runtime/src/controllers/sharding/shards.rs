//! A replica that agrees with the others through Leases.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use kube::core::ObjectMeta;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::former::Former;
use super::group::Group;
use super::holdings::{Held, Holdings};
use super::interface::{Admission, Sharding};
use super::lease::{DIVIDES, GROUP, WEIGHT};
use super::member::{Ended, Member};
use super::metrics::Metrics;
use super::observed::Observed;
use super::permit::Permit;
use super::plan::Movement;
use super::settings::Settings;
use super::slots::{SLOTS, Slots, slot_of};
use crate::client::{Client, ShardKey, ShardSelector, shard_hash};
use crate::controllers::Stop;
use crate::controllers::election::{ConfigError, Host, LeaderElector};
use crate::controllers::events::random_uuid;
use crate::informer::Selection;

/// How long the Lease of a replica may be out of date before the process is unhealthy.
const LEASE_TOLERANCE: Duration = Duration::from_secs(20);

/// Divides the objects between the replicas of a program, which agree through Leases. Clones are the same replica.
///
/// Use it with [`ManagerBuilder::sharding`](crate::controllers::ManagerBuilder::sharding):
///
/// ```no_run
/// use kube_client_runtime::client::Client;
/// use kube_client_runtime::controllers::Manager;
/// use kube_client_runtime::controllers::sharding::Shards;
///
/// # fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let shards = Shards::builder(&client, "default", "my-controller").build()?;
/// let manager = Manager::builder(&client).sharding(shards).build();
/// # Ok(())
/// # }
/// ```
///
/// # Protocol
///
/// All hashes are divided into 128 slots. A Lease with the name of the group contains which replica holds which slot. Each
/// replica has a Lease of its own, which it renews as a leader of client-go does: others wait for its duration, by their own
/// clock, after they have last seen it change; the replica itself stops earlier, at the renew deadline after its last renewal
/// was sent.
///
/// - A replica whose Lease has expired is declared dead by a change of its Lease, with the resource version that expired: if
///   the replica was only slow and has renewed it meanwhile, nothing happens. If it continues after that, its renewal fails; it
///   joins again as a new replica without slots. Its slots go to the others at once. A replica that has joined again declares
///   its former Lease dead itself, when the last reconciliation with it has ended.
/// - A replica that has more than its quota hands slots over. It starts no more reconciliations in them, waits for those that
///   run, and then writes the new holder. Those that run longer than the grace period are dropped. A replica that stops hands
///   over all slots in the same way, and announces it so that it receives none meanwhile.
/// - Each change of the assignment contains the resource version of the last one, so that nothing is decided from an old state.
#[derive(Clone)]
pub struct Shards {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    client: Client,
    namespace: String,
    name: String,
    labels: BTreeMap<String, String>,
    settings: Arc<Settings>,
    host: Host,
    selection: Arc<watch::Sender<Selection>>,
    current: Mutex<Option<Current>>,
    metrics: Arc<Metrics>,
}

/// The current Lease of the replica.
struct Current {
    elector: LeaderElector,
    /// `None` until the Lease is acquired.
    holdings: Option<Arc<Holdings>>,
}

impl Shards {
    pub(super) fn new(
        client: Client,
        namespace: String,
        name: String,
        labels: BTreeMap<String, String>,
        settings: Settings,
        host: Host,
    ) -> Result<Self, ConfigError> {
        let inner = Inner {
            client,
            namespace,
            name,
            labels,
            settings: Arc::new(settings),
            host,
            selection: Arc::new(watch::Sender::new(Selection::Nothing)),
            current: Mutex::new(None),
            metrics: Arc::default(),
        };
        inner.elector(&new_name())?;
        Ok(Shards { inner: Arc::new(inner) })
    }

    /// Returns the identity of this replica, which its Lease contains.
    pub fn identity(&self) -> &str {
        &self.inner.settings.identity
    }

    /// Returns the number of slots that this replica holds, of 128.
    pub fn held(&self) -> usize {
        self.inner.holdings().filter(|holdings| holdings.is_valid()).map_or(0, |holdings| holdings.open().len())
    }

    fn begin_value(&self, value: &str) -> Option<Held> {
        self.inner.holdings()?.begin(slot_of(shard_hash(value)))
    }

    /// Returns the slots in which a reconciliation could start, or go on.
    #[cfg(test)]
    pub(super) fn held_slots(&self) -> Slots {
        self.inner.holdings().map_or_else(Slots::default, |holdings| holdings.held())
    }

    /// Starts a reconciliation in a slot.
    #[cfg(test)]
    pub(super) fn begin_slot(&self, slot: usize) -> Option<Permit> {
        self.inner.holdings()?.begin(slot).map(Permit::new)
    }
}

/// Returns the last part of the name of a replica's Lease.
fn new_name() -> String {
    random_uuid().split('-').take(3).collect()
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holdings(&self) -> Option<Arc<Holdings>> {
        self.lock().as_ref()?.holdings.clone()
    }

    /// Returns what acquires and renews the Lease of the replica.
    fn elector(&self, replica: &str) -> Result<LeaderElector, ConfigError> {
        let settings = &self.settings;
        let annotations = [(WEIGHT.to_owned(), settings.weight.to_string()), (DIVIDES.to_owned(), settings.divides())];
        LeaderElector::builder(&self.client, &self.namespace, format!("{}-{replica}", self.name))
            .identity(&settings.identity)
            .lease_duration(settings.lease_duration)
            .renew_deadline(settings.renew_deadline)
            .retry_period(settings.retry_period)
            .labels(self.labels.clone())
            .labels([(GROUP, &self.name)])
            .annotations(annotations)
            .host(self.host.clone())
            .build()
    }

    async fn run(&self, stop: Stop) -> Result<(), ConfigError> {
        let former = Arc::<Former>::default();
        while !stop.is_requested() {
            let name = new_name();
            let elector = self.elector(&name)?;
            *self.lock() = Some(Current { elector: elector.clone(), holdings: None });
            let lease = tokio::select! {
                biased;
                () = stop.clone().wait() => break,
                lease = elector.acquire() => lease,
            };
            // Permits have clones of the Lease, which do not prolong it if this future is dropped.
            let _guard = lease.guard();
            let holdings = Holdings::new(self.host.clone(), lease.clone(), self.settings.grace);
            *self.lock() = Some(Current { elector, holdings: Some(Arc::clone(&holdings)) });
            let lost = (name.clone(), Arc::clone(&holdings));
            let member = Member {
                name,
                settings: Arc::clone(&self.settings),
                host: self.host.clone(),
                group: Group::new(&self.client, &self.namespace, &self.name, self.host.clone()),
                lease,
                holdings,
                metrics: Arc::clone(&self.metrics),
                publish: self.publisher(),
                observed: Observed::default(),
                movement: Movement::new(),
                former: Arc::clone(&former),
                leaves: None,
            };
            match member.run(&stop).await {
                Ended::Left => break,
                Ended::Lost(loss) => {
                    tracing::warn!(%loss, "this replica lost its Lease and joins again");
                    self.metrics.lease_lost();
                    former.add(lost.0, lost.1);
                }
            }
        }
        *self.lock() = None;
        Ok(())
    }

    /// Returns a function that publishes the slots in which reconciliations start.
    fn publisher(&self) -> Box<dyn Fn(Slots) + Send + Sync> {
        let (selection, key) = (Arc::clone(&self.selection), self.settings.key);
        Box::new(move |slots| {
            let new = match slots {
                slots if slots.is_empty() => Selection::Nothing,
                Slots::ALL => Selection::Everything,
                slots => Selection::Shard(ShardSelector::new(key, slots.ranges())),
            };
            selection.send_if_modified(|current| {
                let changes = *current != new;
                *current = new;
                changes
            });
        })
    }
}

impl Sharding for Shards {
    fn selection(&self) -> watch::Receiver<Selection> {
        self.inner.selection.subscribe()
    }

    fn divides_owned(&self) -> bool {
        self.inner.settings.key == ShardKey::Namespace
    }

    fn begin(&self, object: &ObjectMeta) -> Admission {
        let value = match self.inner.settings.key {
            ShardKey::Uid => &object.uid,
            ShardKey::Namespace => &object.namespace,
        };
        let held = self.begin_value(value.as_deref().unwrap_or_default());
        held.map_or(Admission::Foreign, |held| Admission::Reconcile(Permit::new(held)))
    }

    fn run(&self, stop: Stop) -> BoxFuture<'_, Result<(), Box<dyn StdError + Send + Sync>>> {
        Box::pin(async { self.inner.run(stop).await.map_err(Into::into) })
    }

    fn check(&self) -> Result<(), String> {
        let elector = self.inner.lock().as_ref().map(|current| current.elector.clone());
        let Some(elector) = elector else { return Ok(()) };
        elector.check(LEASE_TOLERANCE).map_err(|error| error.to_string())
    }

    fn metrics_text(&self) -> String {
        self.inner.metrics.text(&self.inner.name, self.held())
    }

    fn status(&self) -> Value {
        let current = self.inner.lock().as_ref().map(|current| (current.elector.clone(), current.holdings.clone()));
        let (elector, holdings) = current.map_or((None, None), |(elector, holdings)| (Some(elector), holdings));
        let (draining, _) = holdings.as_ref().map_or_else(Default::default, |holdings| holdings.draining());
        let metrics = &self.inner.metrics;
        json!({
            "group": self.inner.name,
            "identity": self.identity(),
            "weight": self.inner.settings.weight,
            "divides": self.inner.settings.divides(),
            "lease": elector.as_ref().map(LeaderElector::name),
            "leaseIsValid": holdings.as_ref().is_some_and(|holdings| holdings.is_valid()),
            "replicas": metrics.replicas_alive(),
            "slots": SLOTS,
            "slotsHeld": self.held(),
            "held": holdings.as_ref().map(|holdings| holdings.open().to_string()),
            "handingOver": draining.to_string(),
            "reconciling": holdings.as_ref().map(|holdings| holdings.active()),
            "slotsReceived": metrics.slots_received(),
            "slotsHandedOver": metrics.slots_handed_over(),
            "leasesLost": metrics.leases_lost(),
        })
    }
}

impl fmt::Debug for Shards {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shards")
            .field("namespace", &self.inner.namespace)
            .field("name", &self.inner.name)
            .field("identity", &self.identity())
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}
