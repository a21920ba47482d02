//! Namespaces, definitions, owner references and versions.

use kube::Api;
use kube::api::{DeleteParams, DynamicObject, ListParams, PostParams};
use kube_fake_apiserver::FakeApiServer;
use serde_json::json;

use crate::{CRD, refused, resource, server, widget, widgets};

#[tokio::test]
async fn create_in_missing_namespace_returns_not_found_and_namespace_deletion_deletes_objects() {
    let client = server().client();
    let namespaces = Api::<k8s_openapi::api::core::v1::Namespace>::all(client.clone());
    let api = Api::<DynamicObject>::namespaced_with(
        client.clone(),
        "tests",
        &resource("example.com", "v1", "Widget", "widgets"),
    );
    let post = PostParams::default();
    assert_eq!(refused(api.create(&post, &widget("a", json!({}))).await).2, "namespaces \"tests\" not found");
    let namespace = serde_json::from_value(json!({"metadata": {"name": "tests"}})).expect("a namespace");
    namespaces.create(&post, &namespace).await.expect("created");
    api.create(&post, &widget("a", json!({}))).await.expect("created");
    namespaces.delete("tests", &DeleteParams::default()).await.expect("deleted");
    assert_eq!(api.list(&ListParams::default()).await.expect("a list").items, []);
    assert_eq!(refused(namespaces.get("tests").await).0, 404);
}

#[tokio::test]
async fn kind_is_served_while_its_definition_exists() {
    let server = FakeApiServer::builder().build().expect("a server");
    let client = server.client();
    let api = widgets(&client);
    assert_eq!(refused(api.list(&ListParams::default()).await).0, 404);
    let definitions = resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions");
    let definitions = Api::<DynamicObject>::all_with(client, &definitions);
    let definition = crate::server().client();
    let definition = Api::<DynamicObject>::all_with(
        definition,
        &resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"),
    );
    let mut definition = definition.get("widgets.example.com").await.expect("a definition");
    definition.metadata.resource_version = None;
    definitions.create(&PostParams::default(), &definition).await.expect("created");
    api.create(&PostParams::default(), &widget("a", json!({}))).await.expect("created");
    definitions.delete("widgets.example.com", &DeleteParams::default()).await.expect("deleted");
    assert_eq!(refused(api.get("a").await).0, 404);
}

#[tokio::test]
async fn dependents_are_collected_when_garbage_collection_is_enabled() {
    let server = FakeApiServer::builder().crds_yaml(CRD).garbage_collection().build().expect("a server");
    let api = widgets(&server.client());
    let owner = api.create(&PostParams::default(), &widget("owner", json!({}))).await.expect("created");
    let mut owned = widget("owned", json!({}));
    owned.metadata.owner_references = Some(vec![
        serde_json::from_value(json!({
            "apiVersion": "example.com/v1", "kind": "Widget", "name": "owner", "uid": owner.metadata.uid,
        }))
        .expect("a reference"),
    ]);
    api.create(&PostParams::default(), &owned).await.expect("created");
    api.delete("owner", &DeleteParams::default()).await.expect("deleted");
    assert_eq!(refused(api.get("owned").await).0, 404);
}

#[tokio::test]
async fn object_is_readable_in_every_served_version() {
    let client = server().client();
    widgets(&client).create(&PostParams::default(), &widget("a", json!({"size": 2}))).await.expect("created");
    let alpha = Api::<DynamicObject>::default_namespaced_with(
        client,
        &resource("example.com", "v1alpha1", "Widget", "widgets"),
    );
    let seen = alpha.get("a").await.expect("object exists");
    assert_eq!(seen.types.expect("types").api_version, "example.com/v1alpha1");
    assert_eq!(seen.data["spec"], json!({"size": 2}));
}

#[tokio::test]
async fn node_is_created_with_its_status_which_no_manager_owns() {
    let server = FakeApiServer::builder().build().expect("a server");
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n", "annotations": {"a": "b"}},
        "status": {"capacity": {"memory": "1Gi"}},
    });
    let created = crate::raw::send(&server, "POST", "/api/v1/nodes", crate::raw::JSON, &node.to_string()).await.ok();
    assert_eq!(created.body["status"]["capacity"], json!({"memory": "1Gi"}));
    assert_eq!(created.body["status"]["allocatable"], json!({"memory": "1Gi"}));
    let fields = json!({"f:metadata": {"f:annotations": {".": {}, "f:a": {}}}});
    assert_eq!(created.body["metadata"]["managedFields"][0]["fieldsV1"], fields);
}
