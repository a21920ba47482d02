//! Defaults of embedded resources in definitions. Expected responses are those of kube-apiserver 1.37.

use serde_json::{Value, json};
use testkit::crds::{DEFINITIONS, definition_with, version};

use super::raw::{JSON, MERGE_PATCH, send};
use super::server;

const HOLDERS: &str = "/apis/holders.example.com/v1/namespaces/default/holders";
const SCHEMA_PATH: &str = "spec.validation.openAPIV3Schema.properties[spec].properties[pod]";

/// Returns a definition with an embedded resource at `spec.pod`.
fn definition(pod: &Value) -> String {
    let mut schema = json!({
        "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
    });
    for (name, value) in pod.as_object().into_iter().flatten() {
        schema[name] = value.clone();
    }
    let schema = json!({
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"pod": schema}}},
    });
    let names = json!({"kind": "Holder", "plural": "holders", "singular": "holder", "listKind": "HolderList"});
    definition_with("holders.example.com", names, vec![version("v1", true, schema)]).to_string()
}

#[tokio::test]
async fn embedded_default_with_invalid_metadata_returns_invalid() {
    let label = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    let metadata_schema = |schema: Value| json!({"properties": {"metadata": {"type": "object", "properties": schema}}});
    let labels = json!({"type": "object", "additionalProperties": {"type": "string"}, "default": {"a": "!"}});
    for (pod, field, message) in [
        (
            json!({"default": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 1}}}),
            "default.metadata",
            "Invalid value: {\"name\":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string".to_owned(),
        ),
        (
            json!({"default": {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "!"}}}}),
            "default.metadata.labels",
            format!("Invalid value: \"!\": {label}"),
        ),
        (json!({"default": {"kind": "Pod"}}), "default.apiVersion", "Required value".to_owned()),
        (
            json!({"default": {"apiVersion": 1, "kind": "Pod"}}),
            "default.apiVersion",
            "Invalid value: 1: must be a string".to_owned(),
        ),
        (
            metadata_schema(json!({"labels": labels})),
            "properties[metadata].properties[labels].default",
            format!("Invalid value: {{\"a\":\"!\"}}: must result in valid metadata: metadata.labels: Invalid value: \"!\": {label}"),
        ),
        (
            metadata_schema(json!({"creationTimestamp": {"type": "string", "default": "x"}})),
            "properties[metadata].properties[creationTimestamp].default",
            "Invalid value: \"x\": must result in valid metadata: metadata: Invalid value: {\"creationTimestamp\":\"x\"}: parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"".to_owned(),
        ),
        (
            json!({"properties": {"apiVersion": {"type": "string", "default": "a/b/c"}}}),
            "properties[apiVersion].default",
            "Invalid value: \"a/b/c\": must result in valid metadata: apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c".to_owned(),
        ),
    ] {
        let refused = send(&server(), "POST", DEFINITIONS, JSON, &definition(&pod)).await;
        let cause = &refused.body["details"]["causes"][0];
        let found = (refused.code, cause["field"].as_str(), cause["message"].as_str());
        assert_eq!(found, (422, Some(format!("{SCHEMA_PATH}.{field}").as_str()), Some(message.as_str())), "{pod}");
    }
}

#[tokio::test]
async fn embedded_default_drops_unknown_metadata_fields() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod"});
    let pod_with = |metadata: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
    for (schema, sent, expected) in [
        (json!({"default": pod_with(json!({"name": "UPPER!"}))}), json!({}), pod_with(json!({"name": "UPPER!"}))),
        (json!({"default": pod_with(json!({"foo": 1}))}), json!({}), pod_with(json!({}))),
        (
            json!({"properties": {"metadata": {"type": "object", "default": {"name": "x", "foo": 1}}}}),
            json!({"pod": pod}),
            pod_with(json!({"name": "x"})),
        ),
        (
            json!({"properties": {"kind": {"type": "string", "default": "Pod"}}}),
            json!({"pod": {"apiVersion": "v1"}}),
            pod.clone(),
        ),
    ] {
        let server = server();
        let created = send(&server, "POST", DEFINITIONS, JSON, &definition(&schema)).await;
        assert_eq!(created.code, 201, "{}", created.text);
        let holder = json!({
            "apiVersion": "holders.example.com/v1", "kind": "Holder", "metadata": {"name": "a"}, "spec": sent,
        });
        let created = send(&server, "POST", HOLDERS, JSON, &holder.to_string()).await;
        assert_eq!((created.code, &created.body["spec"]["pod"]), (201, &expected), "{}", created.text);
    }
}

#[tokio::test]
async fn embedded_resource_in_a_status_is_not_validated() {
    let embedded = json!({
        "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
    });
    let schema = json!({
        "type": "object",
        "properties": {"status": {"type": "object", "properties": {"pod": embedded}}},
    });
    let mut version = version("v1", true, schema);
    version["subresources"] = json!({"status": {}});
    let names = json!({"kind": "Holder", "plural": "holders", "singular": "holder", "listKind": "HolderList"});
    let definition = definition_with("holders.example.com", names, vec![version]).to_string();
    let server = server();
    assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &definition).await.code, 201);
    let holder = json!({"apiVersion": "holders.example.com/v1", "kind": "Holder", "metadata": {"name": "a"}});
    assert_eq!(send(&server, "POST", HOLDERS, JSON, &holder.to_string()).await.code, 201);

    let status = json!({"status": {"pod": {"x": 1}}}).to_string();
    let updated = send(&server, "PATCH", &format!("{HOLDERS}/a/status"), MERGE_PATCH, &status).await;
    assert_eq!((updated.code, &updated.body["status"]["pod"]), (200, &json!({"x": 1})), "{}", updated.text);
    let labels = json!({"metadata": {"labels": {"a": "b"}}}).to_string();
    let updated = send(&server, "PATCH", &format!("{HOLDERS}/a"), MERGE_PATCH, &labels).await;
    let message = updated.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("status.pod.apiVersion: Required value"), "{}", updated.text);
}
