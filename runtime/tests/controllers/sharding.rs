//! Managers that divide the objects, on the in-memory API server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::controllers::sharding::{Sharding, Shards, ShardsBuilder, ShardsError};
use kube_client_runtime::controllers::{
    Controller, Manager, ManagerError, Outcome, ReconcileError, Reconciler, Request, Stop,
};
use kube_client_runtime::informer::{InformerFactory, ObjectKey};
use kube_fake_apiserver::FakeApiServer;
use testkit::time::{until, within};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const MAPS: usize = 60;

fn server() -> FakeApiServer {
    FakeApiServer::builder().seed(7).build().expect("a server")
}

async fn create(server: &FakeApiServer, namespace: &str, name: &str) {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    Client::from(server.client()).namespaced(namespace).create(&map).await.expect("created");
}

async fn create_maps(server: &FakeApiServer) {
    for number in 0..MAPS {
        create(server, "default", &format!("map-{number}")).await;
    }
}

/// What all replicas did: the objects that are being reconciled, and the replicas that reconciled each object.
#[derive(Default)]
struct Log {
    running: BTreeMap<ObjectKey, usize>,
    overlaps: Vec<String>,
    reconciled: BTreeMap<ObjectKey, BTreeSet<usize>>,
    last: BTreeMap<ObjectKey, usize>,
    deleted: Vec<(usize, ObjectKey)>,
    calls: usize,
}

/// Reconciles an object for some time, and verifies that no other replica does.
struct Fenced {
    replica: usize,
    takes: Duration,
    log: Arc<Mutex<Log>>,
}

/// Removes an object from those that are being reconciled, also if the reconciliation is dropped.
struct Running<'f>(&'f Fenced, ObjectKey);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.log.lock().unwrap().running.remove(&self.1);
    }
}

impl Reconciler<ConfigMap> for Fenced {
    async fn reconcile(&self, request: Request<ConfigMap>) -> Result<Outcome, ReconcileError> {
        {
            let mut log = self.log.lock().unwrap();
            log.calls += 1;
            if let Some(other) = log.running.insert(request.key.clone(), self.replica) {
                log.overlaps.push(format!("{} in {} and {other}", request.key, self.replica));
            }
            log.reconciled.entry(request.key.clone()).or_default().insert(self.replica);
            log.last.insert(request.key.clone(), self.replica);
        }
        let _running = Running(self, request.key);
        tokio::time::sleep(self.takes).await;
        Ok(Outcome::done())
    }

    async fn deleted(&self, key: &ObjectKey) -> Result<Outcome, ReconcileError> {
        self.log.lock().unwrap().deleted.push((self.replica, key.clone()));
        Ok(Outcome::done())
    }
}

struct Replica {
    shards: Shards,
    informers: InformerFactory,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ManagerError>>,
}

impl Replica {
    fn start(server: &FakeApiServer, replica: usize, takes: Duration, log: &Arc<Mutex<Log>>) -> Self {
        Replica::with(server, replica, takes, log, |shards| shards)
    }

    fn with(
        server: &FakeApiServer,
        replica: usize,
        takes: Duration,
        log: &Arc<Mutex<Log>>,
        configure: impl FnOnce(ShardsBuilder) -> ShardsBuilder,
    ) -> Self {
        let client = Client::from(server.client());
        let builder = Shards::builder(&client, "default", "maps").identity(format!("replica-{replica}"));
        let shards = configure(builder).build().expect("valid settings");
        let mut manager = Manager::builder(&client).sharding(shards.clone()).build();
        let maps = manager.informers().informer::<ConfigMap>();
        let reconciler = Fenced { replica, takes, log: Arc::clone(log) };
        let secrets = manager.informers().informer::<Secret>();
        manager.add(Controller::builder("maps", &maps).owns(&secrets).workers(4).reconciler(reconciler));
        let informers = manager.informers().clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(manager.run_until(async { drop(stopped.await) }));
        Replica { shards, informers, stop: Some(stop), task }
    }

    fn cached(&self) -> usize {
        self.informers.informer::<ConfigMap>().snapshot().len()
    }

    async fn stopped(mut self) {
        self.stop.take();
        within(self.task).await.expect("no panic").expect("no error");
    }

    /// Ends the process without giving anything up.
    async fn killed(self) {
        self.task.abort();
        self.informers.shutdown().await;
        drop(within(self.task).await);
    }
}

fn log() -> Arc<Mutex<Log>> {
    Arc::default()
}

/// Waits until each replica holds its quota and caches the objects in it.
async fn quiet(replicas: &[Replica]) {
    let quota = 128 / replicas.len();
    let is_quiet = || {
        replicas.iter().all(|replica| (quota..=quota + 1).contains(&replica.shards.held()))
            && replicas.iter().map(Replica::cached).sum::<usize>() == MAPS
    };
    until(is_quiet).await;
}

async fn touch_all(server: &FakeApiServer) {
    let maps = Client::from(server.client()).namespaced::<ConfigMap>("default");
    for map in maps.list(&ListOptions::default()).await.expect("a list").items {
        let name = map.metadata.name.expect("a name");
        let touch = |map: &mut ConfigMap| {
            let data = map.data.get_or_insert_default();
            let count = data.get("count").map_or(0, |count| count.parse().unwrap_or(0)) + 1;
            data.insert("count".to_owned(), count.to_string());
        };
        maps.modify(&name, touch).await.expect("modified");
    }
}

/// Changes all objects, and verifies that each is reconciled by one replica, and which.
async fn reconciled_once(server: &FakeApiServer, log: &Arc<Mutex<Log>>) -> BTreeMap<ObjectKey, usize> {
    log.lock().unwrap().reconciled.clear();
    touch_all(server).await;
    until(|| log.lock().unwrap().reconciled.len() == MAPS).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let log = log.lock().unwrap();
    assert!(log.reconciled.values().all(|replicas| replicas.len() == 1), "{:?}", log.reconciled);
    assert_eq!(log.overlaps, Vec::<String>::new());
    log.last.clone()
}

#[tokio::test(start_paused = true)]
async fn replicas_reconcile_each_object_once_and_cache_only_their_own() {
    for count in [1, 2, 5] {
        let (server, log) = (server(), log());
        create_maps(&server).await;
        let start = |replica| Replica::start(&server, replica, Duration::from_millis(5), &log);
        let replicas: Vec<Replica> = (0..count).map(start).collect();
        quiet(&replicas).await;
        let by = reconciled_once(&server, &log).await;
        for (index, replica) in replicas.iter().enumerate() {
            assert_eq!(replica.cached(), by.values().filter(|by| **by == index).count(), "of {count}");
        }
        for replica in replicas {
            replica.stopped().await;
        }
        assert_eq!(log.lock().unwrap().deleted, []);
    }
}

#[tokio::test(start_paused = true)]
async fn objects_are_handed_over_without_overlap_when_replicas_join_leave_and_crash() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let takes = Duration::from_millis(900);
    let mut replicas = vec![Replica::start(&server, 0, takes, &log)];
    quiet(&replicas).await;
    replicas.push(Replica::start(&server, 1, takes, &log));
    replicas.push(Replica::start(&server, 2, takes, &log));
    // Objects change all the time.
    let changing = {
        let server = server.clone();
        tokio::spawn(async move {
            loop {
                touch_all(&server).await;
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
        })
    };
    quiet(&replicas).await;
    replicas.remove(0).stopped().await;
    quiet(&replicas).await;
    replicas.push(Replica::start(&server, 3, takes, &log));
    quiet(&replicas).await;
    replicas.remove(0).killed().await;
    quiet(&replicas).await;
    changing.abort();
    tokio::time::sleep(Duration::from_secs(60)).await;
    reconciled_once(&server, &log).await;
    let log = log.lock().unwrap();
    assert_eq!(log.deleted, [], "objects that move are not deleted");
    assert!(log.running.is_empty());
}

#[tokio::test(start_paused = true)]
async fn reconciliation_that_outlives_the_grace_period_is_dropped_and_repeated_by_the_next_replica() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let forever = Duration::from_secs(100_000);
    let short = |shards: ShardsBuilder| shards.grace_period(Duration::from_secs(5));
    let first = Replica::with(&server, 0, forever, &log, short);
    until(|| log.lock().unwrap().running.len() == 4).await;
    let second = Replica::with(&server, 1, Duration::ZERO, &log, short);
    until(|| second.shards.held() == 64).await;
    until(|| log.lock().unwrap().last.values().filter(|by| **by == 1).count() > 20).await;
    assert_eq!(log.lock().unwrap().overlaps, Vec::<String>::new());
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn deletion_is_reconciled_by_the_replica_of_the_object() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let replicas: Vec<Replica> = (0..2).map(|replica| Replica::start(&server, replica, Duration::ZERO, &log)).collect();
    quiet(&replicas).await;
    let by = reconciled_once(&server, &log).await;
    let maps = Client::from(server.client()).namespaced::<ConfigMap>("default");
    for key in by.keys() {
        maps.delete(&key.name).await.expect("deleted");
    }
    until(|| log.lock().unwrap().deleted.len() == MAPS).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let deleted: BTreeMap<ObjectKey, usize> =
        log.lock().unwrap().deleted.iter().map(|(replica, key)| (key.clone(), *replica)).collect();
    assert_eq!(deleted, by);
    assert_eq!(log.lock().unwrap().deleted.len(), MAPS);
}

#[tokio::test(start_paused = true)]
async fn weights_decide_how_many_objects_a_replica_gets() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let heavy = Replica::with(&server, 0, Duration::ZERO, &log, |shards| shards.weight(3));
    let light = Replica::start(&server, 1, Duration::ZERO, &log);
    until(|| (heavy.shards.held(), light.shards.held()) == (96, 32)).await;
}

#[tokio::test(start_paused = true)]
async fn owned_kinds_are_divided_by_namespace() {
    let (server, log) = (server(), log());
    for number in 0..MAPS {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(format!("namespace-{number}"));
        Client::from(server.client()).cluster::<Namespace>().create(&namespace).await.expect("created");
        create(&server, &format!("namespace-{number}"), "map").await;
        let mut secret = Secret::default();
        secret.metadata.name = Some("secret".to_owned());
        let secrets = Client::from(server.client()).namespaced::<Secret>(&format!("namespace-{number}"));
        secrets.create(&secret).await.expect("created");
    }
    let start = |replica| Replica::with(&server, replica, Duration::ZERO, &log, ShardsBuilder::by_namespace);
    let replicas: Vec<Replica> = (0..3).map(start).collect();
    quiet(&replicas).await;
    let secrets = |replica: &Replica| replica.informers.informer::<Secret>().snapshot().len();
    until(|| replicas.iter().all(|replica| secrets(replica) == replica.cached())).await;
}

#[tokio::test(start_paused = true)]
async fn replicas_that_divide_in_another_way_wait_for_the_others_to_leave() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let old = Replica::start(&server, 0, Duration::ZERO, &log);
    until(|| old.shards.held() == 128).await;
    let new = Replica::with(&server, 1, Duration::ZERO, &log, ShardsBuilder::by_namespace);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!((old.shards.held(), new.shards.held()), (128, 0));
    old.stopped().await;
    until(|| new.shards.held() == 128).await;
}

#[tokio::test(start_paused = true)]
async fn leases_of_replicas_that_left_are_deleted() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let first = Replica::start(&server, 0, Duration::ZERO, &log);
    until(|| first.shards.held() == 128).await;
    Replica::start(&server, 1, Duration::ZERO, &log).killed().await;
    let second = Replica::start(&server, 2, Duration::ZERO, &log);
    until(|| second.shards.held() == 64).await;
    second.stopped().await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    let leases = Client::from(server.client()).namespaced::<k8s_openapi::api::coordination::v1::Lease>("default");
    let names: Vec<_> = leases.list(&ListOptions::default()).await.expect("a list").items;
    assert_eq!(names.len(), 2, "that of the group, and that of the first: {names:?}");
}

#[tokio::test(start_paused = true)]
async fn replica_whose_lease_is_changed_stops_and_joins_again() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let replica = Replica::start(&server, 0, Duration::ZERO, &log);
    until(|| replica.shards.held() == 128).await;
    let lease = replica.shards.status()["lease"].as_str().expect("a name").to_owned();
    let leases = Client::from(server.client()).namespaced::<k8s_openapi::api::coordination::v1::Lease>("default");
    let clear = |lease: &mut k8s_openapi::api::coordination::v1::Lease| {
        lease.spec.get_or_insert_default().holder_identity = Some(String::new());
    };
    leases.modify(&lease, clear).await.expect("modified");
    until(|| replica.shards.status()["lease"] != lease.as_str()).await;
    until(|| replica.shards.held() == 128 && replica.cached() == MAPS).await;
    assert_eq!(replica.shards.status()["leasesLost"], 1);
    reconciled_once(&server, &log).await;
}

#[tokio::test(start_paused = true)]
async fn objects_wait_for_all_replicas_after_the_assignment_was_deleted() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let replicas: Vec<Replica> = (0..2).map(|replica| Replica::start(&server, replica, Duration::ZERO, &log)).collect();
    quiet(&replicas).await;
    let leases = Client::from(server.client()).namespaced::<k8s_openapi::api::coordination::v1::Lease>("default");
    let deleted = Instant::now();
    leases.delete("maps").await.expect("deleted");
    until(|| replicas.iter().all(|replica| replica.shards.held() == 0)).await;
    until(|| replicas.iter().any(|replica| replica.shards.held() > 0)).await;
    assert!(deleted.elapsed() >= Duration::from_secs(15), "{:?}", deleted.elapsed());
    quiet(&replicas).await;
}

#[tokio::test(start_paused = true)]
async fn controller_that_watches_divided_objects_is_an_error() {
    let server = server();
    let client = Client::from(server.client());
    let shards = Shards::builder(&client, "default", "maps").build().expect("valid settings");
    let mut manager = Manager::builder(&client).sharding(shards).build();
    let (maps, secrets) = (manager.informers().informer::<ConfigMap>(), manager.informers().informer::<Secret>());
    let nothing = |_: Arc<ConfigMap>, _: Arc<()>| async { Ok::<(), ReconcileError>(()) };
    manager.add(Controller::builder("maps", &maps).reconcile(nothing, Arc::new(())));
    let nothing = |_: Arc<Secret>, _: Arc<()>| async { Ok::<(), ReconcileError>(()) };
    manager.add(Controller::builder("secrets", &secrets).owns(&maps).reconcile(nothing, Arc::new(())));
    let error = within(manager.run_until(std::future::pending())).await.expect_err("maps are divided");
    let expected = "controller secrets watches configmaps, which another controller divides between the replicas: use \
                    another informer of the kind, or divide the objects by namespace";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn metrics_and_status_contain_the_slots() {
    let (server, log) = (server(), log());
    create_maps(&server).await;
    let first = Replica::start(&server, 0, Duration::ZERO, &log);
    until(|| first.shards.held() == 128).await;
    let replicas = [first, Replica::start(&server, 1, Duration::ZERO, &log)];
    quiet(&replicas).await;
    let text = replicas[0].shards.metrics_text();
    for line in ["sharding_slots_held{name=\"maps\"} 64\n", "sharding_replicas{name=\"maps\"} 2\n"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains("sharding_hand_over_seconds_count{name=\"maps\"} 64\n"), "{text}");
    let text = replicas[1].shards.metrics_text();
    assert!(text.contains("sharding_slots_received_total{name=\"maps\"} 64\n"), "{text}");
    let status = replicas[0].shards.status();
    assert_eq!((status["slotsHeld"].as_u64(), status["leaseIsValid"].as_bool()), (Some(64), Some(true)), "{status}");
    assert_eq!(replicas[0].shards.check(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn replica_that_stops_before_it_has_joined_ends() {
    let server = server();
    let shards = Shards::builder(&Client::from(server.client()), "default", "maps").build().expect("valid settings");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    drop(stop);
    within(shards.run(Stop::from(stopped))).await.expect("no error");
    assert_eq!(shards.held(), 0);
}

#[test]
fn settings_that_do_not_ensure_one_replica_are_rejected() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _runtime = runtime.enter();
    let client = Client::from(server().client());
    for name in ["", "Maps", "-maps", &"m".repeat(64)] {
        let error = Shards::builder(&client, "default", name).build().expect_err("not a name");
        assert_eq!(error, ShardsError::Name(name.to_owned()));
    }
    let builder = || Shards::builder(&client, "default", "maps");
    assert_eq!(builder().movement(0, Duration::ZERO).build().expect_err("never ends"), ShardsError::Movement);
    let error = builder().lease_duration(Duration::from_secs(10)).build().expect_err("too short");
    assert!(error.to_string().starts_with("the lease duration 10s is not greater"), "{error}");
}
