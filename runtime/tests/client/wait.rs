//! Tests of waits, with a paused clock where requests fail.

use std::time::Duration;

use kube_client_runtime::client::wait::{
    Combine, WaitCondition, WaitErrorCause, WaitOptions, deleted, deleted_uid, exists, matches,
};
use kube_client_runtime::client::{Error, ListOptions, Namespaced};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::kube::ResourceExt;
use kube_fake_apiserver::{Calls, Failure, FakeApiServer, Reaction};

use super::{client, map, server};

const TIMEOUT: Duration = Duration::from_secs(60);

fn maps(server: &FakeApiServer) -> Namespaced<ConfigMap> {
    client(server).namespaced("default")
}

/// The label `ready` has this value.
fn ready(value: &'static str) -> impl WaitCondition<ConfigMap> + Combine {
    matches(format!("ready is {value}"), move |map: &ConfigMap| map.labels().get("ready").is_some_and(|of| of == value))
}

async fn set_ready(maps: &Namespaced<ConfigMap>, name: &str, value: &str) -> ConfigMap {
    let label = |map: &mut ConfigMap| {
        map.labels_mut().insert("ready".to_owned(), value.to_owned());
    };
    maps.modify(name, label).await.expect("modified")
}

#[tokio::test(start_paused = true)]
async fn wait_returns_the_object_once_the_condition_is_met() {
    let server = server();
    let maps = maps(&server);
    let recording = server.record();
    let change = async {
        server.settle().await;
        maps.create(&map("other")).await.unwrap();
        maps.create(&map("one")).await.unwrap();
        set_ready(&maps, "one", "no").await;
        set_ready(&maps, "one", "yes").await
    };
    let (found, written) = tokio::join!(maps.wait_for("one", exists().and(ready("yes")), TIMEOUT), change);
    assert_eq!(found.unwrap(), Some(written));
    let of = |verb: &str| recording.actions().iter().filter(|action| action.verb == verb).count();
    assert_eq!((of("list"), of("watch")), (1, 1), "one list and one watch, however many changes");
}

#[tokio::test(start_paused = true)]
async fn condition_that_is_met_already_needs_no_watch() {
    let server = server();
    let maps = maps(&server);
    let written = maps.create(&map("one")).await.unwrap();
    let recording = server.record();
    let options = WaitOptions::new(TIMEOUT).after(&written);
    assert_eq!(maps.wait_for("one", exists(), options).await.unwrap(), Some(written.clone()));
    let requests = recording.actions();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].option("resourceVersion"), written.resource_version().as_deref());
    assert_eq!(requests[0].option("resourceVersionMatch"), Some("NotOlderThan"));
    assert_eq!(maps.wait_for("none", deleted(), TIMEOUT).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn deletion_and_recreation_ends_the_wait_for_the_uid() {
    let server = server();
    let maps = maps(&server);
    let written = maps.create(&map("one")).await.unwrap();
    let change = async {
        server.settle().await;
        maps.delete("one").await.unwrap();
        maps.create(&map("one")).await.unwrap()
    };
    let gone = deleted_uid(written.uid().unwrap());
    let (found, _) = tokio::join!(maps.wait_for("one", gone.clone(), TIMEOUT), change);
    assert_eq!(found.unwrap(), None);
    let recreated = maps.wait_for("one", gone, TIMEOUT).await.unwrap();
    assert_ne!(recreated.and_then(|map| map.uid()), written.uid());
}

#[tokio::test(start_paused = true)]
async fn wait_survives_closed_and_expired_watches_and_failing_requests() {
    let server = server();
    let maps = maps(&server);
    maps.create(&map("one")).await.unwrap();
    server.react(Calls::to("list", "configmaps"), Reaction::fail(Failure::internal("etcd is unavailable")).once());
    server.react(Calls::to("watch", "configmaps"), Reaction::fail(Failure::too_many_requests(1)).once());
    let change = async {
        for value in ["1", "2", "3"] {
            server.settle().await;
            server.close_watches();
            set_ready(&maps, "one", value).await;
            set_ready(&maps, "one", "between").await;
            server.compact();
        }
        set_ready(&maps, "one", "yes").await
    };
    let (found, written) = tokio::join!(maps.wait_for("one", ready("yes"), TIMEOUT), change);
    assert_eq!(found.unwrap(), Some(written));
}

#[tokio::test(start_paused = true)]
async fn timeout_reports_the_last_state() {
    let server = server();
    let maps = maps(&server);
    maps.create(&map("one")).await.unwrap();
    let written = set_ready(&maps, "one", "no").await;
    let error = maps.wait_for("one", ready("yes"), TIMEOUT).await.unwrap_err();
    assert_eq!(error.last, [written]);
    assert_eq!(error.to_string(), "wait for ConfigMap default/one until ready is yes: not met within 60s");
    let missing = maps.wait_for("two", exists(), TIMEOUT).await.unwrap_err();
    assert!(missing.is_timeout() && missing.to_string().ends_with("not met within 60s: no object exists"), "{missing}");
    server.react(Calls::to("list", "configmaps"), Reaction::fail(Failure::internal("etcd is unavailable")));
    let failing = maps.wait_for("one", exists(), TIMEOUT).await.unwrap_err();
    assert!(failing.to_string().contains("etcd is unavailable"), "{failing}");
}

#[tokio::test(start_paused = true)]
async fn hopeless_wait_ends_at_once() {
    let server = server();
    let maps = maps(&server);
    maps.create(&map("one")).await.unwrap();
    set_ready(&maps, "one", "broken").await;
    let error = maps.wait_for("one", ready("yes").fail_if(ready("broken")), TIMEOUT).await.unwrap_err();
    assert!(matches!(&error.cause, WaitErrorCause::Failed(reason) if reason == "ready is broken"), "{error}");

    server.react(Calls::to("list", "configmaps"), Reaction::fail(Failure::bad_request("no")));
    let error = maps.wait_for("one", exists(), TIMEOUT).await.unwrap_err();
    assert!(error.request_error().is_some_and(Error::is_bad_request), "{error}");
    let error = maps.wait_for("../one", exists(), TIMEOUT).await.unwrap_err();
    assert!(error.to_string().contains("is not a valid object name"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn all_or_any_of_a_selection_are_awaited() {
    let server = server();
    let maps = maps(&server);
    for name in ["a", "b"] {
        let mut object = map(name);
        object.labels_mut().insert("app".to_owned(), "search".to_owned());
        maps.create(&object).await.unwrap();
    }
    maps.create(&map("unrelated")).await.unwrap();
    let selection = ListOptions::default().label_selector("app=search");
    let change = async {
        server.settle().await;
        set_ready(&maps, "a", "yes").await;
        server.settle().await;
        set_ready(&maps, "b", "yes").await;
    };
    let (all, any, ()) = tokio::join!(
        maps.wait_for_all(&selection, ready("yes"), TIMEOUT),
        maps.wait_for_any(&selection, ready("yes"), TIMEOUT),
        change
    );
    assert_eq!(all.unwrap().iter().map(ResourceExt::name_any).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(any.unwrap().name_any(), "a");

    let delete = async {
        server.settle().await;
        maps.delete("a").await.unwrap();
        maps.delete("b").await.unwrap();
    };
    let (none, ()) = tokio::join!(maps.wait_for_all(&selection, deleted(), TIMEOUT), delete);
    assert!(none.unwrap().is_empty());
}
