//! Forks, seeds and initial objects of servers.

use kube::api::{ListParams, PostParams};
use kube_fake_apiserver::{BuildError, FakeApiServer};
use serde_json::json;

use crate::{CRD, refused, server, widget, widgets};

#[tokio::test]
async fn fork_has_existing_objects_and_is_isolated_from_later_writes() {
    let first = server();
    let api = widgets(&first.client());
    api.create(&PostParams::default(), &widget("both", json!({}))).await.expect("created");
    let second = widgets(&first.fork().client());
    second.create(&PostParams::default(), &widget("second", json!({}))).await.expect("created");
    api.create(&PostParams::default(), &widget("first", json!({}))).await.expect("created");
    assert!(second.get("both").await.is_ok());
    assert_eq!(refused(second.get("first").await).0, 404);
    assert_eq!(refused(api.get("second").await).0, 404);
}

#[tokio::test]
async fn same_seed_generates_the_same_uids() {
    let uid = async || {
        let server = FakeApiServer::builder().crds_yaml(CRD).seed(7).build().expect("a server");
        let created = widgets(&server.client()).create(&PostParams::default(), &widget("a", json!({}))).await;
        created.expect("created").metadata.uid
    };
    assert_eq!(uid().await, uid().await);
}

#[tokio::test]
async fn initial_objects_keep_their_status() {
    let mut object = widget("a", json!({"size": 4}));
    object.data["status"] = json!({"ready": true});
    let server = FakeApiServer::builder().crds_yaml(CRD).object(&object).expect("JSON").build().expect("a server");
    let listed = widgets(&server.client()).list(&ListParams::default()).await.expect("a list");
    assert_eq!(listed.items[0].data["status"], json!({"ready": true}));
}

#[test]
fn invalid_initial_state_fails_the_build() {
    let unknown = FakeApiServer::builder().object(&widget("a", json!({}))).expect("JSON").build();
    assert!(matches!(unknown, Err(BuildError::UnknownKind { .. })), "{unknown:?}");
    let broken = FakeApiServer::builder().crds_yaml("kind: CustomResourceDefinition").build();
    assert!(matches!(broken, Err(BuildError::Definition(_))), "{broken:?}");
    let bad = widget("a", json!({"size": -1}));
    let refused = FakeApiServer::builder().crds_yaml(CRD).object(&bad).expect("JSON").build();
    assert!(matches!(refused, Err(BuildError::Object(_))), "{refused:?}");
}
