use serde_json::{Value, json};

use super::{errors, none, update_errors, workload};
use crate::kinds::builtin::validation::validate_status;

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut object = workload();
    change(&mut object["spec"]);
    object
}

#[test]
fn minimal_workloads_are_valid() {
    for kind in ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"] {
        assert_eq!(errors("apps", kind, workload()), none(), "{kind}");
        assert_eq!(update_errors("apps", kind, workload(), |_| {}), none(), "{kind}");
    }
}

#[test]
fn selectors_match_the_labels_of_templates() {
    for kind in ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"] {
        let object = with(|spec| spec["selector"] = json!({"matchLabels": {"app": "b"}}));
        let expected = "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`";
        assert_eq!(errors("apps", kind, object), [expected], "{kind}");
    }
}

#[test]
fn selectors_are_required() {
    let object = with(|spec| spec["selector"] = Value::Null);
    let expected = [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
    ];
    assert_eq!(errors("apps", "Deployment", object), expected);
    let object = with(|spec| spec["selector"] = json!({}));
    assert_eq!(
        errors("apps", "Deployment", object),
        ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]
    );
}

#[test]
fn selectors_are_immutable() {
    let change = |object: &mut Value| {
        object["spec"]["selector"]["matchLabels"]["app"] = "b".into();
        object["spec"]["template"]["metadata"]["labels"]["app"] = "b".into();
    };
    for kind in ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"] {
        let expected = "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable";
        assert_eq!(update_errors("apps", kind, workload(), change), [expected], "{kind}");
    }
}

#[test]
fn replicas_are_not_negative() {
    let object = with(|spec| spec["replicas"] = json!(-1));
    let expected = ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"];
    assert_eq!(errors("apps", "Deployment", object.clone()), expected);
    assert_eq!(errors("apps", "StatefulSet", object), expected);
}

#[test]
fn templates_are_restarted_always() {
    let object = with(|spec| spec["template"]["spec"]["restartPolicy"] = "Never".into());
    let expected = "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"";
    assert_eq!(errors("apps", "Deployment", object), [expected]);
    let object = with(|spec| spec["template"]["spec"]["activeDeadlineSeconds"] = 1.into());
    let expected =
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported";
    assert_eq!(errors("apps", "DaemonSet", object), [expected]);
}

#[test]
fn labels_of_templates_are_validated() {
    let object = with(|spec| spec["template"]["metadata"]["labels"]["b"] = "not valid".into());
    let found = errors("apps", "Deployment", object);
    let start = "spec.template.labels: Invalid value: \"not valid\": a valid label must be an empty string";
    assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
}

#[test]
fn strategies_of_deployments_are_validated() {
    let strategy = |strategy: Value| errors("apps", "Deployment", with(|spec| spec["strategy"] = strategy));
    let expected = "spec.strategy: Unsupported value: {\"Type\":\"Other\",\"RollingUpdate\":null}: supported values: \"Recreate\", \"RollingUpdate\"";
    assert_eq!(strategy(json!({"type": "Other"})), [expected]);
    let expected = "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'";
    assert_eq!(strategy(json!({"type": "Recreate", "rollingUpdate": {}})), [expected]);
    let expected = "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0";
    assert_eq!(strategy(json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}})), [expected]);
    let expected = "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"a\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    assert_eq!(strategy(json!({"rollingUpdate": {"maxSurge": "a"}})), [expected]);
}

#[test]
fn deadlines_of_deployments_exceed_their_minimum() {
    let object = with(|spec| {
        spec["minReadySeconds"] = 60.into();
        spec["progressDeadlineSeconds"] = 30.into();
    });
    let expected = "spec.progressDeadlineSeconds: Invalid value: 30: must be greater than minReadySeconds";
    assert_eq!(errors("apps", "Deployment", object), [expected]);
}

#[test]
fn claims_of_stateful_sets_are_volumes_of_their_pods() {
    let claim = json!({
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    let object = |claim: Value| {
        with(|spec| {
            spec["volumeClaimTemplates"] = json!([claim]);
            spec["template"]["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/d"}]);
        })
    };
    assert_eq!(errors("apps", "StatefulSet", object(claim)), none());
    let empty = json!({"metadata": {"name": "data"}, "spec": {}});
    assert_eq!(
        errors("apps", "StatefulSet", object(empty)),
        [
            "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
            "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
        ]
    );
}

#[test]
fn stateful_sets_keep_their_service() {
    let change = |object: &mut Value| object["spec"]["serviceName"] = "other".into();
    let expected = "spec.serviceName: Invalid value: \"other\": field is immutable";
    assert_eq!(update_errors("apps", "StatefulSet", workload(), change), [expected]);
}

#[test]
fn daemon_sets_surge_or_are_unavailable() {
    let update = |update: Value| {
        errors("apps", "DaemonSet", with(|spec| spec["updateStrategy"] = json!({"rollingUpdate": update})))
    };
    let expected =
        "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero";
    assert_eq!(update(json!({"maxSurge": 1})), [expected]);
    let expected = "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0";
    assert_eq!(update(json!({"maxUnavailable": 0})), [expected]);
}

#[test]
fn statuses_have_at_most_as_many_ready_replicas() {
    let status = json!({"status": {"replicas": 1, "readyReplicas": 2, "availableReplicas": -1}});
    let found = validate_status("apps", "Deployment", &status, &json!({}));
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "status.availableReplicas: Invalid value: -1: must be greater than or equal to 0",
            "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
        ]
    );
}

#[test]
fn replication_controllers_select_by_labels() {
    let mut object = workload();
    object["spec"]["selector"] = json!({"app": "b"});
    let expected =
        "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`";
    assert_eq!(errors("", "ReplicationController", object), [expected]);
}
