//! The statuses of objects that work.

use serde_json::{Value, json};

/// An address for documentation (RFC 5737).
const ADDRESS: &str = "192.0.2.1";

/// Returns the status of an object that works; `None` for kinds without a known one. `now` is the time of its conditions.
pub(super) fn ready_status(group: &str, kind: &str, object: &Value, now: &str) -> Option<Value> {
    let spec = &object["spec"];
    let generation = &object["metadata"]["generation"];
    let replicas = &spec["replicas"];
    let condition = |type_: &str, reason: &str| {
        let mut condition = json!({"type": type_, "status": "True", "lastTransitionTime": now});
        if !reason.is_empty() {
            condition["reason"] = reason.into();
        }
        condition
    };
    Some(match (group, kind) {
        ("apps", "Deployment") => {
            let mut conditions = [("Available", "MinimumReplicasAvailable"), ("Progressing", "NewReplicaSetAvailable")]
                .map(|(type_, reason)| condition(type_, reason));
            conditions.iter_mut().for_each(|condition| condition["lastUpdateTime"] = now.into());
            json!({
                "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
                "readyReplicas": replicas, "availableReplicas": replicas, "unavailableReplicas": null,
                "conditions": conditions,
            })
        }
        ("apps", "ReplicaSet") | ("", "ReplicationController") => json!({
            "observedGeneration": generation, "replicas": replicas, "fullyLabeledReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
        }),
        ("apps", "StatefulSet") => {
            let revision = format!("{}-{generation}", object["metadata"]["name"].as_str().unwrap_or_default());
            json!({
                "observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
                "currentReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
                "currentRevision": revision, "updateRevision": revision,
            })
        }
        ("apps", "DaemonSet") => json!({
            "observedGeneration": generation, "desiredNumberScheduled": 1, "currentNumberScheduled": 1,
            "updatedNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1, "numberUnavailable": null,
            "numberMisscheduled": 0,
        }),
        ("batch", "Job") => job(spec, now, &condition),
        ("", "Pod") => pod(spec, now, &condition),
        ("", "PersistentVolumeClaim") => json!({
            "phase": "Bound", "accessModes": spec["accessModes"], "capacity": spec["resources"]["requests"],
        }),
        ("", "PersistentVolume") => json!({"phase": "Available"}),
        ("", "Node") => json!({"conditions": [condition("Ready", "KubeletReady")]}),
        ("networking.k8s.io", "Ingress") => json!({"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}),
        ("", "Service") if spec["type"] == "LoadBalancer" => {
            json!({"loadBalancer": {"ingress": [{"ip": ADDRESS, "ipMode": "VIP"}]}})
        }
        _ => return None,
    })
}

fn job(spec: &Value, now: &str, condition: &dyn Fn(&str, &str) -> Value) -> Value {
    let mut conditions = ["SuccessCriteriaMet", "Complete"].map(|type_| condition(type_, "CompletionsReached"));
    conditions.iter_mut().for_each(|condition| condition["lastProbeTime"] = now.into());
    let succeeded = spec["completions"].as_u64().unwrap_or(1);
    let mut status = json!({
        "startTime": now, "completionTime": now, "succeeded": succeeded, "active": null, "ready": 0,
        "terminating": 0, "uncountedTerminatedPods": {}, "conditions": conditions,
    });
    if let (true, Some(last)) = (spec["completionMode"] == "Indexed", succeeded.checked_sub(1)) {
        let indexes = if last == 0 { "0".to_owned() } else { format!("0-{last}") };
        status["completedIndexes"] = indexes.into();
    }
    status
}

fn pod(spec: &Value, now: &str, condition: &dyn Fn(&str, &str) -> Value) -> Value {
    let of = |container: &Value, state: Value| {
        json!({
            "name": container["name"], "image": container["image"], "imageID": "", "ready": true, "restartCount": 0,
            "state": state,
        })
    };
    let containers = |name: &str| spec[name].as_array().into_iter().flatten();
    let running = |container: &Value| {
        let mut status = of(container, json!({"running": {"startedAt": now}}));
        status["started"] = true.into();
        if container["resources"].is_object() {
            status["resources"] = container["resources"].clone();
        }
        status
    };
    let terminated = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}});
    let initialized = |container: &Value| {
        if container["restartPolicy"] == "Always" { running(container) } else { of(container, terminated.clone()) }
    };
    let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    json!({
        "phase": "Running",
        "startTime": now,
        "conditions": conditions.map(|type_| condition(type_, "")),
        "initContainerStatuses": containers("initContainers").map(initialized).collect::<Vec<_>>(),
        "containerStatuses": containers("containers").map(running).collect::<Vec<_>>(),
    })
}
