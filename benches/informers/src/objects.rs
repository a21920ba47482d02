//! The objects of the canned server, for benchmarks in one process.

use serde_json::{Value, json};

/// Returns the JSON of a route, as the canned server sends it.
pub fn route(number: usize, version: usize) -> Value {
    let mut labels = serde_json::Map::new();
    for label in 0..9 {
        labels.insert(format!("example.com/label-{label}"), format!("value-{}", (number * 7 + label) % 50).into());
    }
    labels.insert("team".to_owned(), format!("team-{}", number % 100).into());
    let rule = |rule: usize| {
        let header = json!({"type": "Exact", "name": "x-ai-eg-model", "value": format!("model-{number}-{rule}")});
        json!({
            "matches": [{"headers": [header]}],
            "backendRefs": [
                {"name": format!("backend-{rule}"), "weight": 90, "priority": 0},
                {"name": format!("fallback-{rule}"), "weight": 10, "priority": 1},
            ],
        })
    };
    json!({
        "apiVersion": "aigateway.envoyproxy.io/v1beta1",
        "kind": "AIGatewayRoute",
        "metadata": {
            "name": name(number),
            "namespace": namespace(number),
            "uid": format!("00000000-0000-4000-8000-{number:012}"),
            "resourceVersion": version.to_string(),
            "generation": 3,
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": labels,
            "annotations": {"sent": "0"},
        },
        "spec": {
            "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gateway"}],
            "rules": [rule(0), rule(1), rule(2)],
            "llmRequestCosts": [
                {"metadataKey": "total", "type": "TotalToken"},
                {"metadataKey": "input", "type": "InputToken"},
            ],
        },
        "status": {"conditions": [{
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "all is well ".repeat(8),
            "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 3,
        }]},
    })
}

/// Returns the name of a route.
pub fn name(number: usize) -> String {
    format!("route-{number}")
}

/// Returns the namespace of a route.
pub fn namespace(number: usize) -> String {
    format!("namespace-{}", number % 100)
}

/// Returns a line of a watch.
pub fn line(event: &str, number: usize, version: usize) -> String {
    format!("{}\n", json!({"type": event, "object": route(number, version)}))
}
