//! Tests of `modify` and its retries.

use std::cell::Cell;
use std::time::Duration;

use futures::future::join_all;
use kube_client_runtime::client::{Action, Backoff, Error, Namespaced, Reason, retry_on_conflict_with};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_apiserver::{Calls, Failure, GroupResource, Reaction};

use super::{client, map, server};

async fn add_one(maps: Namespaced<ConfigMap>, index: usize) -> Result<ConfigMap, Error> {
    let change = |map: &mut ConfigMap| {
        map.data.get_or_insert_default().insert(format!("writer-{index}"), String::new());
    };
    maps.modify("one", change).await
}

#[tokio::test(start_paused = true)]
async fn eight_concurrent_modifications_of_one_object_succeed() {
    let server = server();
    // Longer than the jitter of the writers, so that in each round all of them read before the first one writes.
    server.react(Calls::to("patch", "configmaps"), Reaction::delay(Duration::from_millis(500)));
    let maps = client(&server).namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.unwrap();
    let results = join_all((0..8).map(|index| tokio::spawn(add_one(maps.clone(), index)))).await;
    for result in results {
        result.unwrap().unwrap();
    }
    let keys = maps.get("one").await.unwrap().data.unwrap_or_default().len();
    assert_eq!(keys, 1 + 8);
}

#[tokio::test(start_paused = true)]
async fn modify_attempts_as_often_as_the_backoff_allows() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    maps.create(&map("one")).await.unwrap();
    let resource = GroupResource { group: String::new(), resource: "configmaps".to_owned() };
    server.react(Calls::to("patch", "configmaps"), Reaction::fail(Failure::conflict(&resource, "one", "again")));
    let recording = server.record();
    let error = add_one(maps.with_backoff(Backoff { steps: 3, ..Backoff::DEFAULT_RETRY }), 0).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(recording.writes().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_the_first_error_that_is_not_a_conflict() {
    let attempts = Cell::new(0);
    let result: Result<(), Error> = retry_on_conflict_with(Backoff::DEFAULT_BACKOFF, || async {
        attempts.set(attempts.get() + 1);
        Err(Error { action: Box::new(Action::default()), reason: Reason::Invalid("other".to_owned()) })
    })
    .await;
    assert!(result.is_err());
    assert_eq!(attempts.get(), 1);
}
