//! Tests of the controller `backend_catalog` on the in-memory API server.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{
    AIGatewayRoute, AIGatewayRouteRule, AIGatewayRouteRuleBackendRef, AIGatewayRouteSpec, AIServiceBackend,
};
use aigateway_client::runtime::client::wait::{WaitOptions, condition, deleted, matches};
use aigateway_client::runtime::client::{Client, ListOptions};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube_fake_apiserver::FakeApiServer;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

static SERVER: LazyLock<FakeApiServer> = LazyLock::new(|| {
    let builder = FakeApiServer::builder().garbage_collection();
    let server = builder.crds(aigateway_client::crds()).and_then(kube_fake_apiserver::Builder::build);
    server.expect("the embedded CRDs can be served")
});

const LIMIT: Duration = Duration::from_secs(60);

/// A running controller and its cluster.
struct Run {
    clients: Clientset,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), String>>,
}

impl Run {
    fn start() -> Self {
        let client = Client::from(SERVER.fork().client());
        let manager = examples::backend_catalog::manager(&client, ([127, 0, 0, 1], 0).into()).expect("valid names");
        let (stop, stopped) = oneshot::channel();
        let run = manager.run_until(async { drop(stopped.await) });
        let task = tokio::spawn(async { run.await.map_err(|error| error.to_string()) });
        Run { clients: Clientset::from(client), stop, task }
    }

    async fn stopped(self) {
        drop(self.stop);
        self.task.await.expect("no panic").expect("no error");
    }

    async fn create_backend(&self, name: &str, schema: &str) {
        let backend: AIServiceBackend = serde_json::from_value(json!({
            "apiVersion": "aigateway.envoyproxy.io/v1beta1",
            "kind": "AIServiceBackend",
            "metadata": {"name": name},
            "spec": {
                "schema": {"name": schema},
                "backendRef": {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name},
            },
        }))
        .expect("a backend");
        self.clients.aigateway_v1beta1().ai_service_backends("default").create(&backend).await.expect("created");
    }

    async fn create_route(&self, backends: &[&str]) {
        let references = backends.iter().map(|name| AIGatewayRouteRuleBackendRef::new(*name));
        let rule = AIGatewayRouteRule { backend_refs: Some(references.collect()), ..AIGatewayRouteRule::default() };
        let route = AIGatewayRoute::new("models", AIGatewayRouteSpec::new([rule]));
        self.clients.aigateway_v1beta1().ai_gateway_routes("default").create(&route).await.expect("created");
    }

    /// Waits until the catalog of the route contains exactly these backends.
    async fn catalog(&self, expected: &[(&str, &str)]) {
        let expected: BTreeMap<String, String> =
            expected.iter().map(|(name, schema)| ((*name).to_owned(), (*schema).to_owned())).collect();
        let has = matches("the expected data", move |map: &ConfigMap| map.data.clone().unwrap_or_default() == expected);
        let maps = self.clients.client().namespaced::<ConfigMap>("default");
        maps.wait_for("models-backends", has, WaitOptions::new(LIMIT)).await.expect("the catalog");
    }

    async fn condition(&self, status: &str) {
        let routes = self.clients.aigateway_v1beta1().ai_gateway_routes("default");
        let ready = condition("CatalogReady", status);
        routes.wait_for("models", ready, WaitOptions::new(LIMIT)).await.expect("the condition");
    }
}

#[tokio::test]
async fn catalog_contains_the_schemas_of_the_backends_and_follows_them() {
    let run = Run::start();
    run.create_backend("openai", "OpenAI").await;
    run.create_route(&["openai", "bedrock"]).await;
    run.catalog(&[("openai", "OpenAI")]).await;
    run.condition("False").await;
    let events = run.clients.client().namespaced::<Event>("default");
    let missing = |event: &Event| event.reason.as_deref() == Some("BackendsMissing");
    events
        .wait_for_any(&ListOptions::default(), matches("the event", missing), WaitOptions::new(LIMIT))
        .await
        .expect("an event");

    run.create_backend("bedrock", "AWSBedrock").await;
    run.catalog(&[("openai", "OpenAI"), ("bedrock", "AWSBedrock")]).await;
    run.condition("True").await;
    run.stopped().await;
}

#[tokio::test]
async fn catalog_that_is_changed_or_deleted_is_restored() {
    let run = Run::start();
    run.create_backend("openai", "OpenAI").await;
    run.create_route(&["openai"]).await;
    run.catalog(&[("openai", "OpenAI")]).await;
    let maps = run.clients.client().namespaced::<ConfigMap>("default");
    maps.modify("models-backends", |map| map.data = None).await.expect("modified");
    run.catalog(&[("openai", "OpenAI")]).await;
    maps.delete("models-backends").await.expect("deleted");
    run.catalog(&[("openai", "OpenAI")]).await;
    run.stopped().await;
}

#[tokio::test]
async fn route_is_deleted_after_the_cleanup_and_its_catalog_with_it() {
    let run = Run::start();
    run.create_route(&[]).await;
    run.condition("True").await;
    let routes = run.clients.aigateway_v1beta1().ai_gateway_routes("default");
    let route = routes.get("models").await.expect("it exists");
    assert_eq!(route.metadata.finalizers, Some(vec!["example.com/backend-catalog".to_owned()]));
    routes.delete("models").await.expect("deleted");
    routes.wait_for("models", deleted(), WaitOptions::new(LIMIT)).await.expect("the finalizer is removed");
    let maps = run.clients.client().namespaced::<ConfigMap>("default");
    maps.wait_for("models-backends", deleted(), WaitOptions::new(LIMIT)).await.expect("it is collected");
    run.stopped().await;
}
