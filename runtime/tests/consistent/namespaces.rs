//! Several namespaces, each with its own watch.

use futures::FutureExt;
use kube_client_runtime::informer::{ReadError, Selector, WaitingFor};

use super::*;

/// The case in which controller-runtime 0.25 returns a state without the write: its progress is the newest version of all
/// watches, and a watch of another namespace is ahead.
#[tokio::test(start_paused = true)]
async fn read_waits_for_the_watch_of_its_namespace_when_another_one_is_ahead() {
    let network = Network::new();
    let maps = consistent(&network.client(), &["a", "b"]).await;
    network.close_watches_of("a");
    let in_a = maps.namespaced("a").create(&map("one", "1")).await.unwrap();
    let in_b = maps.namespaced("b").create(&map("one", "1")).await.unwrap();
    let version = |map: &ConfigMap| map.metadata.resource_version.clone().unwrap().parse().unwrap();
    let (version_a, version_b): (_, kube_client_runtime::informer::ResourceVersion) = (version(&in_a), version(&in_b));

    // The watch of b has reported a newer version than that of the write in a, and the read in b does not wait for a.
    assert!(version_b > version_a);
    assert!(within(maps.get(Some("b"), "one")).await.unwrap().is_some());
    // What the cache would return in a.
    assert!(maps.informer().lister().find(Some("a"), "one").is_none());

    let limited = maps.clone().with_timeout(Duration::from_secs(5));
    let error = limited.get(Some("a"), "one").await.unwrap_err();
    let ReadError::Timeout { waiting_for: WaitingFor::Version { namespace, version, reached }, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((namespace.as_deref(), version), (Some("a"), &version_a));
    assert!(reached.as_ref().is_some_and(|reached| reached < version));
    let expected = format!("timed out after 5s: the informer configmaps waits for version {version_a} in namespace a");
    assert!(error.to_string().starts_with(&expected), "{error}");
    // Reads of all namespaces wait, too.
    assert!(limited.snapshot().await.unwrap_err().is_timeout());
    assert!(limited.list(None, &Selector::everything()).await.unwrap_err().is_timeout());

    let mut read = std::pin::pin!(maps.get(Some("a"), "one"));
    assert!(read.as_mut().now_or_never().is_none());
    network.open_watches_of("a");
    assert_eq!(value(&within(read).await.unwrap().unwrap()), "1");
    assert_eq!(within(maps.snapshot()).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn read_in_an_unwatched_namespace_is_an_error() {
    let network = Network::new();
    let maps = consistent(&network.client(), &["a", "b"]).await;
    maps.namespaced("c").create(&map("one", "1")).await.unwrap();
    let error = maps.get(Some("c"), "one").await.unwrap_err();
    assert!(error.to_string().contains("does not watch the namespace \"c\""), "{error}");
    // Other reads do not wait for it.
    within(maps.snapshot()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn read_in_one_namespace_does_not_wait_for_writes_in_flight_in_another() {
    let network = Network::new();
    // One watch of all namespaces.
    let maps = consistent(&network.client(), &[]).await;
    network.hold_answers();
    let in_a = maps.namespaced("a");
    let write = tokio::spawn(async move { in_a.create(&map("one", "1")).await });
    while network.executed().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(within(maps.get(Some("b"), "one")).await.unwrap().is_none());
    let limited = maps.clone().with_timeout(Duration::from_secs(1));
    let error = limited.get(Some("a"), "one").await.unwrap_err();
    assert!(error.to_string().ends_with("waits for the API server's answers to 1 writes"), "{error}");
    network.release_answers();
    write.await.unwrap().unwrap();
    assert!(within(maps.get(Some("a"), "one")).await.unwrap().is_some());
}
