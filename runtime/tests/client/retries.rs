//! Tests of each sentence of the retry table.

use std::collections::BTreeMap;
use std::time::Duration;

use kube_client_runtime::client::{
    Client, DeleteOptions, DeleteResult, Error, ListOptions, Patch, PatchOptions, Reason, RetryPolicy,
};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_apiserver::FakeApiServer;
use serde_json::json;
use tokio::time::Instant;

use super::faults::{Fault, Script};
use super::{client, map, server};

/// Faults after which the API server has not executed the request, and says so.
const NOT_EXECUTED: [Fault; 3] = [Fault::NoConnection, Fault::Reject(429, Some(1)), Fault::Reject(503, Some(1))];
/// Faults after which the API server may have executed the request.
const MAY_BE_EXECUTED: [Fault; 7] = [
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::CutWithin(10),
    Fault::Reject(503, None),
    Fault::Reject(504, None),
    Fault::Reject(500, Some(1)),
    Fault::ExecuteAndReject(504),
];

fn scripted(server: &FakeApiServer, faults: &[Fault]) -> (Script, Client) {
    let script = Script::new(server, faults.iter().cloned());
    let client = script.client(Client::builder());
    (script, client)
}

async fn with_object(server: &FakeApiServer) -> ConfigMap {
    client(server).namespaced("default").create(&map("one")).await.unwrap()
}

fn all_faults() -> impl Iterator<Item = Fault> {
    NOT_EXECUTED.into_iter().chain(MAY_BE_EXECUTED)
}

fn data(value: &str) -> BTreeMap<String, String> {
    [("key".to_owned(), value.to_owned())].into()
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_after_any_fault() {
    let server = server();
    with_object(&server).await;
    for fault in all_faults().chain([Fault::Reject(429, None)]) {
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        client.namespaced::<ConfigMap>("default").get("one").await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(script.requests().len(), 2, "{fault:?}");
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let list = client.all_namespaces::<ConfigMap>().list(&ListOptions::default()).await;
        assert_eq!(list.unwrap_or_else(|error| panic!("{fault:?}: {error}")).items.len(), 1);
        assert_eq!(script.requests().len(), 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn apply_is_repeated_after_any_fault() {
    let server = server();
    let apply = Patch::Apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"key": "1"}}),
    );
    for fault in all_faults() {
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let maps = client.namespaced::<ConfigMap>("default");
        let applied = maps.patch("applied", &apply, &PatchOptions::manager("test")).await;
        applied.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(script.requests().len(), 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_request_is_repeated_if_it_was_not_executed() {
    for fault in NOT_EXECUTED {
        let server = server();
        let (script, client) = scripted(&server, &vec![fault.clone(); 2]);
        let maps = client.namespaced::<ConfigMap>("default");
        let created = maps.create(&map("one")).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        maps.update(&ConfigMap { data: Some(data("2")), ..created }).await.unwrap();
        maps.delete("one").await.unwrap();
        assert_eq!(script.requests().len(), 3 + 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn create_that_may_be_executed_is_not_repeated_and_its_fate_is_unknown() {
    for fault in MAY_BE_EXECUTED {
        let server = server();
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let error = client.namespaced::<ConfigMap>("default").create(&map("one")).await.unwrap_err();
        assert!(error.is_fate_unknown(), "{fault:?}: {error}");
        assert!(error.to_string().contains("may have executed the request"), "{error}");
        assert_eq!(script.requests().len(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn patch_that_may_be_executed_is_not_repeated_and_its_fate_is_unknown() {
    let json_patch = Patch::Json(json!([{"op": "add", "path": "/data/x", "value": "1"}]));
    let merge_patch = Patch::Merge(json!({"data": {"x": "1"}}));
    for patch in [json_patch, merge_patch] {
        for fault in MAY_BE_EXECUTED {
            let server = server();
            with_object(&server).await;
            let (script, client) = scripted(&server, std::slice::from_ref(&fault));
            let maps = client.namespaced::<ConfigMap>("default");
            let error = maps.patch("one", &patch, &PatchOptions::default()).await.unwrap_err();
            assert!(error.is_fate_unknown(), "{fault:?}: {error}");
            assert_eq!(script.requests().len(), 1, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn deletion_is_repeated_only_with_a_uid() {
    for fault in MAY_BE_EXECUTED {
        let server = server();
        let uid = with_object(&server).await.metadata.uid.unwrap();
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let maps = client.namespaced::<ConfigMap>("default");
        let deleted = maps.delete_with("one", &DeleteOptions::default().uid(uid)).await;
        assert!(matches!(deleted, Ok(DeleteResult::Deleted(_))), "{fault:?}: {deleted:?}");
        assert_eq!(script.requests().len(), 2, "{fault:?}");

        with_object(&server).await;
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let error = client.namespaced::<ConfigMap>("default").delete("one").await.unwrap_err();
        assert!(error.is_fate_unknown(), "{fault:?}: {error}");
        assert_eq!(script.requests().len(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn deletion_by_uid_of_an_object_that_does_not_exist_is_an_error() {
    let server = server();
    let (_, client) = scripted(&server, &[]);
    let options = DeleteOptions::default().uid("none");
    let error = client.namespaced::<ConfigMap>("default").delete_with("one", &options).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn update_reads_the_object_and_is_repeated_only_if_it_was_not_executed() {
    for fault in MAY_BE_EXECUTED {
        let server = server();
        let mut object = with_object(&server).await;
        object.data = Some(data("new"));
        let (script, client) = scripted(&server, std::slice::from_ref(&fault));
        let updated = client.namespaced::<ConfigMap>("default").update(&object).await;
        assert_eq!(updated.unwrap_or_else(|error| panic!("{fault:?}: {error}")).data, Some(data("new")));
        let requests = script.requests();
        assert!(requests[1].starts_with("GET"), "{requests:?}");
        let executed = matches!(fault, Fault::CutAfter | Fault::CutWithin(_) | Fault::ExecuteAndReject(_));
        assert_eq!(requests.len(), if executed { 2 } else { 3 }, "{fault:?}: {requests:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fate_of_an_update_is_unknown_if_another_client_wrote_meanwhile() {
    let server = server();
    let object = with_object(&server).await;
    let other = client(&server).namespaced::<ConfigMap>("default");
    other.modify("one", |map| map.data = Some(data("other"))).await.unwrap();
    let (_, client) = scripted(&server, &[Fault::CutBefore]);
    let update = ConfigMap { data: Some(data("mine")), ..object };
    let error = client.namespaced::<ConfigMap>("default").update(&update).await.unwrap_err();
    assert!(error.is_fate_unknown(), "{error}");
    assert_eq!(other.get("one").await.unwrap().data, Some(data("other")));
}

#[tokio::test(start_paused = true)]
async fn other_errors_are_returned_at_once() {
    let server = server();
    for code in [400, 401, 403, 404, 409, 410, 422, 500] {
        let (script, client) = scripted(&server, &[Fault::Reject(code, None)]);
        let error = client.namespaced::<ConfigMap>("default").get("one").await.unwrap_err();
        assert_eq!(error.status().map(|status| status.code), Some(code), "{error}");
        assert_eq!(script.requests().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_create_without_a_delay_is_returned() {
    let server = server();
    let (script, client) = scripted(&server, &[Fault::Reject(429, None)]);
    let error = client.namespaced::<ConfigMap>("default").create(&map("one")).await.unwrap_err();
    assert!(error.is_too_many_requests() && !error.is_fate_unknown(), "{error}");
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn delay_of_the_server_is_honoured() {
    let server = server();
    with_object(&server).await;
    let (_, client) = scripted(&server, &[Fault::Reject(429, Some(7))]);
    let start = Instant::now();
    client.namespaced::<ConfigMap>("default").get("one").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn delay_beyond_the_timeout_returns_the_error_at_once() {
    let server = server();
    let (_, client) = scripted(&server, &[Fault::Reject(429, Some(3600))]);
    let start = Instant::now();
    let error = client.namespaced::<ConfigMap>("default").get("one").await.unwrap_err();
    assert!(error.is_too_many_requests(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn repetitions_are_limited() {
    let server = server();
    let (script, client) = scripted(&server, &vec![Fault::Reject(503, None); 50]);
    client.namespaced::<ConfigMap>("default").get("one").await.unwrap_err();
    assert_eq!(script.requests().len(), 1 + 10);

    let (script, client) = scripted(&server, &vec![Fault::NoConnection; 50]);
    let error = client.namespaced::<ConfigMap>("default").create(&map("one")).await.unwrap_err();
    assert!(matches!(error.reason, Reason::Transport(_)), "{error:?}");
    assert_eq!(script.requests().len(), 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn budget_of_a_client_limits_the_repetitions_of_all_calls() {
    let server = server();
    let script = Script::new(&server, vec![Fault::Reject(503, None); 10_000]);
    let policy = RetryPolicy { min_delay: Duration::ZERO, max_delay: Duration::ZERO, ..RetryPolicy::default() };
    let maps = script.client(Client::builder().retry(policy)).namespaced::<ConfigMap>("default");
    for _ in 0..100 {
        maps.get("one").await.unwrap_err();
    }
    let requests = script.requests().len();
    assert!((100..400).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn no_repetitions_if_they_are_switched_off() {
    let server = server();
    let script = Script::new(&server, [Fault::Reject(503, Some(1))]);
    let client = script.client(Client::builder().retry(RetryPolicy::NONE));
    let error: Error = client.namespaced::<ConfigMap>("default").get("one").await.unwrap_err();
    assert!(error.is_service_unavailable(), "{error}");
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_of_kubes_client_are_repeated_by_the_same_table() {
    let server = server();
    let (script, client) = scripted(&server, &[Fault::CutAfter, Fault::CutBefore]);
    let maps = client.namespaced::<ConfigMap>("default").api();
    let error = maps.create(&kube::api::PostParams::default(), &map("one")).await.unwrap_err();
    assert!(error.to_string().contains("may have executed the request"), "{error}");
    maps.get("one").await.unwrap();
    assert_eq!(script.requests().len(), 3);
}
