//! Tests of `create_or_update` and `create_or_patch`.

use kube_client_runtime::client::{Namespaced, OperationResult};
use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube_client_runtime::types::{Condition, HasConditions};
use kube_fake_apiserver::{Calls, FakeApiServer, Reaction};

use super::{client, map, server};

fn maps(server: &FakeApiServer) -> Namespaced<ConfigMap> {
    client(server).namespaced("default")
}

fn set(level: &'static str) -> impl FnMut(&mut ConfigMap) {
    move |map| {
        map.data.get_or_insert_default().insert("level".to_owned(), level.to_owned());
    }
}

fn writes(recording: &kube_fake_apiserver::Recording) -> Vec<String> {
    recording.writes().iter().map(|write| write.verb.clone()).collect()
}

#[tokio::test]
async fn object_is_created_then_changed_then_unchanged() {
    let server = server();
    let maps = maps(&server);
    let recording = server.record();
    let (_, result) = maps.create_or_update(&map("one"), set("info")).await.unwrap();
    assert_eq!(result, OperationResult::Created);
    let (updated, result) = maps.create_or_update(&map("one"), set("debug")).await.unwrap();
    assert_eq!(result, OperationResult::Updated);
    let (unchanged, result) = maps.create_or_update(&map("one"), set("debug")).await.unwrap();
    assert_eq!((&unchanged, result), (&updated, OperationResult::Unchanged));
    let (_, result) = maps.create_or_patch(&map("one"), set("info")).await.unwrap();
    assert_eq!(result, OperationResult::Updated);
    let (_, result) = maps.create_or_patch(&map("one"), set("info")).await.unwrap();
    assert_eq!(result, OperationResult::Unchanged);
    assert_eq!(writes(&recording), ["create", "update", "patch"]);
    assert_eq!(
        unchanged.data,
        Some([("key".to_owned(), String::new()), ("level".to_owned(), "debug".to_owned())].into())
    );
}

#[tokio::test(start_paused = true)]
async fn object_that_another_client_creates_first_is_read_again() {
    let server = server();
    let (maps, other) = (maps(&server), maps(&server));
    let mut raced = false;
    let recording = server.record();
    let hidden = kube_fake_apiserver::Failure::not_found(&maps_resource(), "one");
    server.react(Calls::to("get", "configmaps"), Reaction::fail(hidden).once());
    other.create(&map("one")).await.unwrap();
    let (stored, result) = maps
        .create_or_update(&map("one"), |map| {
            raced = true;
            set("info")(map);
        })
        .await
        .unwrap();
    assert!(raced);
    assert_eq!(result, OperationResult::Updated);
    assert_eq!(stored.data.and_then(|data| data.get("level").cloned()).as_deref(), Some("info"));
    assert_eq!(writes(&recording), ["create", "create", "update"]);
}

fn maps_resource() -> kube_fake_apiserver::GroupResource {
    kube_fake_apiserver::GroupResource { group: String::new(), resource: "configmaps".to_owned() }
}

#[tokio::test]
async fn object_that_gets_another_name_is_not_written() {
    let server = server();
    let maps = maps(&server);
    let recording = server.record();
    for _ in 0..2 {
        let rename = |map: &mut ConfigMap| map.metadata.name = Some("two".to_owned());
        let error = maps.create_or_patch(&map("one"), rename).await.unwrap_err();
        assert!(error.to_string().contains("changed the name"), "{error}");
        maps.create_or_update(&map("one"), |_| ()).await.unwrap();
    }
    assert_eq!(writes(&recording), ["create"]);
}

#[tokio::test]
async fn status_is_written_next_to_the_object() {
    let server = server();
    let namespaces = client(&server).cluster::<Namespace>();
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some("one".to_owned());
    let mutate = |namespace: &mut Namespace| {
        namespace.metadata.labels.get_or_insert_default().insert("team".to_owned(), "search".to_owned());
        namespace.set_condition(Condition::new("Quota", "True", "Checked"));
    };
    let recording = server.record();
    let (_, result) = namespaces.create_or_patch_with_status(&namespace, mutate).await.unwrap();
    assert_eq!(result, OperationResult::Created);
    let paths: Vec<_> = recording.writes().iter().map(kube_fake_apiserver::Action::resource_path).collect();
    assert_eq!(paths, ["namespaces", "namespaces/status"]);
    let (_, result) = namespaces.create_or_patch_with_status(&namespace, mutate).await.unwrap();
    assert_eq!((result, recording.writes().len()), (OperationResult::Unchanged, 2));
}
