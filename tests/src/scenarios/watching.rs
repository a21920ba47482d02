//! Watches.

use aigateway_client::runtime::client::{ListOptions, Namespaced, WatchOptions};
use futures::{Stream, StreamExt};
use kube::core::WatchEvent;

use crate::samples::Sample;

fn told<K: Sample>(event: WatchEvent<K>) -> (&'static str, String) {
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
    told(events.next().await.expect("an event").expect("a readable event"))
}

/// Adding, changing and deleting, from a version on.
///
/// # Panics
/// If the watch tells something else.
pub async fn a_watch_tells_what_happens<K: Sample>(objects: Namespaced<K>) {
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

/// The present objects first, then a bookmark that says so; and an end when the time is up.
///
/// # Panics
/// If it is otherwise.
pub async fn a_watch_ends_with_bookmarks<K: Sample>(objects: Namespaced<K>) {
    objects.create(&K::sample("one")).await.unwrap();
    let options = WatchOptions::default().send_initial_events().timeout_seconds(3_u32);
    let events: Vec<_> =
        objects.watch(&options).await.unwrap().map(|event| told(event.expect("a readable event"))).collect().await;
    assert_eq!(events[0], ("added", "one".to_owned()));
    assert_eq!(events[1].0, "bookmark");
    assert!(events[1..].iter().all(|event| event.0 == "bookmark"), "{events:?}");
}
