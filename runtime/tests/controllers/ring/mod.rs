//! A shard of a ControllerRing on the in-memory API server.

mod cluster;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::client::{Client, Patch, PatchOptions};
use kube_client_runtime::controllers::sharding::{RingShard, RingShardError};
use kube_client_runtime::controllers::{Controller, Manager, Outcome, Predicate, ReconcileError, Reconciler, Request};
use kube_client_runtime::informer::ObjectKey;
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};
use serde_json::json;
use tokio::sync::Semaphore;

use testkit::time::{until, within};

use cluster::{Cluster, DRAIN_LABEL, Log, RING, Replica, SHARD_LABEL, is_json_patch, reconcile, shard};

#[tokio::test(start_paused = true)]
async fn shard_announces_itself_with_its_lease() {
    let cluster = Cluster::new();
    let replica = Replica::start(&cluster, "pod-1");
    until(|| replica.shard.is_held()).await;
    let lease = cluster.lease("pod-1").await;
    assert_eq!(lease.metadata.labels.unwrap()["alpha.sharding.timebertt.dev/controllerring"], RING);
    let spec = lease.spec.unwrap();
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_duration_seconds), (Some("pod-1"), Some(15)));
    assert!(spec.acquire_time.is_some() && spec.renew_time.is_some());

    // The label with the state, which the sharder maintains, is kept.
    let state = "alpha.sharding.timebertt.dev/state";
    let patch = Patch::Merge(json!({ "metadata": { "labels": { state: "ready" } } }));
    let leases = cluster.client.namespaced::<Lease>("default");
    let patched = leases.patch("pod-1", &patch, &PatchOptions::default()).await.unwrap();
    let renewed = async {
        loop {
            let lease = leases.get("pod-1").await.unwrap();
            if lease.spec != patched.spec {
                break lease;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    assert_eq!(within(renewed).await.metadata.labels.unwrap()[state], "ready");
    assert!(replica.shard.is_held());
}

#[tokio::test(start_paused = true)]
async fn shard_reads_and_reconciles_only_its_own_objects() {
    let cluster = Cluster::new();
    cluster.create("mine", "pod-1").await;
    cluster.create("other", "pod-2").await;
    let replica = Replica::start(&cluster, "pod-1");
    until(|| replica.log.count("ended", "mine") == 1).await;
    assert_eq!(replica.cached(), ["mine"]);
    cluster.take("other", "pod-1").await;
    until(|| replica.log.count("ended", "other") == 1).await;
    cluster.take("mine", "pod-2").await;
    until(|| replica.cached() == ["other"]).await;
    cluster.change("mine").await;
    cluster.server.settle().await;
    assert_eq!(replica.log.count("started", "mine"), 1);
}

#[tokio::test(start_paused = true)]
async fn drained_object_is_released_in_one_patch_when_its_reconciliation_has_ended() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let replica = Replica::start_with(&cluster, "pod-1", 0, None);
    until(|| replica.log.count("started", "one") == 1).await;
    cluster.drain("one").await;
    // The lease is renewed several times meanwhile.
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(cluster.labels("one").await.len(), 2);

    let recording = cluster.server.record();
    replica.log.may_end.add_permits(100);
    cluster.released("one").await;
    assert_eq!(replica.log.count("ended", "one"), 1);
    assert_eq!(recording.matching(&Calls::to("patch", "configmaps").named("one")).len(), 1);
    // The deletion that the watch reports is neither reconciled nor answered with a request.
    recording.clear();
    until(|| replica.cached().is_empty()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(recording.matching(&Calls::all().named("one")), []);
    assert_eq!(replica.log.count("started", "one"), 1);
}

#[tokio::test(start_paused = true)]
async fn drained_object_is_released_although_no_predicate_passes_the_change() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let no_updates = Predicate::updated(|_, _| false);
    let replica = Replica::start_with(&cluster, "pod-1", Semaphore::MAX_PERMITS, Some(no_updates));
    until(|| replica.log.count("ended", "one") == 1).await;
    cluster.drain("one").await;
    cluster.released("one").await;

    // It is assigned to the same shard again, as when the other one has left meanwhile.
    cluster.assign("one", "pod-1").await;
    until(|| replica.log.count("ended", "one") == 2).await;
}

#[tokio::test(start_paused = true)]
async fn object_that_stays_after_a_drain_is_reconciled_although_no_predicate_passes_the_change() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let no_updates = Predicate::updated(|_, _| false);
    let replica = Replica::start_with(&cluster, "pod-1", Semaphore::MAX_PERMITS, Some(no_updates));
    until(|| replica.log.count("ended", "one") == 1).await;
    // The webhook assigns the object to the same shard in the request that removes the labels.
    let assigned = serde_json::to_value(cluster.maps().get("one").await.unwrap()).unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answered);
    let reaction = Reaction::answer(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Some(Ok(assigned.clone()))
    });
    cluster.server.react(Calls::to("patch", "configmaps").matching(is_json_patch), reaction);
    cluster.drain("one").await;
    until(|| answered.load(Ordering::Relaxed) == 1).await;
    cluster.label("one", json!({ DRAIN_LABEL: null })).await;
    // What changed while it was drained was not reconciled.
    until(|| replica.log.count("ended", "one") == 2).await;
    assert_eq!(answered.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn drain_that_the_sharder_completed_itself_is_not_repeated() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let replica = Replica::start_with(&cluster, "pod-1", 0, None);
    until(|| replica.log.count("started", "one") == 1).await;
    // The watch does not report that the object was moved before the shard answers the drain.
    cluster.drain("one").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.server.react(Calls::to("watch", "configmaps"), Reaction::hang());
    cluster.server.close_watches();
    cluster.take("one", "pod-2").await;
    let recording = cluster.server.record();
    replica.log.may_end.add_permits(100);
    until(|| replica.log.count("ended", "one") == 1).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(cluster.labels("one").await, [format!("{SHARD_LABEL}=pod-2")]);
    assert_eq!(recording.matching(&Calls::to("patch", "configmaps").named("one")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn failed_release_is_repeated() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let replica = Replica::start(&cluster, "pod-1");
    until(|| replica.log.count("ended", "one") == 1).await;
    let calls = Calls::to("patch", "configmaps").matching(is_json_patch);
    cluster.server.react(calls, Reaction::fail(Failure::internal("etcd is down")).times(8));
    cluster.drain("one").await;
    cluster.released("one").await;
    assert_eq!(replica.log.count("started", "one"), 1);
}

#[tokio::test(start_paused = true)]
async fn object_moves_from_one_shard_to_another() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let (first, second) = (Replica::start(&cluster, "pod-1"), Replica::start(&cluster, "pod-2"));
    until(|| first.log.count("ended", "one") == 1 && second.informers.is_ready()).await;
    for round in 1..=3 {
        cluster.drain("one").await;
        cluster.released("one").await;
        cluster.assign("one", "pod-2").await;
        until(|| second.log.count("ended", "one") == round).await;
        cluster.drain("one").await;
        cluster.released("one").await;
        cluster.assign("one", "pod-1").await;
        until(|| first.log.count("ended", "one") == round + 1).await;
    }
    cluster.server.settle().await;
    assert_eq!((first.log.count("started", "one"), second.log.count("started", "one")), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn shard_that_lost_its_lease_drops_its_work_and_starts_again_with_new_lists() {
    let cluster = Cluster::new();
    cluster.create("moved", "pod-1").await;
    cluster.create("kept", "pod-1").await;
    let replica = Replica::start_with(&cluster, "pod-1", 0, None);
    until(|| replica.log.count("started", "moved") + replica.log.count("started", "kept") == 1).await;
    // Neither the lease nor the objects of the shard can be read or written, and the sharder replaces it.
    let is_of_the_sharder = Arc::new(AtomicBool::new(false));
    let sharder = Arc::clone(&is_of_the_sharder);
    let shard_only = Calls::all().matching(move |_| !sharder.load(Ordering::Relaxed));
    let cut = cluster.server.react(shard_only, Reaction::fail(Failure::internal("the network is down")));
    cluster.server.close_watches();
    until(|| !replica.shard.is_held()).await;
    until(|| replica.cached().is_empty()).await;
    is_of_the_sharder.store(true, Ordering::Relaxed);
    cluster.mark_dead("pod-1").await;
    cluster.take("moved", "pod-2").await;
    is_of_the_sharder.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(5)).await;
    cut.remove();

    replica.log.may_end.add_permits(100);
    until(|| replica.shard.is_held()).await;
    until(|| replica.log.count("ended", "kept") == 1).await;
    assert_eq!(replica.cached(), ["kept"]);
    // The reconciliation that ran when the lease was lost never ended.
    assert_eq!(replica.log.count("ended", "moved"), 0);
}

#[tokio::test(start_paused = true)]
async fn shard_that_stops_releases_its_lease_after_its_reconciliations() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let mut replica = Replica::start_with(&cluster, "pod-1", 0, None);
    until(|| replica.log.count("started", "one") == 1).await;
    replica.stop.take();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(cluster.lease("pod-1").await.spec.unwrap().holder_identity.as_deref(), Some("pod-1"));
    replica.log.may_end.add_permits(1);
    let log = Arc::clone(&replica.log);
    replica.stopped().await.expect("no error");
    assert_eq!(log.count("ended", "one"), 1);
    assert_eq!(cluster.lease("pod-1").await.spec.unwrap().holder_identity.as_deref(), Some(""));
    assert_eq!(cluster.labels("one").await, [format!("{SHARD_LABEL}=pod-1")]);
}

#[tokio::test(start_paused = true)]
async fn drained_object_is_released_when_no_controller_reconciles_it() {
    let cluster = Cluster::new();
    cluster.create("one", "pod-1").await;
    let shard = shard(&cluster.client, "pod-1").build().expect("valid settings");
    let mut manager = Manager::builder(&cluster.client).sharding(shard).build();
    let maps = manager.informers().informer::<ConfigMap>();
    let log = |permits| Arc::new(Log { entries: Mutex::default(), may_end: Semaphore::new(permits) });
    let (quick, slow) = (log(Semaphore::MAX_PERMITS), log(0));
    manager.add(Controller::builder("quick", &maps).reconcile(reconcile, Arc::clone(&quick)));
    manager.add(Controller::builder("slow", &maps).reconcile(reconcile, Arc::clone(&slow)));
    let task = tokio::spawn(manager.run_until(std::future::pending()));
    until(|| quick.count("ended", "one") == 1 && slow.count("started", "one") == 1).await;
    cluster.drain("one").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(cluster.labels("one").await.len(), 2);
    slow.may_end.add_permits(1);
    cluster.released("one").await;
    assert_eq!((quick.count("started", "one"), slow.count("ended", "one")), (1, 1));
    task.abort();
}

/// A reconciler that only notes deletions.
struct Deletions(Arc<Mutex<Vec<String>>>);

impl Reconciler<ConfigMap> for Deletions {
    async fn reconcile(&self, _: Request<ConfigMap>) -> Result<Outcome, ReconcileError> {
        Ok(().into())
    }

    async fn deleted(&self, key: &ObjectKey) -> Result<Outcome, ReconcileError> {
        self.0.lock().unwrap().push(key.name.clone());
        Ok(().into())
    }
}

#[tokio::test(start_paused = true)]
async fn deleted_object_is_cleaned_up_and_a_relabelled_one_is_not() {
    let cluster = Cluster::new();
    cluster.create("deleted", "pod-1").await;
    cluster.create("moved", "pod-1").await;
    let shard = shard(&cluster.client, "pod-1").build().expect("valid settings");
    let mut manager = Manager::builder(&cluster.client).sharding(shard).build();
    let maps = manager.informers().informer::<ConfigMap>();
    let deleted = Arc::new(Mutex::new(Vec::new()));
    manager.add(Controller::builder("maps", &maps).reconciler(Deletions(Arc::clone(&deleted))));
    let task = tokio::spawn(manager.run_until(std::future::pending()));
    until(|| maps.snapshot().iter().count() == 2).await;
    cluster.take("moved", "pod-2").await;
    cluster.maps().delete("deleted").await.expect("deleted");
    until(|| maps.snapshot().iter().next().is_none() && !deleted.lock().unwrap().is_empty()).await;
    cluster.server.settle().await;
    assert_eq!(*deleted.lock().unwrap(), ["deleted"]);
    task.abort();
}

#[test]
fn names_of_rings_and_shards_must_be_valid() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let _guard = runtime.enter();
    let client = Client::from(FakeApiServer::builder().build().expect("a server").client());
    let build = |ring: &str, shard: &str| RingShard::builder(&client, "default", ring).shard_name(shard).build();
    assert_eq!(build("Ring", "pod-1").unwrap_err(), RingShardError::Ring("Ring".to_owned()));
    assert_eq!(build("ring", "").unwrap_err(), RingShardError::Shard(String::new()));
    assert_eq!(
        build("ring", "Pod").unwrap_err().to_string(),
        "\"Pod\" is not the name of a shard: it must be a DNS subdomain of at most 63 characters, because it is the name of \
         a Lease and the value of a label; set another one with `shard_name`"
    );
    let short = RingShard::builder(&client, "default", "ring").shard_name("pod").lease_duration(Duration::from_secs(5));
    assert!(matches!(short.build().unwrap_err(), RingShardError::Lease(_)));
    assert_eq!(build("ring", "pod-1").unwrap().name(), "pod-1");
}
