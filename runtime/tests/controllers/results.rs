//! What follows the result of a reconciliation, and what a reconciler learns of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::client::{Client, ListOptions, RetryPolicy};
use kube_client_runtime::controllers::queue::{Cause, ExponentialBackoff};
use kube_client_runtime::controllers::{Outcome, ReconcileError, Reconciler, Request, metrics_text};
use kube_client_runtime::informer::ObjectKey;
use kube_fake_apiserver::{Calls, Failure, Reaction};
use testkit::time::until;
use tokio::time::Instant;

use super::cluster::{Cluster, Log, Run, record};

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
