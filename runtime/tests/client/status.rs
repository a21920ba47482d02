//! Tests of the status subresource.

use kube::core::ApiResource;
use kube::discovery::Scope;
use kube_client_runtime::client::{Client, Namespaced, PatchOptions};
use kube_client_runtime::k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use kube_fake_apiserver::FakeApiServer;

/// Creates a Deployment and returns a client for Deployments.
async fn deployments(server: &FakeApiServer) -> Namespaced<Deployment> {
    let deployments = Client::from(server.client()).namespaced::<Deployment>("default");
    let mut deployment = Deployment::default();
    deployment.metadata.name = Some("one".to_owned());
    deployments.create(&deployment).await.expect("created");
    deployments
}

fn server() -> FakeApiServer {
    let kind = ApiResource::erase::<Deployment>(&());
    FakeApiServer::builder().kind(kind, Scope::Namespaced).build().expect("a server with Deployments")
}

#[tokio::test]
async fn modify_status_with_options_changes_the_status_of_a_built_in_kind() {
    let server = server();
    let deployments = deployments(&server).await;
    let change = |deployment: &mut Deployment| {
        deployment.status = Some(DeploymentStatus { replicas: Some(2), ..DeploymentStatus::default() });
        deployment.metadata.labels = Some([("ignored".to_owned(), "at status".to_owned())].into());
    };
    let options = PatchOptions::manager("mine");
    deployments.modify_status_with("one", &options.clone().dry_run(), change).await.unwrap();
    assert_eq!(deployments.get("one").await.unwrap().status, None);

    let recording = server.record();
    deployments.modify_status_with("one", &options, change).await.unwrap();
    let writes = recording.writes();
    let of_writes: Vec<_> = writes.iter().map(|write| (write.resource_path(), write.option("fieldManager"))).collect();
    assert_eq!(of_writes, [("deployments/status".to_owned(), Some("mine"))]);
    let stored = deployments.get("one").await.unwrap();
    assert_eq!(stored.status.and_then(|status| status.replicas), Some(2));
    assert_eq!(stored.metadata.labels, None);
}
