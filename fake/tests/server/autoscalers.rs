//! Autoscalers in both versions.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{APPLY_PATCH, JSON, MERGE_PATCH, get, send};

const V1: &str = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const V2: &str = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
const PREFIX: &str = "autoscaling.alpha.kubernetes.io";

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server")
}

fn autoscaler(version: &str, spec: Value) -> Value {
    let mut object = json!({
        "apiVersion": format!("autoscaling/{version}"),
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut object["spec"], spec) {
        all.extend(more);
    }
    object
}

fn cpu(percent: i64) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}})
}

/// Metrics of all sources, a behavior, and a status.
fn full() -> (Value, Value) {
    let spec = json!({
        "minReplicas": 2,
        "metrics": [
            cpu(60),
            {"type": "Pods", "pods": {
                "metric": {"name": "rps", "selector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "k", "operator": "Exists"}]}},
                "target": {"type": "AverageValue", "averageValue": "10"},
            }},
            {"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "5"}}},
            {"type": "Object", "object": {
                "describedObject": {"kind": "Service", "name": "s", "apiVersion": "v1"},
                "metric": {"name": "m<n"},
                "target": {"type": "AverageValue", "averageValue": "3500m"},
            }},
            {"type": "ContainerResource", "containerResource": {
                "name": "memory", "container": "c", "target": {"type": "AverageValue", "averageValue": "1Gi"},
            }},
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}},
    });
    let status = json!({
        "currentReplicas": 2,
        "desiredReplicas": 3,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "100m"}}}],
        "conditions": [{"type": "AbleToScale", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2024-01-02T03:04:05Z"}],
    });
    (spec, status)
}

async fn create_full(server: &FakeApiServer) -> Value {
    let (spec, status) = full();
    let created = send(server, "POST", V2, JSON, autoscaler("v2", spec).to_string()).await.ok().body;
    let mut with_status = created;
    with_status["status"] = status;
    let path = format!("{V2}/a/status");
    send(server, "PUT", &path, JSON, with_status.to_string()).await.ok().body
}

#[tokio::test]
async fn fields_that_only_v2_has_are_annotations_in_v1() {
    let server = server();
    create_full(&server).await;
    let old = get(&server, &format!("{V1}/a"), &[]).await.ok();
    assert_eq!(old.at("/spec/targetCPUUtilizationPercentage"), 60);
    assert_eq!(old.at("/status/currentCPUUtilizationPercentage"), 50);
    assert_eq!(old.at("/spec/metrics"), Value::Null);
    // As kube-apiserver 1.37.2 writes them.
    let expected = json!({
        (format!("{PREFIX}/behavior")): r#"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":15}],"Tolerance":null}}"#,
        (format!("{PREFIX}/conditions")): r#"[{"type":"AbleToScale","status":"True","lastTransitionTime":"2024-01-02T03:04:05Z","reason":"R","message":"m"}]"#,
        (format!("{PREFIX}/current-metrics")): r#"[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":50,"currentAverageValue":"100m"}}]"#,
        (format!("{PREFIX}/metrics")): r#"[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10","selector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"k","operator":"Exists"}]}}},{"type":"External","external":{"metricName":"q","targetValue":"5"}},{"type":"Object","object":{"target":{"kind":"Service","name":"s","apiVersion":"v1"},"metricName":"m\u003cn","targetValue":"0","averageValue":"3500m"}},{"type":"ContainerResource","containerResource":{"name":"memory","targetAverageValue":"1Gi","container":"c"}}]"#,
    });
    assert_eq!(old.at("/metadata/annotations"), expected);
}

#[tokio::test]
async fn an_update_in_v1_keeps_what_only_v2_has() {
    let server = server();
    let before = create_full(&server).await;
    let patch = json!({"spec": {"maxReplicas": 7, "targetCPUUtilizationPercentage": 70}}).to_string();
    send(&server, "PATCH", &format!("{V1}/a"), MERGE_PATCH, patch).await.ok();
    let after = get(&server, &format!("{V2}/a"), &[]).await.ok().body;
    let mut expected = before["spec"].clone();
    expected["maxReplicas"] = 7.into();
    // The metric of the CPU follows the others.
    let metrics = expected["metrics"].as_array_mut().expect("metrics");
    metrics.remove(0);
    metrics.push(cpu(70));
    assert_eq!(after["spec"], expected);
    assert_eq!(after["status"], before["status"]);
    assert_eq!(after["metadata"]["annotations"], Value::Null);
    assert_eq!(after["metadata"]["generation"], 2);
}

#[tokio::test]
async fn an_autoscaler_in_v1_without_a_target_scales_at_80_percent() {
    let server = server();
    let created = send(&server, "POST", V1, JSON, autoscaler("v1", json!({})).to_string()).await.ok();
    assert_eq!(created.at("/spec/targetCPUUtilizationPercentage"), 80);
    assert_eq!(created.at("/apiVersion"), "autoscaling/v1");
    let new = get(&server, &format!("{V2}/a"), &[]).await.ok();
    assert_eq!(new.at("/spec/metrics"), json!([cpu(80)]));
    let owned = created.at("/metadata/managedFields/0/fieldsV1/f:spec");
    assert_eq!(owned["f:targetCPUUtilizationPercentage"], json!({}));
    // An applied configuration in one version can be applied in the other.
    let applied = autoscaler("v1", json!({"targetCPUUtilizationPercentage": 50})).to_string();
    let path = format!("{V1}/a?fieldManager=m&force=true");
    assert_eq!(
        send(&server, "PATCH", &path, APPLY_PATCH, applied).await.ok().at("/spec/targetCPUUtilizationPercentage"),
        50
    );
    let table = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    for path in [V1, V2] {
        assert_eq!(get(&server, path, &table).await.ok().at("/rows/0/cells/2"), "cpu: <unknown>/50%");
    }
}

#[tokio::test]
async fn annotations_of_v1_are_validated_as_metrics() {
    let server = server();
    let mut object = autoscaler("v1", json!({"targetCPUUtilizationPercentage": 50}));
    let metrics = json!([{"type": "Pods", "pods": {"metricName": "", "targetAverageValue": "1"}}]).to_string();
    object["metadata"]["annotations"] = json!({(format!("{PREFIX}/metrics")): metrics, "a": "b"});
    let refused = send(&server, "POST", V1, JSON, object.to_string()).await;
    let message = "HorizontalPodAutoscaler.autoscaling \"a\" is invalid: spec.metrics[0].pods.metric.name: Required value: must specify a metric name";
    assert_eq!((refused.code, refused.at("/message")), (422, message.into()));
    // Text that is not a list of metrics is ignored.
    object["metadata"]["annotations"][format!("{PREFIX}/metrics")] = "[{\"type\":1}]".into();
    let created = send(&server, "POST", V1, JSON, object.to_string()).await.ok();
    assert_eq!(created.at("/metadata/annotations"), json!({"a": "b"}));
    let mut new = autoscaler("v2", json!({}));
    new["metadata"] = json!({"name": "b", "annotations": {(format!("{PREFIX}/behavior")): "{}"}});
    assert_eq!(send(&server, "POST", V2, JSON, new.to_string()).await.ok().at("/metadata/annotations"), Value::Null);
}
