//! A client with types of kopium behaves like one with our types.

use camino::Utf8Path;
use kopium_client::aigateway::v1alpha1::{QuotaPolicy, quota_policy};
use kopium_client::runtime::client::ListOptions;
use kopium_client::runtime::informer::Selector;
use kopium_client::runtime::resource::CustomKind as _;
use kopium_client::{Clientset, SharedInformerFactory, scheme};
use kube::{CustomResourceExt as _, ResourceExt as _};
use kube_client_gen::Build;
use kube_fake_apiserver::{Builder, FakeApiServer};
use serde_json::json;

fn policy(name: &str) -> QuotaPolicy {
    let quota = quota_policy::QuotaPolicyServiceQuotaQuota {
        duration: quota_policy::QuotaPolicyServiceQuotaQuotaDuration::r#_1h,
        limit: 10,
    };
    let service_quota = quota_policy::QuotaPolicyServiceQuota { quota, cost_expression: None };
    let spec =
        quota_policy::QuotaPolicySpec { per_model_quotas: None, service_quota: Some(service_quota), target_refs: None };
    QuotaPolicy::new(name, spec)
}

fn server() -> FakeApiServer {
    FakeApiServer::builder().crds(kopium_client::crds()).and_then(Builder::build).unwrap()
}

#[tokio::test]
async fn clientset_creates_updates_lists_and_deletes() {
    let clients = Clientset::from(server().client());
    let policies = clients.aigateway_v1alpha1().quota_policies("default");
    let created = policies.create(&policy("one")).await.unwrap();
    assert_eq!(created.spec, policy("one").spec);

    let mut changed = created;
    changed.spec.service_quota = None;
    let updated = policies.update(&changed).await.unwrap();
    assert_eq!(updated.metadata.generation, Some(2));
    let mut with_status = updated;
    with_status.status = Some(quota_policy::QuotaPolicyStatus { conditions: Some(Vec::new()) });
    let reported = policies.update_status(&with_status).await.unwrap();
    assert_eq!(reported.metadata.generation, Some(2));
    assert_eq!(policies.list(&ListOptions::default()).await.unwrap().items, [reported]);
    let all = clients.aigateway_v1alpha1().all_quota_policies().list(&ListOptions::default()).await.unwrap();
    assert_eq!(all.items.len(), 1);
    policies.delete("one").await.unwrap();
    assert!(policies.get_opt("one").await.unwrap().is_none());
}

#[tokio::test]
async fn informers_list_existing_and_new_objects() {
    let server = server();
    let clients = Clientset::from(server.client());
    let policies = clients.aigateway_v1alpha1().quota_policies("default");
    policies.create(&policy("one")).await.unwrap();
    let factory = SharedInformerFactory::new(&clients);
    let lister = factory.aigateway().v1alpha1().quota_policies().lister();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    let names =
        || -> Vec<String> { lister.list(&Selector::default()).iter().map(|policy| policy.name_any()).collect() };
    assert_eq!(names(), ["one"]);
    policies.create(&policy("two")).await.unwrap();
    server.settle().await;
    let mut names = names();
    names.sort();
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn scheme_decodes_and_encodes_objects() {
    let object = json!({
        "apiVersion": "aigateway.envoyproxy.io/v1alpha1",
        "kind": "QuotaPolicy",
        "metadata": {"name": "one", "namespace": "default"},
        "spec": {"serviceQuota": {"quota": {"duration": "1h", "limit": 10}}},
    });
    let decoded = scheme().decode(object.clone()).unwrap();
    assert_eq!(decoded.info(), QuotaPolicy::INFO);
    assert!(decoded.as_any().is::<QuotaPolicy>());
    assert_eq!(decoded.encode().unwrap(), object);
}

#[test]
fn crd_is_the_source_crd_and_not_the_derived_one() {
    assert_eq!(QuotaPolicy::custom_resource_definition(), kopium_client::crds()[0]);
    assert_ne!(QuotaPolicy::custom_resource_definition(), QuotaPolicy::crd());
}

#[test]
#[ignore = "needs kopium 0.24.1"]
fn kopium_client_is_up_to_date() {
    let config = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("kopium/codegen.toml");
    assert_eq!(Build::new(config).check().unwrap().differences, []);
}
