use serde_json::{Value, json};

use super::{errors, none, pod, update_errors, validate_status};

fn container_errors(name: &str, value: Value) -> Vec<String> {
    errors("", "Pod", pod(|spec| spec["containers"][0][name] = value))
}

#[test]
fn minimal_pods_are_valid() {
    assert_eq!(errors("", "Pod", pod(|_| {})), none());
}

#[test]
fn pods_without_containers_are_reported() {
    assert_eq!(errors("", "Pod", pod(|spec| spec["containers"] = json!([]))), ["spec.containers: Required value"]);
}

#[test]
fn containers_need_a_valid_unique_name_and_an_image() {
    let two = json!([{"name": "A", "resources": {}}, {"name": "c", "image": "i"}, {"name": "c", "image": "i"}]);
    assert_eq!(
        errors("", "Pod", pod(|spec| spec["containers"] = two)),
        [
            "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "spec.containers[0].image: Required value",
            "spec.containers[2].name: Duplicate value: \"c\"",
        ]
    );
}

#[test]
fn mounts_need_a_volume() {
    let mounts = json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]);
    assert_eq!(
        container_errors("volumeMounts", mounts),
        [
            "spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
            "spec.containers[0].volumeMounts[1].name: Not found: \"v\"",
            "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
        ]
    );
    let valid = pod(|spec| {
        spec["volumes"] = json!([{"name": "v"}]);
        spec["containers"][0]["volumeMounts"] = json!([{"name": "v", "mountPath": "/a"}]);
    });
    assert_eq!(errors("", "Pod", valid), none());
}

#[test]
fn volumes_have_one_source_and_a_unique_name() {
    let volumes = json!([
        {"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}},
        {"name": "b", "configMap": {}},
        {"name": "c"},
        {"name": "c"},
        {"name": "d", "hostPath": {"path": "/a/../b", "type": "Folder"}},
    ]);
    assert_eq!(
        errors("", "Pod", pod(|spec| spec["volumes"] = volumes)),
        [
            "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
            "spec.volumes[1].configMap.name: Required value",
            "spec.volumes[3].name: Duplicate value: \"c\"",
            "spec.volumes[4].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
            "spec.volumes[4].hostPath.type: Unsupported value: \"Folder\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"",
        ]
    );
}

#[test]
fn requests_may_not_exceed_limits() {
    let resources = json!({"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}});
    assert_eq!(
        container_errors("resources", resources),
        [
            "spec.containers[0].resources.requests: Invalid value: \"2Gi\": must be less than or equal to memory limit of 1Gi"
        ]
    );
}

#[test]
fn resources_have_known_names_and_amounts() {
    let resources = json!({"limits": {"cpus": "1", "memory": "-1", "example.com/gpu": "500m"}});
    assert_eq!(
        container_errors("resources", resources),
        [
            "spec.containers[0].resources.limits[cpus]: Invalid value: \"cpus\": must be a standard resource type or fully qualified",
            "spec.containers[0].resources.limits[cpus]: Invalid value: \"cpus\": must be a standard resource for containers",
            "spec.containers[0].resources.limits[example.com/gpu]: Invalid value: \"500m\": must be an integer",
            "spec.containers[0].resources.limits[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
            "spec.containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource type or fully qualified",
            "spec.containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource for containers",
            "spec.containers[0].resources.requests[example.com/gpu]: Invalid value: \"500m\": must be an integer",
            "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
        ]
    );
}

#[test]
fn ports_are_in_range_with_unique_names() {
    let ports = json!([
        {"containerPort": 0},
        {"containerPort": 70000, "name": "web", "protocol": "tcp"},
        {"containerPort": 80, "name": "web"},
        {"containerPort": 81, "name": "Web--1"},
    ]);
    assert_eq!(
        container_errors("ports", ports),
        [
            "spec.containers[0].ports[0].containerPort: Required value",
            "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "spec.containers[0].ports[1].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            "spec.containers[0].ports[2].name: Duplicate value: \"web\"",
            "spec.containers[0].ports[3].name: Invalid value: \"Web--1\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            "spec.containers[0].ports[3].name: Invalid value: \"Web--1\": must not contain consecutive hyphens",
        ]
    );
}

#[test]
fn environment_variables_have_a_name_and_one_source() {
    let env = json!([
        {"name": ""},
        {"name": "A=B"},
        {"name": "C", "value": "v", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "D", "valueFrom": {}},
        {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}},
        {"name": "F", "valueFrom": {"secretKeyRef": {"name": "s", "key": ""}}},
    ]);
    assert_eq!(
        container_errors("env", env),
        [
            "spec.containers[0].env[0].name: Required value",
            "spec.containers[0].env[1].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='",
            "spec.containers[0].env[2].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
            "spec.containers[0].env[3].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            "spec.containers[0].env[4].valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"",
            "spec.containers[0].env[5].valueFrom.secretKeyRef.key: Required value",
        ]
    );
}

#[test]
fn probes_have_one_handler() {
    let probe = json!({"exec": {"command": []}, "tcpSocket": {"port": 1}, "successThreshold": 2});
    assert_eq!(
        container_errors("livenessProbe", probe),
        [
            "spec.containers[0].livenessProbe.exec.command: Required value",
            "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ]
    );
    assert_eq!(
        container_errors("readinessProbe", json!({})),
        ["spec.containers[0].readinessProbe: Required value: must specify a handler type"]
    );
}

#[test]
fn policies_are_enumerations() {
    let object = pod(|spec| {
        spec["restartPolicy"] = "Sometimes".into();
        spec["dnsPolicy"] = "Nowhere".into();
        spec["containers"][0]["imagePullPolicy"] = "Often".into();
    });
    assert_eq!(
        errors("", "Pod", object),
        [
            "spec.containers[0].imagePullPolicy: Unsupported value: \"Often\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
            "spec.dnsPolicy: Unsupported value: \"Nowhere\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"",
        ]
    );
}

#[test]
fn init_containers_without_a_restart_policy_have_no_probes() {
    let init = json!([{"name": "c", "image": "i", "resources": {}, "livenessProbe": {"exec": {"command": ["a"]}}}]);
    assert_eq!(
        errors("", "Pod", pod(|spec| spec["initContainers"] = init)),
        [
            "spec.initContainers[0].name: Duplicate value: \"c\"",
            "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
        ]
    );
}

#[test]
fn scheduling_fields_are_validated() {
    let object = pod(|spec| {
        spec["tolerations"] = json!([{"operator": "Equal"}, {"key": "k", "operator": "Exists", "value": "v"}]);
        spec["nodeSelector"] = json!({"k": "not valid"});
        spec["topologySpreadConstraints"] = json!([{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Stop"}]);
        spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}});
    });
    let found = errors("", "Pod", object);
    let expected = [
        "spec.nodeSelector: Invalid value: \"not valid\": a valid label must be an empty string or consist",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must be non-empty",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist",
        "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
        "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"Stop\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"",
        "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
        "spec.tolerations[1].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn security_contexts_are_validated() {
    let context = json!({
        "runAsUser": -1,
        "privileged": true,
        "allowPrivilegeEscalation": false,
        "seccompProfile": {"type": "Localhost"},
    });
    let found = container_errors("securityContext", context);
    assert_eq!(
        found[0],
        "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"
    );
    assert_eq!(
        found[1],
        "spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"
    );
    assert!(found[2].ends_with("cannot set `allowPrivilegeEscalation` to false and `privileged` to true"), "{found:?}");
}

#[test]
fn updates_of_pods_may_change_images_only() {
    let image = |pod: &mut Value| pod["spec"]["containers"][0]["image"] = "other".into();
    assert_eq!(update_errors("", "Pod", pod(|_| {}), image), none());
    let deadline = |pod: &mut Value| pod["spec"]["activeDeadlineSeconds"] = 10.into();
    assert_eq!(update_errors("", "Pod", pod(|_| {}), deadline), none());
    let node = |pod: &mut Value| pod["spec"]["nodeName"] = "n".into();
    let found = update_errors("", "Pod", pod(|_| {}), node);
    assert_eq!(found.len(), 1, "{found:?}");
    let start = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n@@ -";
    assert!(found[0].starts_with(start), "{}", found[0]);
    assert!(found[0].contains("\n+ \"nodeName\": \"n\",\n"), "{}", found[0]);
}

#[test]
fn containers_may_not_be_added_to_pods() {
    let add = |pod: &mut Value| pod["spec"]["containers"] = json!([]);
    assert_eq!(
        update_errors("", "Pod", pod(|_| {}), add),
        ["spec.containers: Required value", "spec.containers: Forbidden: pod updates may not add or remove containers",]
    );
}

#[test]
fn statuses_of_pods_keep_terminated_containers() {
    let status = |state: Value| json!({"containerStatuses": [{"name": "c", "state": state}]});
    let object =
        |status: Value| json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c"}]}, "status": status});
    let old = object(status(json!({"terminated": {"exitCode": 1}})));
    let new = object(status(json!({"running": {}})));
    let found = validate_status("", "Pod", &new, &old);
    let expected = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}
