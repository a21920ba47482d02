//! Tests of finalizers.

use kube_client_runtime::client::Namespaced;
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_apiserver::FakeApiServer;

use super::{client, map, server};

const OURS: &str = "example.com/ours";

fn maps(server: &FakeApiServer) -> Namespaced<ConfigMap> {
    client(server).namespaced("default")
}

fn with(names: &[&str]) -> ConfigMap {
    let mut map = map("one");
    map.metadata.finalizers = Some(names.iter().map(|name| (*name).to_owned()).collect());
    map
}

fn of(map: &ConfigMap) -> Vec<&str> {
    map.metadata.finalizers.as_deref().unwrap_or_default().iter().map(String::as_str).collect()
}

#[tokio::test]
async fn finalizer_is_added_and_removed_once() {
    let server = server();
    let maps = maps(&server);
    let created = maps.create(&map("one")).await.unwrap();
    let recording = server.record();
    assert_eq!(maps.remove_finalizer(&created, OURS).await.unwrap(), None);
    let added = maps.add_finalizer(&created, OURS).await.unwrap().expect("changed");
    assert_eq!(of(&added), [OURS]);
    assert_eq!(maps.add_finalizer(&added, OURS).await.unwrap(), None);
    let more = maps.add_finalizer(&added, "example.com/more").await.unwrap().expect("changed");
    assert_eq!(of(&more), [OURS, "example.com/more"]);
    let removed = maps.remove_finalizer(&more, OURS).await.unwrap().expect("changed");
    assert_eq!(of(&removed), ["example.com/more"]);
    assert_eq!(recording.actions().len(), 3, "what the cached object shows as unneeded sends nothing");
}

#[tokio::test(start_paused = true)]
async fn finalizers_of_others_are_kept_when_the_cached_object_is_old() {
    let server = server();
    let maps = maps(&server);
    let old = maps.create(&with(&["example.com/a", OURS, "example.com/b"])).await.unwrap();
    maps.modify("one", |map| {
        map.metadata.finalizers = with(&["example.com/c", "example.com/b", OURS]).metadata.finalizers;
    })
    .await
    .unwrap();
    let removed = maps.remove_finalizer(&old, OURS).await.unwrap().expect("changed");
    assert_eq!(of(&removed), ["example.com/c", "example.com/b"]);
    assert_eq!(
        maps.remove_finalizer(&old, OURS).await.unwrap().as_ref().map(of),
        Some(vec!["example.com/c", "example.com/b"])
    );

    let mut stale = old.clone();
    stale.metadata.finalizers = None;
    let added = maps.add_finalizer(&stale, OURS).await.unwrap().expect("changed");
    assert_eq!(of(&added), ["example.com/c", "example.com/b", OURS]);
}

#[tokio::test(start_paused = true)]
async fn object_that_was_deleted_needs_no_finalizer_removed() {
    let server = server();
    let maps = maps(&server);
    let old = maps.create(&with(&[OURS])).await.unwrap();
    maps.delete("one").await.unwrap();
    let terminating = maps.get("one").await.unwrap();
    assert!(maps.add_finalizer(&terminating, "example.com/late").await.unwrap_err().is_invalid());
    maps.remove_finalizer(&old, OURS).await.unwrap();
    assert_eq!(maps.get_opt("one").await.unwrap(), None);
    assert_eq!(maps.remove_finalizer(&old, OURS).await.unwrap(), None);
    assert!(maps.add_finalizer(&map("one"), OURS).await.unwrap_err().is_not_found());

    maps.create(&with(&["example.com/new", OURS])).await.unwrap();
    assert_eq!(
        maps.remove_finalizer(&old, OURS).await.unwrap(),
        None,
        "a later object of the same name is not changed"
    );
    assert_eq!(of(&maps.get("one").await.unwrap()), ["example.com/new", OURS]);
    let mut replaced = old.clone();
    replaced.metadata.finalizers = None;
    assert!(maps.add_finalizer(&replaced, OURS).await.unwrap_err().to_string().contains("created again"));
}
