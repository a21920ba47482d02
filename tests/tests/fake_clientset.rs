//! The module `fake` of an emitted crate, and the type aliases of its informers and listers.

use aigateway_client::aigateway::v1beta1::{GatewayConfig, GatewayConfigSpec};
use aigateway_client::informers::aigateway::v1beta1::GatewayConfigInformer;
use aigateway_client::listers::aigateway::v1beta1::{GatewayConfigLister, GatewayConfigNamespaceLister};
use aigateway_client::{SharedInformerFactory, fake};
use serde_json::json;

fn config(name: &str) -> GatewayConfig {
    let mut config = GatewayConfig::new(name, GatewayConfigSpec::default());
    config.metadata.namespace = Some("default".to_owned());
    config
}

#[tokio::test]
async fn fake_clientset_serves_its_initial_objects() {
    let clients = fake::Clientset::new([config("a"), config("b")]).unwrap();
    let configs = clients.aigateway_v1beta1().gateway_configs("default").list(&<_>::default()).await.unwrap();
    let names: Vec<_> = configs.items.iter().filter_map(|config| config.metadata.name.as_deref()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[tokio::test]
async fn fake_clientset_accepts_objects_of_several_kinds_and_records_requests() {
    let route = json!({
        "apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "AIServiceBackend",
        "metadata": {"name": "x", "namespace": "default"},
        "spec": {"schema": {"name": "OpenAI"}, "backendRef": {"name": "x", "kind": "Backend", "group": "gateway.envoyproxy.io"}},
    });
    let clients = fake::Clientset::new([serde_json::to_value(config("a")).unwrap(), route]).unwrap();
    let recording = clients.server().record();
    let backend = clients.aigateway_v1beta1().ai_service_backends("default").get("x").await.unwrap();
    assert_eq!(backend.spec.unwrap().schema.name.as_str(), "OpenAI");
    assert_eq!(recording.actions().len(), 1);
}

#[tokio::test]
async fn fake_clientset_validates_its_initial_objects() {
    let invalid = json!({
        "apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "AIServiceBackend",
        "metadata": {"name": "x", "namespace": "default"}, "spec": {},
    });
    let error = fake::Clientset::new([invalid]).unwrap_err();
    assert!(error.to_string().contains("spec.schema: Required value"), "{error}");
}

#[tokio::test]
async fn informers_and_listers_have_type_aliases() {
    let clients = fake::Clientset::new([config("a")]).unwrap();
    let factory = SharedInformerFactory::new(clients.client().clone());
    let informer: GatewayConfigInformer = factory.aigateway().v1beta1().gateway_configs();
    let lister: GatewayConfigLister = informer.lister();
    factory.start();
    factory.wait_for_cache_sync().await.unwrap();
    let in_default: GatewayConfigNamespaceLister<'_> = lister.namespace("default");
    assert!(in_default.get("a").is_ok());
}
