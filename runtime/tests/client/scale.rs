//! Tests of the scale subresource of built-in kinds; `tests/src/scenarios/` has those of custom resources.

use kube::core::ApiResource;
use kube::discovery::Scope;
use kube_client_runtime::client::{Client, Namespaced, Patch, PatchOptions, Scale};
use kube_client_runtime::k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use kube_client_runtime::k8s_openapi::api::autoscaling::v1::ScaleSpec;
use kube_client_runtime::k8s_openapi::api::core::v1::ReplicationController;
use kube_client_runtime::resource::HasScaleSubresource;
use kube_fake_apiserver::{Calls, FakeApiServer, Reaction};
use serde_json::json;

#[tokio::test]
async fn requests_for_the_scale_of_a_built_in_kind_address_its_subresource() {
    let kind = ApiResource::erase::<Deployment>(&());
    let server = FakeApiServer::builder().kind(kind, Scope::Namespaced).build().expect("a server with Deployments");
    let mut scale = Scale { spec: Some(ScaleSpec { replicas: Some(3) }), ..Scale::default() };
    scale.metadata.name = Some("one".to_owned());
    let answer = serde_json::to_value(&scale).unwrap();
    for verb in ["get", "update", "patch"] {
        let answer = answer.clone();
        server.react(Calls::to(verb, "deployments/scale"), Reaction::answer(move |_| Some(Ok(answer.clone()))));
    }
    let deployments: Namespaced<Deployment> = Client::from(server.client()).namespaced("default");
    let recording = server.record();
    assert_eq!(deployments.get_scale("one").await.unwrap(), scale);
    assert_eq!(deployments.update_scale(&scale).await.unwrap(), scale);
    let patch = Patch::Merge(json!({"spec": {"replicas": 3}}));
    assert_eq!(deployments.patch_scale("one", &patch, &PatchOptions::default()).await.unwrap(), scale);
    let requests: Vec<_> = recording.actions().iter().map(ToString::to_string).collect();
    assert_eq!(requests, ["get", "update", "patch"].map(|verb| format!("{verb} deployments/scale default/one")));
}

#[test]
fn scalable_built_in_kinds_have_the_subresource() {
    fn scalable<K: HasScaleSubresource>() {}
    scalable::<Deployment>();
    scalable::<ReplicaSet>();
    scalable::<StatefulSet>();
    scalable::<ReplicationController>();
}
