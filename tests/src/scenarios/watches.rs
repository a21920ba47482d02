//! Watches.

use aigateway_client::runtime::client::{ListOptions, Namespaced, WatchOptions};
use futures::{Stream, StreamExt};
use kube::core::WatchEvent;

use crate::samples::Sample;

fn summary<K: Sample>(event: WatchEvent<K>) -> (&'static str, String) {
    match event {
        WatchEvent::Added(object) => ("added", object.meta().name.clone().unwrap_or_default()),
        WatchEvent::Modified(object) => ("modified", object.meta().name.clone().unwrap_or_default()),
        WatchEvent::Deleted(object) => ("deleted", object.meta().name.clone().unwrap_or_default()),
        WatchEvent::Bookmark(bookmark) => ("bookmark", bookmark.metadata.resource_version),
        WatchEvent::Error(status) => ("error", status.message),
    }
}

async fn next<K: Sample, E: std::fmt::Debug>(
    events: &mut (impl Stream<Item = Result<WatchEvent<K>, E>> + Unpin),
) -> (&'static str, String) {
    summary(events.next().await.expect("an event").expect("a decodable event"))
}

/// Creates, changes and deletes objects, and verifies the events since a version.
///
/// # Panics
/// If an event is missing or wrong.
pub async fn watch_sends_events_in_order<K: Sample>(objects: Namespaced<K>) {
    objects.create(&K::sample("before")).await.unwrap();
    let version = objects.list(&ListOptions::default()).await.unwrap().metadata.resource_version.unwrap_or_default();
    let options = WatchOptions::default().resource_version(version).label_selector("seen=yes");
    let mut events = Box::pin(objects.watch(&options).await.unwrap());

    let mut object = K::sample("one");
    object.meta_mut().labels = Some([("seen".to_owned(), "yes".to_owned())].into());
    objects.create(&K::sample("unseen")).await.unwrap();
    objects.create(&object).await.unwrap();
    objects.modify("one", K::change).await.unwrap();
    objects.delete("one").await.unwrap();
    for expected in ["added", "modified", "deleted"] {
        assert_eq!(next(&mut events).await, (expected, "one".to_owned()));
    }

    objects
        .modify("before", |object| object.meta_mut().labels = Some([("seen".to_owned(), "yes".to_owned())].into()))
        .await
        .unwrap();
    objects.modify("before", |object| object.meta_mut().labels = None).await.unwrap();
    for expected in ["added", "deleted"] {
        assert_eq!(next(&mut events).await, (expected, "before".to_owned()), "entering and leaving the selector");
    }
}

/// Verifies that a watch sends the existing objects, then bookmarks, and ends after its timeout.
///
/// # Panics
/// If an event is missing or wrong.
pub async fn watch_sends_bookmarks_until_its_timeout<K: Sample>(objects: Namespaced<K>) {
    objects.create(&K::sample("one")).await.unwrap();
    let options = WatchOptions::default().send_initial_events().timeout_seconds(3_u32);
    let events: Vec<_> =
        objects.watch(&options).await.unwrap().map(|event| summary(event.expect("a decodable event"))).collect().await;
    assert_eq!(events[0], ("added", "one".to_owned()));
    assert_eq!(events[1].0, "bookmark");
    assert!(events[1..].iter().all(|event| event.0 == "bookmark"), "{events:?}");
}
