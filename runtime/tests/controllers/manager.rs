//! Managers on the in-memory API server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::client::Client;
use kube_client_runtime::controllers::election::LeaderElector;
use kube_client_runtime::controllers::{Controller, Manager, ManagerError, ReconcileError, Stop, Stopped};
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use testkit::time::{until, within};

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server")
}

fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map
}

fn elector(client: &Client, identity: &str) -> LeaderElector {
    let builder = LeaderElector::builder(client, "default", "maps").identity(identity);
    builder.release_on_cancel(true).build().expect("valid settings")
}

async fn count(_: Arc<ConfigMap>, calls: Arc<AtomicUsize>) -> Result<(), ReconcileError> {
    calls.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// A manager that runs, with a controller that counts its calls.
struct Replica {
    calls: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ManagerError>>,
    informers: kube_client_runtime::informer::InformerFactory,
}

impl Replica {
    fn start(server: &FakeApiServer, identity: &str) -> Self {
        let client = Client::from(server.client());
        let mut manager = Manager::builder(&client).leader_election(elector(&client, identity)).build();
        let calls = Arc::new(AtomicUsize::new(0));
        let maps = manager.informers().informer::<ConfigMap>();
        manager.add(Controller::builder("maps", &maps).reconcile(count, Arc::clone(&calls)));
        let informers = manager.informers().clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(manager.run_until(async { drop(stopped.await) }));
        Replica { calls, stop: Some(stop), task, informers }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn stopped(mut self) -> Result<(), ManagerError> {
        self.stop.take();
        within(self.task).await.expect("no panic")
    }
}

#[tokio::test(start_paused = true)]
async fn controllers_run_only_in_the_leader_and_a_standby_has_current_caches() {
    let server = server();
    let maps = Client::from(server.client()).namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.expect("created");
    let leader = Replica::start(&server, "first");
    until(|| leader.calls() == 1).await;
    let standby = Replica::start(&server, "second");
    maps.create(&map("two")).await.expect("created");
    until(|| leader.calls() == 2).await;
    until(|| standby.informers.is_ready()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(standby.calls(), 0);

    // The leader releases the lease, so that the standby does not wait until it expires.
    let released = tokio::time::Instant::now();
    leader.stopped().await.expect("no error");
    until(|| standby.calls() == 2).await;
    assert!(released.elapsed() < Duration::from_secs(5), "{:?}", released.elapsed());
    standby.stopped().await.expect("no error");
}

#[tokio::test(start_paused = true)]
async fn manager_ends_with_the_reason_if_leadership_is_lost() {
    let server = server();
    let replica = Replica::start(&server, "first");
    let maps = Client::from(server.client()).namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.expect("created");
    until(|| replica.calls() == 1).await;
    server.react(Calls::to("*", "leases"), Reaction::fail(Failure::internal("etcd is down")));
    let error = within(replica.task).await.expect("no panic").expect_err("the lease cannot be renewed");
    let expected = "leadership of maps was lost: the lease was not renewed before the renew deadline";
    assert_eq!(error.to_string(), expected);
}

/// Waits for a permission between two steps.
async fn two_steps(
    _: Arc<ConfigMap>,
    state: Arc<(tokio::sync::Notify, Mutex<Vec<&'static str>>)>,
) -> Result<(), ReconcileError> {
    state.1.lock().unwrap().push("first");
    state.0.notified().await;
    state.1.lock().unwrap().push("second");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn reconciliation_does_not_go_on_after_a_pause_beyond_the_renew_deadline() {
    let server = server();
    let client = Client::from(server.client());
    let mut manager = Manager::builder(&client).leader_election(elector(&client, "first")).build();
    let state = Arc::new((tokio::sync::Notify::new(), Mutex::new(Vec::new())));
    let maps = manager.informers().informer::<ConfigMap>();
    manager.add(Controller::builder("maps", &maps).reconcile(two_steps, Arc::clone(&state)));
    let task = tokio::spawn(manager.run_until(std::future::pending()));
    client.namespaced::<ConfigMap>("default").create(&map("one")).await.expect("created");
    until(|| state.1.lock().unwrap().len() == 1).await;
    // No request is answered any more, and the process sleeps for longer than the lease.
    server.react(Calls::to("*", "leases"), Reaction::hang());
    state.0.notify_one();
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(within(task).await.expect("no panic").is_err());
    assert_eq!(*state.1.lock().unwrap(), ["first"]);
}

/// Runs until it is asked to stop, and then needs a second.
async fn tidy(stop: Stop, finished: Arc<AtomicUsize>) -> Result<(), std::io::Error> {
    stop.wait().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    finished.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failed_task_stops_the_others_which_finish_their_work() {
    let server = server();
    let client = Client::from(server.client());
    let mut manager = Manager::builder(&client).build();
    let finished = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&finished);
    manager.add_task("tidy", move |stop| tidy(stop, counter));
    manager.add_unelected_task("webhooks", |_| async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Err("the certificate has expired")
    });
    let error = within(manager.run_until(std::future::pending())).await.expect_err("a task fails");
    assert_eq!(error.to_string(), "task webhooks: the certificate has expired");
    assert_eq!(finished.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn manager_ends_with_the_reason_if_an_informer_does_not_sync() {
    let server = server();
    server.react(Calls::to("*", "configmaps"), Reaction::fail(Failure::internal("etcd is down")));
    let client = Client::from(server.client());
    let manager = Manager::builder(&client).sync_timeout(Duration::from_secs(60)).build();
    manager.informers().informer::<ConfigMap>();
    let error = within(manager.run_until(std::future::pending())).await.expect_err("it cannot list");
    assert!(error.to_string().starts_with("not synced: configmaps: "), "{error}");
}

#[tokio::test]
async fn signal_stops_the_manager() {
    let server = server();
    let client = Client::from(server.client());
    let mut manager = Manager::builder(&client).build();
    let finished = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&finished);
    let (started, is_started) = oneshot::channel();
    manager.add_task("tidy", move |stop: Stop| async move {
        let _ = started.send(());
        stop.wait().await;
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(())
    });
    let task = tokio::spawn(manager.run());
    is_started.await.expect("the task starts after the signals are handled");
    let pid = std::process::id().to_string();
    let killed = std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(killed.success());
    let stopped = within(task).await.expect("no panic").expect("no error");
    assert_eq!((stopped, stopped.to_string()), (Stopped::Signal("SIGTERM"), "stopped by SIGTERM".to_owned()));
    assert_eq!(finished.load(Ordering::Relaxed), 1);
}
