//! Each kind of write, and writes whose outcome is not known.

use futures::FutureExt;
use futures::future::BoxFuture;
use http::Method;
use kube_client_runtime::client::{DeleteOptions, ListOptions, Patch, PatchOptions, WriteOptions};
use kube_client_runtime::informer::metrics_text;
use serde_json::json;

use super::network::Fault;
use super::*;

/// Runs a write while the watch reports nothing, and returns the value that a read finds after the watch continues.
async fn read_after<T>(network: &Network, maps: &Maps, write: BoxFuture<'_, T>) -> Option<String> {
    network.close_watches_of("");
    write.await;
    let limited = maps.clone().with_timeout(Duration::from_secs(3));
    assert!(limited.get(Some("a"), "one").await.unwrap_err().is_timeout());
    network.open_watches_of("");
    within(maps.get(Some("a"), "one")).await.unwrap().map(|map| value(&map).to_owned())
}

#[tokio::test(start_paused = true)]
async fn read_waits_for_each_verb() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let one = maps.namespaced("a");
    let created = read_after(&network, &maps, async { one.create(&map("one", "1")).await.unwrap() }.boxed()).await;
    assert_eq!(created.as_deref(), Some("1"));
    let modify = async { one.modify("one", |map| map.data = super::map("", "2").data).await.unwrap() };
    assert_eq!(read_after(&network, &maps, modify.boxed()).await.as_deref(), Some("2"));
    let patch = Patch::Merge(json!({"data": {"value": "3"}}));
    let patch = async { one.patch("one", &patch, &PatchOptions::default()).await.unwrap() };
    assert_eq!(read_after(&network, &maps, patch.boxed()).await.as_deref(), Some("3"));
    let update = async {
        let mut read = one.get("one").await.unwrap();
        read.data = map("", "4").data;
        one.update(&read).await.unwrap()
    };
    assert_eq!(read_after(&network, &maps, update.boxed()).await.as_deref(), Some("4"));
    // kube's client over the same transport.
    let patch = kube::api::Patch::Merge(json!({"data": {"value": "5"}}));
    let api = one.api();
    let patch = async { api.patch("one", &kube::api::PatchParams::default(), &patch).await.unwrap() };
    assert_eq!(read_after(&network, &maps, patch.boxed()).await.as_deref(), Some("5"));
    let delete = async { one.delete("one").await.unwrap() };
    assert_eq!(read_after(&network, &maps, delete.boxed()).await, None);
}

#[tokio::test(start_paused = true)]
async fn read_waits_for_a_deletion_of_an_object_that_the_cache_has_never_contained() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    network.close_watches_of("");
    // Another program creates the object.
    network.client().namespaced::<ConfigMap>("a").create(&map("one", "1")).await.unwrap();
    maps.namespaced("a").delete("one").await.unwrap();
    let limited = maps.clone().with_timeout(Duration::from_secs(3));
    let error = limited.get(Some("a"), "one").await.unwrap_err();
    assert!(error.to_string().contains("waits for the deletion of a/one with uid"), "{error}");
    network.open_watches_of("");
    assert!(within(maps.get(Some("a"), "one")).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn read_finds_the_next_object_of_the_name_of_a_deleted_one() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let one = maps.namespaced("a");
    one.create(&map("one", "1")).await.unwrap();
    within(maps.get(Some("a"), "one")).await.unwrap();
    network.close_watches_of("");
    one.delete("one").await.unwrap();
    one.create(&map("one", "2")).await.unwrap();
    network.open_watches_of("");
    assert_eq!(value(&within(maps.get(Some("a"), "one")).await.unwrap().unwrap()), "2");
}

#[tokio::test(start_paused = true)]
async fn object_with_a_finalizer_is_terminating_after_its_deletion() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let mut finalized = map("one", "1");
    finalized.metadata.finalizers = Some(vec!["example.com/keep".to_owned()]);
    maps.namespaced("a").create(&finalized).await.unwrap();
    let delete = async { maps.namespaced("a").delete("one").await.unwrap() };
    read_after(&network, &maps, delete.boxed()).await;
    let found = within(maps.get(Some("a"), "one")).await.unwrap().unwrap();
    assert!(found.metadata.deletion_timestamp.is_some());
}

#[tokio::test(start_paused = true)]
async fn rejected_writes_and_dry_runs_are_not_waited_for() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let one = maps.namespaced("a");
    one.create(&map("one", "1")).await.unwrap();
    within(maps.get(Some("a"), "one")).await.unwrap();
    network.close_watches_of("");
    network.inject(Fault::Reject);
    one.delete("one").await.unwrap_err();
    one.delete_with("one", &DeleteOptions::default().dry_run()).await.unwrap();
    one.create_with(&map("two", "1"), &WriteOptions { dry_run: true, ..WriteOptions::default() }).await.unwrap();
    one.delete("three").await.unwrap_err();
    let requests = network.requests().len();
    assert_eq!(value(&within(maps.get(Some("a"), "one")).await.unwrap().unwrap()), "1");
    assert_eq!(network.requests().len(), requests);
}

#[tokio::test(start_paused = true)]
async fn read_finds_a_write_whose_answer_was_lost() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let one = maps.namespaced("a");
    let lose_answer = || network.inject(Fault::LoseAnswer);
    let create = async {
        lose_answer();
        assert!(one.create(&map("one", "1")).await.unwrap_err().is_fate_unknown());
    };
    assert_eq!(read_after(&network, &maps, create.boxed()).await.as_deref(), Some("1"));
    let patch = async {
        lose_answer();
        let patch = Patch::Json(json!([{"op": "replace", "path": "/data/value", "value": "2"}]));
        assert!(one.patch("one", &patch, &PatchOptions::default()).await.unwrap_err().is_fate_unknown());
    };
    assert_eq!(read_after(&network, &maps, patch.boxed()).await.as_deref(), Some("2"));
    let delete = async {
        lose_answer();
        assert!(one.delete("one").await.unwrap_err().is_fate_unknown());
    };
    assert_eq!(read_after(&network, &maps, delete.boxed()).await, None);
}

#[tokio::test(start_paused = true)]
async fn read_asks_once_about_a_write_that_was_not_executed() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    let one = maps.namespaced("a");
    one.create(&map("one", "1")).await.unwrap();
    network.inject(Fault::LoseRequest);
    assert!(one.delete("one").await.unwrap_err().is_fate_unknown());
    for _ in 0..3 {
        assert!(within(maps.get(Some("a"), "one")).await.unwrap().is_some());
    }
    let asked = |(method, uri): &(Method, String)| method == Method::GET && uri.contains("/configmaps/one");
    assert_eq!(network.requests().iter().filter(|request| asked(request)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn read_waits_for_a_write_in_flight_and_for_one_that_was_dropped() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    network.hold_answers();
    let in_a = maps.namespaced("a");
    // The call is dropped after the API server has executed it.
    let new = map("one", "1");
    assert!(tokio::time::timeout(Duration::from_secs(1), in_a.create(&new)).await.is_err());
    assert_eq!(network.executed().len(), 1);
    assert_eq!(value(&within(maps.get(Some("a"), "one")).await.unwrap().unwrap()), "1");

    let write = tokio::spawn(async move {
        let patch = Patch::Merge(json!({"data": {"value": "2"}}));
        in_a.patch("one", &patch, &PatchOptions::default()).await
    });
    while network.executed().len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let read = tokio::spawn({
        let maps = maps.clone();
        async move { maps.get(Some("a"), "one").await }
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!read.is_finished());
    network.release_answers();
    write.await.unwrap().unwrap();
    assert_eq!(value(&within(read).await.unwrap().unwrap().unwrap()), "2");
}

#[tokio::test(start_paused = true)]
async fn unreachable_server_is_an_error_only_if_an_outcome_is_not_known() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    network.inject(Fault::LoseAnswer);
    maps.namespaced("a").create(&map("one", "1")).await.unwrap_err();
    let gets = kube_fake_apiserver::Calls::to("get", "configmaps");
    let outage =
        network.server().react(gets, kube_fake_apiserver::Reaction::fail(kube_fake_apiserver::Failure::unavailable()));
    let error = maps.get(Some("a"), "one").await.unwrap_err();
    assert!(error.to_string().starts_with("cannot read the outcome of an earlier write: "), "{error}");
    assert!(within(maps.get(Some("b"), "one")).await.unwrap().is_none());
    outage.remove();
    assert!(within(maps.get(Some("a"), "one")).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn read_waits_for_the_deletion_of_a_collection() {
    let network = Network::new();
    let maps = consistent(&network.client(), &["a", "b"]).await;
    for namespace in ["a", "b"] {
        maps.namespaced(namespace).create(&map("one", "1")).await.unwrap();
    }
    assert_eq!(within(maps.snapshot()).await.unwrap().len(), 2);
    network.close_watches_of("a");
    let (all, options) = (ListOptions::default(), DeleteOptions::default());
    maps.namespaced("a").delete_collection(&all, &options).await.unwrap();
    assert!(maps.clone().with_timeout(Duration::from_secs(3)).snapshot().await.unwrap_err().is_timeout());
    network.open_watches_of("a");
    assert_eq!(within(maps.snapshot()).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn read_before_the_first_list_waits_for_it_and_after_the_stop_is_an_error() {
    let network = Network::new();
    let factory = InformerFactory::new(network.client());
    let maps = factory.consistent::<ConfigMap>();
    maps.namespaced("a").create(&map("one", "1")).await.unwrap();
    let limited = maps.clone().with_timeout(Duration::from_secs(1));
    let error = limited.get(Some("a"), "one").await.unwrap_err();
    assert!(error.to_string().ends_with("waits for the first list of the cluster"), "{error}");
    factory.start();
    assert!(within(maps.get(Some("a"), "one")).await.unwrap().is_some());
    factory.shutdown().await;
    maps.namespaced("a").delete("one").await.unwrap();
    let error = within(maps.get(Some("a"), "one")).await.unwrap_err();
    assert!(error.to_string().starts_with("the informer has stopped"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn waits_are_measured() {
    let network = Network::new();
    let maps = consistent(&network.client(), &[]).await;
    network.close_watches_of("");
    maps.namespaced("a").create(&map("one", "1")).await.unwrap();
    let read = tokio::spawn({
        let maps = maps.clone();
        async move { maps.get(Some("a"), "one").await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    network.open_watches_of("");
    within(read).await.unwrap().unwrap();
    let text = metrics_text(&[maps.informer().status()]);
    for line in [
        "informer_consistent_read_wait_seconds_bucket{informer=\"configmaps\",le=\"0.25\"} 0",
        "informer_consistent_read_wait_seconds_bucket{informer=\"configmaps\",le=\"0.5\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
