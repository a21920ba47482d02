//! When reconciliations start, how many run at once, and how they are stopped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::controllers::ReconcileError;
use kube_fake_apiserver::{Calls, Failure, Reaction};
use testkit::time::{until, within};
use tokio::time::Instant;

use super::cluster::{Cluster, Log, Run, record};

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
