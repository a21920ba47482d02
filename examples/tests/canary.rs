//! The canary release on the in-memory API server.

use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use examples::canary::{Canary, CanaryError};
use examples::in_memory;
use serde_json::{Value, json};

fn canary(steps: &[u8]) -> Canary {
    let [stable, canary] = ["v1", "v2"].map(str::to_owned);
    let (pause, timeout) = (Duration::from_secs(300), Duration::from_secs(60));
    Canary { stable, canary, steps: steps.to_vec(), pause, timeout }
}

/// Weights of the rules: one without the canary, one with both backends.
fn weights(route: &AIGatewayRoute) -> Vec<Vec<Option<i64>>> {
    let rules = route.spec.iter().flat_map(|spec| &spec.rules);
    rules.map(|rule| rule.backend_refs.iter().flatten().map(|backend| backend.weight).collect()).collect()
}

async fn create(clients: &Clientset, backends: Value) -> AIGatewayRoute {
    let route = json!({
        "metadata": {"name": "models"},
        "spec": {"rules": [{"backendRefs": [{"name": "v1", "weight": 7}]}, {"backendRefs": backends}]},
    });
    let routes = clients.aigateway_v1beta1().ai_gateway_routes("default");
    routes.create(&serde_json::from_value(route).unwrap()).await.unwrap()
}

async fn read(clients: &Clientset) -> AIGatewayRoute {
    clients.aigateway_v1beta1().ai_gateway_routes("default").get("models").await.unwrap()
}

async fn shift(clients: &Clientset, steps: &[u8]) -> (Vec<u8>, Result<(), CanaryError>) {
    let mut done = Vec::new();
    let routes = clients.aigateway_v1beta1().ai_gateway_routes("default");
    let result = canary(steps).shift(&routes, "models", |percent| done.push(percent)).await;
    (done, result)
}

#[tokio::test(start_paused = true)]
async fn requests_move_in_steps() {
    let clients = in_memory::clients(|_| None, |_| None);
    create(&clients, json!([{"name": "v1"}, {"name": "v2", "weight": 0}, {"name": "v3", "weight": 5}])).await;
    let start = tokio::time::Instant::now();
    let (done, result) = shift(&clients, &[10, 50, 100]).await;
    assert!(result.is_ok() && done == [10, 50, 100], "{result:?}");
    assert!(start.elapsed() >= Duration::from_secs(600), "{:?}", start.elapsed());
    let route = read(&clients).await;
    assert_eq!(weights(&route), [vec![Some(7)], vec![Some(0), Some(100), Some(5)]]);
    // A repeated run has nothing to change.
    let (done, result) = shift(&clients, &[100]).await;
    assert!(result.is_ok() && done == [100], "{result:?}");
    assert_eq!(read(&clients).await.metadata.resource_version, route.metadata.resource_version);
}

/// Rejects routes that send half of their requests to the canary.
fn reject_half(route: &AIGatewayRoute) -> Option<String> {
    weights(route)[1].contains(&Some(50)).then(|| "v2 has no credentials".to_owned())
}

#[tokio::test(start_paused = true)]
async fn step_that_is_not_accepted_restores_the_weights() {
    let clients = in_memory::clients(reject_half, |_| None);
    let created = create(&clients, json!([{"name": "v1", "weight": 3}, {"name": "v2", "weight": 1}])).await;
    let (done, result) = shift(&clients, &[10, 50, 100]).await;
    let error = result.unwrap_err();
    assert!(matches!(error, CanaryError::RolledBack { percent: 50, .. }), "{error:?}");
    assert!(error.to_string().contains("v2 has no credentials"), "{error}");
    assert_eq!(done, [10]);
    assert_eq!(weights(&read(&clients).await), weights(&created));
}

#[tokio::test(start_paused = true)]
async fn route_without_both_backends_is_not_changed() {
    let clients = in_memory::clients(|_| None, |_| None);
    create(&clients, json!([{"name": "v1"}])).await;
    let (done, result) = shift(&clients, &[10]).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "no rule of the route has both backends v1 and v2: add the new one with weight 0"
    );
    assert!(done.is_empty());
}
