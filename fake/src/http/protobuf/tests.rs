//! Tests of the protobuf encoding.

use serde_json::{Value, json};

use super::{frame, read, struct_of, write};
use crate::catalogue::{self, Catalogue, Release};

fn catalogue() -> &'static Catalogue {
    Catalogue::of(Release::V1_37)
}

/// Encodes and decodes an object, and normalizes it as the API server does.
fn round_trip(object: &Value) -> Value {
    let bytes = write(catalogue(), object).expect("the kind is known");
    let mut decoded = read(catalogue(), &bytes).expect("the bytes are valid");
    normalize(&mut decoded);
    decoded
}

fn normalize(object: &mut Value) {
    let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let type_ = struct_of(catalogue(), &api_version, &kind).unwrap();
    assert_eq!(catalogue::decode(type_, object), Ok(Vec::new()));
    let _ = crate::metadata::normalize(object);
}

#[test]
fn objects_survive_a_round_trip() {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "labels": {"x": "y"}, "creationTimestamp": "2024-01-02T03:04:05Z"},
        "spec": {
            "containers": [{
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "500m"}},
                "livenessProbe": {"httpGet": {"port": "web"}, "initialDelaySeconds": 3},
                "securityContext": {"privileged": false},
            }],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "priority": -5,
        },
    });
    normalize(&mut pod);
    assert_eq!(round_trip(&pod), pod);
    let mut webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "w"},
        "webhooks": [{
            "name": "a.b.c",
            "clientConfig": {"caBundle": "AAEC"},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }],
    });
    normalize(&mut webhook);
    assert_eq!(round_trip(&webhook), webhook);
}

#[test]
fn schemas_of_definitions_survive_a_round_trip() {
    let schema = json!({
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "array", "items": {"type": "number", "maximum": 1.5}},
            "b": {"type": "object", "additionalProperties": {"type": "string"}, "default": {"x": "y"}},
            "c": {"additionalProperties": true, "x-kubernetes-preserve-unknown-fields": true},
        },
    });
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"plural": "widgets", "kind": "Widget"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    let bytes = write(catalogue(), &definition).unwrap();
    let decoded = read(catalogue(), &bytes).unwrap();
    let mut found = decoded["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    remove_empty(&mut found);
    assert_eq!(found, schema);
}

#[test]
fn rules_of_definitions_are_repeated_messages() {
    // As Go writes them: field 44 of the schema, with its rule and two empty texts.
    let rule = b"\xe2\x02\x0a\x0a\x04true\x12\x00\x1a\x00";
    let schema = catalogue().struct_named("apiextensions/v1.JSONSchemaProps").unwrap();
    let mut decoded = Value::Object(super::decode::message(schema, &[rule.as_slice(), rule].concat()).unwrap());
    remove_empty(&mut decoded);
    assert_eq!(decoded, json!({"x-kubernetes-validations": [{"rule": "true"}, {"rule": "true"}]}));
}

/// Removes the empty fields, which Go always writes.
fn remove_empty(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(remove_empty);
            fields.retain(|_, value| !matches!(value, Value::Null | Value::Bool(false)) && *value != "");
        }
        Value::Array(items) => items.iter_mut().for_each(remove_empty),
        _ => {}
    }
}

#[test]
fn truncated_bodies_are_rejected() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
    let bytes = write(catalogue(), &object).unwrap();
    let rejected = (4..bytes.len()).filter(|end| read(catalogue(), &bytes[..*end]).is_none()).count();
    assert!(rejected > bytes.len() / 2, "{rejected} of {}", bytes.len());
}

#[test]
fn events_of_a_watch_have_their_length_in_front() {
    let frame = frame("ADDED", b"object");
    let length = u32::from_be_bytes(frame[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), frame.len() - 4);
    assert_eq!(&frame[4..11], b"\x0a\x05ADDED");
}

/// The objects with all fields that Kubernetes itself tests with: `KUBERNETES_API_TESTDATA` names their folders in the modules
/// `k8s.io/api` and `k8s.io/apiextensions-apiserver`, separated by colons.
#[test]
#[ignore = "needs Go: run `cargo xtask kinds --check`"]
fn test_data_of_kubernetes_survives_a_round_trip() {
    let folders = std::env::var("KUBERNETES_API_TESTDATA").expect("KUBERNETES_API_TESTDATA is set");
    let (mut kinds, mut failures) = (0, Vec::new());
    for entry in folders.split(':').flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pb") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let mut expected: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let text = |object: &Value, name: &str| object[name].as_str().unwrap_or_default().to_owned();
        if struct_of(catalogue(), &text(&expected, "apiVersion"), &text(&expected, "kind")).is_none() {
            continue;
        }
        kinds += 1;
        if write(catalogue(), &expected).as_deref() != Some(&bytes) {
            failures.push(format!("{name}: encoded differently"));
        }
        let Some(mut decoded) = read(catalogue(), &bytes) else {
            failures.push(format!("{name}: not decoded"));
            continue;
        };
        for object in [&mut decoded, &mut expected] {
            normalize(object);
            // Schemas in lists are normalized where definitions are read.
            if object["kind"] == "CustomResourceDefinition" {
                remove_empty(object);
            }
        }
        if decoded != expected {
            failures.push(format!("{name}: decoded differently"));
        }
    }
    assert!(kinds > 100, "{kinds} kinds");
    assert_eq!(failures, [""; 0], "of {kinds}");
}
