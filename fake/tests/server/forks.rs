//! Servers that begin as others are.

use kube::api::{ListParams, PostParams};
use kube_fake_apiserver::{BuildError, FakeApiServer};
use serde_json::json;

use crate::{CRD, refused, server, widget, widgets};

#[tokio::test]
async fn a_fork_has_what_was_there_and_nothing_of_what_comes() {
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
async fn a_seed_makes_the_same_uids_again() {
    let made = async || {
        let server = FakeApiServer::builder().crds_yaml(CRD).seed(7).build().expect("a server");
        let made = widgets(&server.client()).create(&PostParams::default(), &widget("a", json!({}))).await;
        made.expect("created").metadata.uid
    };
    assert_eq!(made().await, made().await);
}

#[tokio::test]
async fn objects_are_there_from_the_beginning_with_their_status() {
    let mut object = widget("a", json!({"size": 4}));
    object.data["status"] = json!({"ready": true});
    let server = FakeApiServer::builder().crds_yaml(CRD).object(&object).expect("JSON").build().expect("a server");
    let listed = widgets(&server.client()).list(&ListParams::default()).await.expect("a list");
    assert_eq!(listed.items[0].data["status"], json!({"ready": true}));
}

#[test]
fn what_cannot_be_served_is_told_at_once() {
    let unknown = FakeApiServer::builder().object(&widget("a", json!({}))).expect("JSON").build();
    assert!(matches!(unknown, Err(BuildError::UnknownKind { .. })), "{unknown:?}");
    let broken = FakeApiServer::builder().crds_yaml("kind: CustomResourceDefinition").build();
    assert!(matches!(broken, Err(BuildError::Definition(_))), "{broken:?}");
    let bad = widget("a", json!({"size": -1}));
    let refused = FakeApiServer::builder().crds_yaml(CRD).object(&bad).expect("JSON").build();
    assert!(matches!(refused, Err(BuildError::Object(_))), "{refused:?}");
}
