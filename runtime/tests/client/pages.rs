//! Tests of lists as streams.

use futures::{StreamExt, TryStreamExt};
use kube_client_runtime::client::{ListOptions, Namespaced, OnExpired, Page};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::kube::ResourceExt;
use kube_fake_apiserver::FakeApiServer;

use super::{client, map, server};

async fn maps(server: &FakeApiServer, names: &[&str]) -> Namespaced<ConfigMap> {
    let maps = client(server).namespaced::<ConfigMap>("default");
    for name in names {
        maps.create(&map(name)).await.expect("created");
    }
    maps
}

fn names(objects: &[ConfigMap]) -> Vec<String> {
    objects.iter().map(ResourceExt::name_any).collect()
}

#[tokio::test]
async fn pages_are_of_one_version() {
    let server = server();
    let maps = maps(&server, &["a", "b", "c"]).await;
    let mut pages = Box::pin(maps.pages(&ListOptions::default().limit(2_u32)));
    let first = pages.next().await.unwrap().unwrap();
    maps.delete("c").await.unwrap();
    maps.create(&map("d")).await.unwrap();
    let second = pages.next().await.unwrap().unwrap();
    assert_eq!([names(&first.items), names(&second.items)], [vec!["a", "b"], vec!["c"]]);
    assert_eq!(first.metadata.resource_version, second.metadata.resource_version);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn objects_of_all_pages_are_listed_with_the_selection() {
    let server = server();
    let maps = maps(&server, &["a", "b", "c", "d", "e"]).await;
    let recording = server.record();
    let options = ListOptions::default().limit(2_u32).field_selector("metadata.name!=c");
    let items: Vec<ConfigMap> = maps.items(&options).try_collect().await.unwrap();
    assert_eq!(names(&items), ["a", "b", "d", "e"]);
    assert_eq!(recording.actions().len(), 2);

    let recording = server.record();
    let all: Vec<Page<ConfigMap>> = maps.pages(&ListOptions::default()).try_collect().await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(recording.actions()[0].option("limit"), Some("500"), "pages have a default size");
}

/// Reads the first page, expires its version, and returns the names in the other pages and whether they end with an error.
async fn after_expiry(on_expired: OnExpired) -> (Vec<String>, bool) {
    let server = server();
    let maps = maps(&server, &["a", "b", "c", "d"]).await;
    let mut items = Box::pin(maps.items_with(&ListOptions::default().limit(2_u32), on_expired));
    let mut first = Vec::new();
    for _ in 0..2 {
        first.push(items.next().await.unwrap().unwrap());
    }
    assert_eq!(names(&first), ["a", "b"]);
    maps.delete("c").await.unwrap();
    server.compact();
    let (mut rest, mut failed) = (Vec::new(), false);
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => rest.push(item),
            Err(error) => failed = error.is_expired(),
        }
    }
    (names(&rest), failed)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn expired_version_is_an_error() {
    assert_eq!(after_expiry(OnExpired::default()).await, (Vec::new(), true));
}

#[tokio::test]
async fn expired_version_restarts_the_list() {
    assert_eq!(after_expiry(OnExpired::Restart).await, (owned(&["a", "b", "d"]), false));
}

#[tokio::test]
async fn expired_version_continues_at_the_newest_one() {
    assert_eq!(after_expiry(OnExpired::Continue).await, (owned(&["d"]), false));
}
