//! Which changes reconcile which objects, in which order.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube_client_runtime::controllers::{Outcome, Predicate, ReconcileError};
use kube_client_runtime::informer::ObjectKey;
use kube_client_runtime::owners::set_controller_reference;
use testkit::time::until;

use super::cluster::{Cluster, Log, Run, map, record, secret};

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
