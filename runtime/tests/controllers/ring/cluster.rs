//! A server with a sharder whose steps a test takes one by one, and replicas.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube_client_runtime::client::{Client, Namespaced, Patch, PatchOptions};
use kube_client_runtime::controllers::sharding::{RingShard, RingShardBuilder};
use kube_client_runtime::controllers::{Controller, Manager, ManagerError, Predicate, ReconcileError};
use kube_client_runtime::informer::{InformerFactory, Lister};
use kube_fake_apiserver::{Action, FakeApiServer};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use testkit::time::within;

pub(super) const RING: &str = "maps";
pub(super) const SHARD_LABEL: &str = "shard.alpha.sharding.timebertt.dev/maps";
pub(super) const DRAIN_LABEL: &str = "drain.alpha.sharding.timebertt.dev/maps";

/// A server, and a sharder that acts when a test asks for it.
pub(super) struct Cluster {
    pub(super) server: FakeApiServer,
    pub(super) client: Client,
}

impl Cluster {
    pub(super) fn new() -> Self {
        let server = FakeApiServer::builder().build().expect("a server");
        let client = Client::from(server.client());
        Cluster { server, client }
    }

    pub(super) fn maps(&self) -> Namespaced<ConfigMap> {
        self.client.namespaced("default")
    }

    /// Creates an object that is assigned to a shard.
    pub(super) async fn create(&self, name: &str, shard: &str) {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.to_owned());
        map.metadata.labels = Some([(SHARD_LABEL.to_owned(), shard.to_owned())].into());
        self.maps().create(&map).await.expect("created");
    }

    pub(super) async fn label(&self, name: &str, labels: Value) {
        let patch = Patch::Merge(json!({ "metadata": { "labels": labels } }));
        self.maps().patch(name, &patch, &PatchOptions::default()).await.expect("labelled");
    }

    pub(super) async fn assign(&self, name: &str, shard: &str) {
        self.label(name, json!({ SHARD_LABEL: shard })).await;
    }

    pub(super) async fn drain(&self, name: &str) {
        self.label(name, json!({ DRAIN_LABEL: "true" })).await;
    }

    /// Moves an object of a dead shard.
    pub(super) async fn take(&self, name: &str, shard: &str) {
        self.label(name, json!({ SHARD_LABEL: shard, DRAIN_LABEL: null })).await;
    }

    pub(super) async fn change(&self, name: &str) {
        let patch = Patch::Merge(json!({ "data": { "changed": Timestamp::now().to_string() } }));
        self.maps().patch(name, &patch, &PatchOptions::default()).await.expect("changed");
    }

    pub(super) async fn labels(&self, name: &str) -> Vec<String> {
        let labels = self.maps().get(name).await.expect("it exists").metadata.labels.unwrap_or_default();
        labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    /// Waits until an object has no labels, for up to some minutes.
    pub(super) async fn released(&self, name: &str) {
        within(async {
            while !self.labels(name).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    pub(super) async fn lease(&self, shard: &str) -> Lease {
        self.client.namespaced::<Lease>("default").get(shard).await.expect("a lease")
    }

    /// Acquires the Lease of a shard that is not renewed.
    pub(super) async fn mark_dead(&self, shard: &str) {
        let mut lease = self.lease(shard).await;
        let spec = lease.spec.get_or_insert_default();
        let now = MicroTime(Timestamp::now());
        spec.holder_identity = Some("shardlease-controller".to_owned());
        spec.lease_duration_seconds = Some(30);
        spec.acquire_time = Some(now.clone());
        spec.renew_time = Some(now);
        self.client.namespaced::<Lease>("default").update(&lease).await.expect("acquired");
    }
}

/// Whether a request is the answer of a shard to a drain.
pub(super) fn is_json_patch(action: &Action) -> bool {
    action.content_type == "application/json-patch+json"
}

/// What the reconciler of a shard did. A reconciliation waits for a permission to end.
pub(super) struct Log {
    pub(super) entries: Mutex<Vec<(&'static str, String)>>,
    pub(super) may_end: Semaphore,
}

impl Log {
    pub(super) fn add(&self, what: &'static str, map: &ConfigMap) {
        self.entries.lock().unwrap().push((what, map.metadata.name.clone().unwrap_or_default()));
    }

    pub(super) fn count(&self, what: &'static str, name: &str) -> usize {
        self.entries.lock().unwrap().iter().filter(|(entry, of)| *entry == what && of == name).count()
    }
}

pub(super) async fn reconcile(map: Arc<ConfigMap>, log: Arc<Log>) -> Result<(), ReconcileError> {
    log.add("started", &map);
    let _permit = log.may_end.acquire().await?;
    log.add("ended", &map);
    Ok(())
}

/// A manager with a shard and a controller.
pub(super) struct Replica {
    pub(super) log: Arc<Log>,
    pub(super) shard: RingShard,
    pub(super) maps: Lister<ConfigMap>,
    pub(super) informers: InformerFactory,
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) task: JoinHandle<Result<(), ManagerError>>,
}

pub(super) fn shard(client: &Client, name: &str) -> RingShardBuilder {
    RingShard::builder(client, "default", RING).shard_name(name)
}

impl Replica {
    /// Starts a shard whose reconciliations end at once.
    pub(super) fn start(cluster: &Cluster, name: &str) -> Self {
        Self::start_with(cluster, name, Semaphore::MAX_PERMITS, None)
    }

    pub(super) fn start_with(
        cluster: &Cluster,
        name: &str,
        permits: usize,
        predicate: Option<Predicate<ConfigMap>>,
    ) -> Self {
        let shard = shard(&cluster.client, name).build().expect("valid settings");
        let mut manager = Manager::builder(&cluster.client).sharding(shard.clone()).build();
        let log = Arc::new(Log { entries: Mutex::default(), may_end: Semaphore::new(permits) });
        let maps = manager.informers().informer::<ConfigMap>();
        let mut builder = Controller::builder("maps", &maps);
        if let Some(predicate) = predicate {
            builder = builder.predicate(predicate);
        }
        manager.add(builder.reconcile(reconcile, Arc::clone(&log)));
        let informers = manager.informers().clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(manager.run_until(async { drop(stopped.await) }));
        Replica { log, shard, maps: maps.lister(), informers, stop: Some(stop), task }
    }

    pub(super) fn cached(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.maps.snapshot().iter().map(|map| map.metadata.name.clone().unwrap_or_default()).collect();
        names.sort();
        names
    }

    pub(super) async fn stopped(mut self) -> Result<(), ManagerError> {
        self.stop.take();
        within(self.task).await.expect("no panic")
    }
}
