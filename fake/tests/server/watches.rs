//! Paginated lists and watches.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::api::{DeleteParams, ListParams, PostParams, WatchEvent, WatchParams};
use kube_fake_apiserver::FakeApiServer;
use serde_json::json;

use crate::{CRD, refused, server, widget, widgets};

#[tokio::test]
async fn pages_are_from_one_resource_version() {
    let api = widgets(&server().client());
    for name in ["a", "b", "c", "d", "e"] {
        api.create(&PostParams::default(), &widget(name, json!({}))).await.expect("created");
    }
    let first = api.list(&ListParams::default().limit(2)).await.expect("a page");
    assert_eq!(first.metadata.remaining_item_count, Some(3));
    api.delete("c", &DeleteParams::default()).await.expect("deleted");
    let mut names = vec![];
    let mut token = first.metadata.continue_.clone().expect("more");
    loop {
        let page = api.list(&ListParams::default().limit(2).continue_token(&token)).await.expect("a page");
        assert_eq!(page.metadata.resource_version, first.metadata.resource_version);
        names.extend(page.items.into_iter().filter_map(|item| item.metadata.name));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(next) => token = next,
            None => break,
        }
    }
    assert_eq!(names, ["c", "d", "e"]);
}

#[tokio::test]
async fn watch_sends_all_events_since_a_version_in_order() {
    let api = widgets(&server().client());
    let since = api.list(&ListParams::default()).await.expect("a list").metadata.resource_version.expect("a version");
    api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    let events = api.watch(&WatchParams::default(), &since).await.expect("a watch");
    api.create(&PostParams::default(), &widget("b", json!({}))).await.expect("created");
    api.delete("a", &DeleteParams::default()).await.expect("deleted");
    let received: Vec<String> = events
        .take(3)
        .map_ok(|event| match event {
            WatchEvent::Added(object) => format!("+{}", object.metadata.name.unwrap_or_default()),
            WatchEvent::Deleted(object) => format!("-{}", object.metadata.name.unwrap_or_default()),
            other => format!("{other:?}"),
        })
        .try_collect()
        .await
        .expect("events");
    assert_eq!(received, ["+a", "+b", "-a"]);
}

#[tokio::test]
async fn selector_watch_sends_added_and_deleted_when_labels_change() {
    let api = widgets(&server().client());
    let params = WatchParams::default().labels("shown=yes");
    let mut object = api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    let since = object.metadata.resource_version.clone().expect("a version");
    let events = api.watch(&params, &since).await.expect("a watch");
    for value in ["yes", "no"] {
        object.metadata.labels = Some([("shown".to_owned(), value.to_owned())].into());
        object = api.replace("a", &PostParams::default(), &object).await.expect("replaced");
    }
    let received: Vec<_> = events.take(2).try_collect().await.expect("events");
    assert!(matches!(received[..], [WatchEvent::Added(_), WatchEvent::Deleted(_)]), "{received:?}");
}

#[tokio::test]
async fn watch_from_a_compacted_version_returns_gone() {
    let server = server();
    let api = widgets(&server.client());
    let old = api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    api.create(&PostParams::default(), &widget("b", json!({}))).await.expect("created");
    server.compact();
    let since = old.metadata.resource_version.expect("a version");
    let events = api.watch(&WatchParams::default(), &since).await.expect("a watch");
    let received: Vec<_> = events.take(1).try_collect().await.expect("events");
    assert!(matches!(&received[..], [WatchEvent::Error(status)] if status.code == 410), "{received:?}");
}

#[tokio::test]
async fn limited_history_compacts_old_versions() {
    let server = FakeApiServer::builder().crds_yaml(CRD).history(2).build().expect("a server");
    let api = widgets(&server.client());
    let first = api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    for name in ["b", "c", "d"] {
        api.create(&PostParams::default(), &widget(name, json!({}))).await.expect("created");
    }
    let since = first.metadata.resource_version.expect("a version");
    let events = api.watch(&WatchParams::default(), &since).await.expect("a watch");
    let received: Vec<_> = events.take(1).try_collect().await.expect("events");
    assert!(matches!(&received[..], [WatchEvent::Error(status)] if status.code == 410), "{received:?}");
}

#[tokio::test(start_paused = true)]
async fn watch_ends_after_its_timeout() {
    let api = widgets(&server().client());
    let since = api.list(&ListParams::default()).await.expect("a list").metadata.resource_version.expect("a version");
    let events = api.watch(&WatchParams::default().timeout(5), &since).await.expect("a watch");
    let before = tokio::time::Instant::now();
    let received: Vec<_> = events.try_collect().await.expect("the end");
    assert!(received.iter().all(|event| matches!(event, WatchEvent::Bookmark(_))), "{received:?}");
    assert!(before.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn invalid_selector_returns_bad_request() {
    let api = widgets(&server().client());
    assert_eq!(refused(api.list(&ListParams::default().labels("a in")).await).0, 400);
    assert_eq!(refused(api.list(&ListParams::default().fields("spec.size=1")).await).0, 400);
}
