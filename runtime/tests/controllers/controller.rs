//! Controllers on the in-memory API server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::client::{Client, ListOptions, RetryPolicy};
use kube_client_runtime::controllers::queue::{Cause, ExponentialBackoff};
use kube_client_runtime::controllers::{
    Controller, ControllerBuilder, ControllerError, Outcome, Predicate, ReconcileError, Reconciler, Request,
    metrics_text,
};
use kube_client_runtime::informer::{InformerFactory, ObjectKey};
use kube_client_runtime::owners::set_controller_reference;
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{until, within};

/// A server, a client, and a factory of informers.
struct Cluster {
    server: FakeApiServer,
    client: Client,
    informers: InformerFactory,
}

impl Cluster {
    fn new() -> Self {
        let server = FakeApiServer::builder().garbage_collection().build().expect("a server");
        let client = Client::from(server.client());
        Cluster { informers: InformerFactory::new(client.clone()), server, client }
    }

    fn controller(&self) -> ControllerBuilder<ConfigMap> {
        Controller::builder("maps", &self.informers.informer::<ConfigMap>())
    }

    async fn create(&self, name: &str) -> ConfigMap {
        self.client.namespaced("default").create(&map(name)).await.expect("created")
    }

    async fn touch(&self, name: &str) {
        let maps = self.client.namespaced::<ConfigMap>("default");
        let touch = |map: &mut ConfigMap| {
            let data = map.data.get_or_insert_default();
            let count = data.get("count").map_or(0, |count| count.parse().unwrap_or(0)) + 1;
            data.insert("count".to_owned(), count.to_string());
        };
        maps.modify(name, touch).await.expect("modified");
    }
}

fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map
}

fn secret(name: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(name.to_owned());
    secret
}

/// A running controller; dropping it does not stop it.
struct Run {
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<Result<(), ControllerError>>,
}

impl Run {
    fn of(controller: &Controller) -> Self {
        let (stop, stopped) = oneshot::channel();
        let controller = controller.clone();
        let task = tokio::spawn(async move { controller.run(async { drop(stopped.await) }).await });
        Run { stop: Some(stop), task }
    }

    fn ask_to_stop(&mut self) {
        self.stop.take();
    }

    async fn stopped(mut self) {
        self.ask_to_stop();
        within(self.task).await.expect("no panic").expect("no error");
    }
}

/// Records the names of reconciled objects and the times since the first one; fails as its script says.
#[derive(Default)]
struct Log {
    calls: Mutex<Vec<(String, Instant)>>,
    script: Mutex<BTreeMap<String, Vec<Step>>>,
}

type Step = fn() -> Result<Outcome, ReconcileError>;

impl Log {
    fn failing<const N: usize>(name: &str, script: [Step; N]) -> Arc<Self> {
        let log = Log::default();
        log.script.lock().unwrap().insert(name.to_owned(), script.into());
        Arc::new(log)
    }

    fn names(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|other| *other == name).count()
    }

    /// Returns the times between the calls, in milliseconds.
    fn delays(&self) -> Vec<u128> {
        let calls = self.calls.lock().unwrap();
        calls.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_millis()).collect()
    }
}

async fn record(map: Arc<ConfigMap>, log: Arc<Log>) -> Result<Outcome, ReconcileError> {
    let name = map.metadata.name.clone().unwrap_or_default();
    log.calls.lock().unwrap().push((name.clone(), Instant::now()));
    let mut script = std::mem::take(log.script.lock().unwrap().entry(name.clone()).or_default()).into_iter();
    let step = script.next();
    log.script.lock().unwrap().insert(name, script.collect());
    step.map_or_else(|| Ok(Outcome::done()), |step| step())
}

#[tokio::test(start_paused = true)]
async fn existing_and_changed_objects_are_reconciled() {
    let cluster = Cluster::new();
    cluster.create("existing").await;
    let log = Arc::new(Log::default());
    let controller = cluster.controller().reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| log.count("existing") == 1).await;
    cluster.create("new").await;
    until(|| log.count("new") == 1).await;
    cluster.touch("existing").await;
    until(|| log.count("existing") == 2).await;
    assert_eq!(log.count("new"), 1);
    run.stopped().await;
    cluster.touch("existing").await;
    cluster.server.settle().await;
    assert_eq!(log.count("existing"), 2, "stopped");

    let again = Run::of(&controller);
    until(|| log.count("existing") == 3 && log.count("new") == 2).await;
    again.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn change_of_an_owned_object_reconciles_its_controller() {
    let cluster = Cluster::new();
    let owner = cluster.create("owner").await;
    cluster.create("other").await;
    let log = Arc::new(Log::default());
    let secrets = cluster.informers.informer::<Secret>();
    let run = Run::of(&cluster.controller().owns(&secrets).reconcile(record, Arc::clone(&log)));
    until(|| log.count("owner") == 1 && log.count("other") == 1).await;

    let mut owned = secret("owned");
    owned.metadata.namespace = owner.metadata.namespace.clone();
    set_controller_reference(&owner, &(), &mut owned).expect("the owner exists");
    let secrets = cluster.client.namespaced::<Secret>("default");
    secrets.create(&secret("unrelated")).await.expect("created");
    secrets.create(&owned).await.expect("created");
    until(|| log.count("owner") == 2).await;
    secrets.delete("owned").await.expect("deleted");
    until(|| log.count("owner") == 3).await;
    assert_eq!(log.count("other"), 1);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn change_of_a_referenced_object_reconciles_the_objects_that_refer_to_it() {
    let cluster = Cluster::new();
    let mut user = map("user");
    user.data = Some([("secret".to_owned(), "token".to_owned())].into());
    cluster.client.namespaced("default").create(&user).await.expect("created");
    cluster.create("other").await;
    let log = Arc::new(Log::default());
    let references = |map: &ConfigMap| {
        let secret = map.data.as_ref().and_then(|data| data.get("secret"));
        secret.map(|secret| ObjectKey::new(map.metadata.namespace.as_deref(), secret))
    };
    let secrets = cluster.informers.informer::<Secret>();
    let builder = cluster.controller().watches_references(&secrets, references);
    let run = Run::of(&builder.reconcile(record, Arc::clone(&log)));
    until(|| log.count("user") == 1 && log.count("other") == 1).await;
    let secrets = cluster.client.namespaced::<Secret>("default");
    secrets.create(&secret("token")).await.expect("created");
    until(|| log.count("user") == 2).await;
    secrets.create(&secret("unrelated")).await.expect("created");
    secrets.delete("token").await.expect("deleted");
    until(|| log.count("user") == 3).await;
    assert_eq!(log.count("other"), 1);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn change_of_a_watched_object_reconciles_the_objects_that_a_function_returns() {
    let cluster = Cluster::new();
    cluster.create("a").await;
    cluster.create("b").await;
    let log = Arc::new(Log::default());
    let secrets = cluster.informers.informer::<Secret>();
    let named_like = |secret: &Secret| {
        let name = secret.metadata.name.as_deref().unwrap_or_default();
        [ObjectKey::new(secret.metadata.namespace.as_deref(), &name[..1])]
    };
    let marked = Predicate::object(|secret: &Secret| secret.metadata.name.as_deref() != Some("b-ignored"));
    let builder = cluster.controller().watches_if(&secrets, marked, named_like);
    let run = Run::of(&builder.reconcile(record, Arc::clone(&log)));
    until(|| log.count("a") == 1 && log.count("b") == 1).await;
    let secrets = cluster.client.namespaced::<Secret>("default");
    secrets.create(&secret("b-ignored")).await.expect("created");
    secrets.create(&secret("a-token")).await.expect("created");
    until(|| log.count("a") == 2).await;
    assert_eq!(log.count("b"), 1);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn failed_object_is_retried_with_growing_delays() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let log = Log::failing("one", [|| Err("not yet".into()), || Err("not yet".into()), || Err("not yet".into())]);
    let limiter = || ExponentialBackoff::new(Duration::from_secs(1), Duration::from_secs(100));
    let controller = cluster.controller().rate_limiter(limiter).reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| log.count("one") == 4).await;
    assert_eq!(log.delays(), [1_000, 2_000, 4_000]);
    until(|| controller.status().successes == 1).await;
    assert_eq!(controller.status().errors, 3);

    // A success forgets the failures.
    log.script.lock().unwrap().insert("one".to_owned(), vec![|| Err("again".into())]);
    cluster.touch("one").await;
    until(|| log.count("one") == 6).await;
    assert_eq!(log.delays()[4], 1_000);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn error_with_a_delay_is_retried_after_it_and_outcome_with_a_delay_is_repeated() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let log = Log::failing(
        "one",
        [
            || Err(ReconcileError::retry_after(Duration::from_secs(7), "busy")),
            || Ok(Outcome::requeue_after(Duration::from_secs(30))),
        ],
    );
    let controller = cluster.controller().reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| log.count("one") == 3).await;
    assert_eq!(log.delays(), [7_000, 30_000]);
    until(|| controller.status().successes == 1).await;
    let status = controller.status();
    assert_eq!((status.requeues, status.errors), (1, 1));
    run.stopped().await;
}

async fn list(_: Arc<ConfigMap>, context: Arc<(Client, Mutex<Vec<Instant>>)>) -> Result<(), ReconcileError> {
    context.1.lock().unwrap().push(Instant::now());
    context.0.namespaced::<Secret>("default").list(&ListOptions::default()).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn delay_that_the_api_server_asks_for_applies() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let client = Client::builder().retry(RetryPolicy::NONE).over(cluster.server.client());
    let busy = Failure::too_many_requests(400);
    cluster.server.react(Calls::to("list", "secrets"), Reaction::fail(busy).times(1));
    let times = Arc::new((client, Mutex::new(Vec::new())));
    let run = Run::of(&cluster.controller().reconcile(list, Arc::clone(&times)));
    until(|| times.1.lock().unwrap().len() == 2).await;
    let seconds = {
        let times = times.1.lock().unwrap();
        (times[1] - times[0]).as_secs()
    };
    assert_eq!(seconds, 400);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn terminal_error_is_not_retried_before_a_change() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let log = Log::failing("one", [|| Err(ReconcileError::terminal("impossible"))]);
    let controller = cluster.controller().reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| controller.status().terminal_errors == 1).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(log.count("one"), 1);
    cluster.touch("one").await;
    until(|| log.count("one") == 2).await;
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn panic_is_contained_counted_and_retried() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    cluster.create("two").await;
    let log = Log::failing("one", [|| panic!("a bug")]);
    let controller = cluster.controller().reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| controller.status().panics >= 1).await;
    until(|| log.count("one") >= 2).await;
    assert!(controller.status().queue.is_some());
    run.stopped().await;
}

async fn hang_once(_: Arc<ConfigMap>, calls: Arc<Mutex<usize>>) -> Result<(), ReconcileError> {
    *calls.lock().unwrap() += 1;
    if *calls.lock().unwrap() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn reconciliation_that_exceeds_the_timeout_is_dropped_and_retried() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let calls = Arc::new(Mutex::new(0));
    let builder = cluster.controller().timeout(Duration::from_secs(5));
    let controller = builder.reconcile(hang_once, Arc::clone(&calls));
    let run = Run::of(&controller);
    until(|| controller.status().successes == 1).await;
    assert_eq!((controller.status().timeouts, *calls.lock().unwrap()), (1, 2));
    run.stopped().await;
}

/// Counts how many reconciliations of one object and of all objects run at the same time.
#[derive(Default)]
struct Overlap {
    running: Mutex<BTreeMap<String, usize>>,
    most: Mutex<(usize, usize)>,
    done: Mutex<usize>,
}

async fn overlap(map: Arc<ConfigMap>, seen: Arc<Overlap>) -> Result<(), ReconcileError> {
    let name = map.metadata.name.clone().unwrap_or_default();
    {
        let mut running = seen.running.lock().unwrap();
        *running.entry(name.clone()).or_default() += 1;
        let mut most = seen.most.lock().unwrap();
        *most = (most.0.max(running[&name]), most.1.max(running.values().sum()));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    *seen.running.lock().unwrap().entry(name).or_default() -= 1;
    *seen.done.lock().unwrap() += 1;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn workers_reconcile_different_objects_at_once_and_one_object_never_twice() {
    let cluster = Cluster::new();
    for number in 0..10 {
        cluster.create(&format!("map-{number}")).await;
    }
    let seen = Arc::new(Overlap::default());
    let run = Run::of(&cluster.controller().workers(4).reconcile(overlap, Arc::clone(&seen)));
    until(|| *seen.done.lock().unwrap() >= 1).await;
    for _ in 0..5 {
        cluster.touch("map-0").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    until(|| *seen.done.lock().unwrap() >= 12).await;
    assert_eq!(*seen.most.lock().unwrap(), (1, 4));
    run.stopped().await;
}

async fn slowly(map: Arc<ConfigMap>, log: Arc<Log>) -> Result<Outcome, ReconcileError> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    record(map, log).await
}

#[tokio::test(start_paused = true)]
async fn changes_are_reconciled_before_the_objects_of_the_first_list() {
    let cluster = Cluster::new();
    for number in 0..5 {
        cluster.create(&format!("listed-{number}")).await;
    }
    let log = Arc::new(Log::default());
    let run = Run::of(&cluster.controller().reconcile(slowly, Arc::clone(&log)));
    until(|| log.names().len() == 1).await;
    cluster.create("new").await;
    until(|| log.names().len() == 6).await;
    assert!(log.names()[..3].contains(&"new".to_owned()), "{:?}", log.names());
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn no_reconciliation_starts_before_all_informers_have_synced() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let hold = cluster.server.react(Calls::to("*", "secrets"), Reaction::fail(Failure::internal("down")));
    let log = Arc::new(Log::default());
    let secrets = cluster.informers.informer::<Secret>();
    let builder = cluster.controller().depends_on(&secrets).sync_timeout(Duration::from_secs(300));
    let controller = builder.reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(log.names().len(), 0);
    assert!(!controller.status().is_ready());
    assert!(!controller.status().running);
    hold.remove();
    until(|| log.count("one") == 1).await;
    assert!(controller.status().is_ready() && controller.status().running);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn controller_ends_with_the_reason_if_an_informer_does_not_sync_in_time() {
    let cluster = Cluster::new();
    cluster.server.react(Calls::to("*", "configmaps"), Reaction::fail(Failure::internal("etcd is down")));
    let builder = cluster.controller().sync_timeout(Duration::from_secs(60));
    let controller = builder.reconcile(record, Arc::new(Log::default()));
    let error = within(controller.run(std::future::pending())).await.expect_err("it cannot list");
    assert!(error.to_string().starts_with("controller maps: not synced: configmaps: not synced; "), "{error}");
    assert!(error.to_string().contains("etcd is down"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn stop_finishes_running_reconciliations_and_drops_queued_ones() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    cluster.create("two").await;
    let seen = Arc::new(Overlap::default());
    let mut run = Run::of(&cluster.controller().reconcile(overlap, Arc::clone(&seen)));
    until(|| !seen.running.lock().unwrap().is_empty()).await;
    run.ask_to_stop();
    run.stopped().await;
    assert_eq!(*seen.done.lock().unwrap(), 1);
}

async fn hang(_: Arc<ConfigMap>, started: Arc<Mutex<bool>>) -> Result<(), ReconcileError> {
    *started.lock().unwrap() = true;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn reconciliation_that_outlasts_the_grace_period_is_dropped() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let started = Arc::new(Mutex::new(false));
    let builder = cluster.controller().grace_period(Duration::from_secs(10));
    let mut run = Run::of(&builder.reconcile(hang, Arc::clone(&started)));
    until(|| *started.lock().unwrap()).await;
    let asked = Instant::now();
    run.ask_to_stop();
    run.stopped().await;
    assert_eq!(asked.elapsed().as_secs(), 10);
}

async fn reconcile(map: Arc<ConfigMap>, log: Arc<Log>) -> Result<(), ReconcileError> {
    let finalizers = map.metadata.finalizers.clone().unwrap_or_default();
    log.calls.lock().unwrap().push((format!("reconcile {finalizers:?}"), Instant::now()));
    Ok(())
}

async fn clean_up(_: Arc<ConfigMap>, log: Arc<Log>) -> Result<(), ReconcileError> {
    log.calls.lock().unwrap().push(("clean up".to_owned(), Instant::now()));
    if log.count("clean up") == 1 { Err("not yet".into()) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn finalizer_is_added_before_the_reconciliation_and_removed_after_the_cleanup() {
    let cluster = Cluster::new();
    let log = Arc::new(Log::default());
    let builder = cluster.controller();
    let finalizer = "example.com/ours";
    let controller =
        builder.reconcile_with_finalizer(&cluster.client, finalizer, reconcile, clean_up, Arc::clone(&log));
    let run = Run::of(&controller);
    cluster.create("one").await;
    until(|| log.count("reconcile [\"example.com/ours\"]") >= 1).await;
    let maps = cluster.client.namespaced::<ConfigMap>("default");
    maps.delete("one").await.expect("deleted");
    until(|| log.count("clean up") == 2).await;
    until(|| cluster.informers.informer::<ConfigMap>().snapshot().is_empty()).await;
    assert!(maps.get("one").await.expect_err("it is deleted").is_not_found());
    assert_eq!(log.count("reconcile []"), 0);
    run.stopped().await;
}

/// A reconciler that records its requests.
#[derive(Default)]
struct Requests(Arc<Mutex<Vec<String>>>);

impl Reconciler<ConfigMap> for Requests {
    async fn reconcile(&self, request: Request<ConfigMap>) -> Result<Outcome, ReconcileError> {
        let Request { key, failures, cause, .. } = &request;
        self.0.lock().unwrap().push(format!("{key}: {cause}, {failures} failures"));
        if *failures == 0 && *cause != Cause::Retry { Err("once".into()) } else { Ok(Outcome::done()) }
    }

    async fn deleted(&self, key: &ObjectKey) -> Result<Outcome, ReconcileError> {
        self.0.lock().unwrap().push(format!("{key} is deleted"));
        Ok(Outcome::done())
    }
}

#[tokio::test(start_paused = true)]
async fn reconciler_receives_the_cause_the_failures_and_deletions() {
    let cluster = Cluster::new();
    let requests = Requests::default();
    let seen = Arc::clone(&requests.0);
    cluster.create("one").await;
    let run = Run::of(&cluster.controller().reconciler(requests));
    until(|| seen.lock().unwrap().len() == 2).await;
    cluster.client.namespaced::<ConfigMap>("default").delete("one").await.expect("deleted");
    until(|| seen.lock().unwrap().len() == 3).await;
    let expected =
        ["default/one: ConfigMap listed, 0 failures", "default/one: retry, 1 failures", "default/one is deleted"];
    assert_eq!(*seen.lock().unwrap(), expected);
    run.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn metrics_have_the_names_of_controller_runtime() {
    let cluster = Cluster::new();
    cluster.create("one").await;
    let log = Log::failing("one", [|| Err("not yet".into())]);
    let controller = cluster.controller().workers(3).reconcile(record, Arc::clone(&log));
    let run = Run::of(&controller);
    until(|| controller.status().successes == 1).await;
    let text = metrics_text(&[controller.status()]);
    for line in [
        "controller_runtime_reconcile_total{controller=\"maps\",result=\"success\"} 1",
        "controller_runtime_reconcile_total{controller=\"maps\",result=\"error\"} 1",
        "controller_runtime_reconcile_errors_total{controller=\"maps\"} 1",
        "controller_runtime_terminal_reconcile_errors_total{controller=\"maps\"} 0",
        "controller_runtime_max_concurrent_reconciles{controller=\"maps\"} 3",
        "controller_runtime_active_workers{controller=\"maps\"} 0",
        "controller_runtime_reconcile_time_seconds_count{controller=\"maps\"} 2",
        "workqueue_retries_total{name=\"maps\"} 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    run.stopped().await;
}
