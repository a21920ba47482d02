//! Tests of the results of deletions.

use kube_client_runtime::client::{DeleteOptions, DeleteResult, Namespaced};
use kube_client_runtime::k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use serde_json::json;

use super::{client, server};

#[tokio::test]
async fn object_that_is_returned_and_deleted_counts_as_deleted() {
    let server = server();
    let accounts: Namespaced<ServiceAccount> = client(&server).namespaced("default");
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("one".to_owned());
    let created = accounts.create(&account).await.unwrap();
    let DeleteResult::Deleted(status) = accounts.delete("one").await.unwrap() else { panic!("deleted at once") };
    let details = status.details.expect("details");
    assert_eq!((details.name.as_str(), Some(details.uid)), ("one", created.metadata.uid));
}

#[tokio::test]
async fn pod_terminates_until_its_grace_period_has_passed() {
    let server = server();
    let pods: Namespaced<Pod> = client(&server).namespaced("default");
    let pod =
        json!({"metadata": {"name": "one"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    pods.create(&serde_json::from_value(pod).unwrap()).await.unwrap();
    assert!(matches!(pods.delete("one").await.unwrap(), DeleteResult::Terminating(_)));
    let at_once = DeleteOptions::default().grace_period_seconds(0_u32);
    assert!(matches!(pods.delete_with("one", &at_once).await.unwrap(), DeleteResult::Deleted(_)));
    assert!(pods.get_opt("one").await.unwrap().is_none());
}
