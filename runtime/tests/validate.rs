//! Validation before sending returns what the API server returns.

use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube_client_runtime::client::{Client, Namespaced, WriteOptions};
use kube_client_runtime::validate::{Validator, ValidatorError};
use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

fn crd() -> Value {
    let rule = |rule: &str, message: &str| json!({"rule": rule, "message": message});
    let spec = json!({
        "type": "object",
        "required": ["size"],
        "x-kubernetes-validations": [rule("self.size <= self.maximum", "size exceeds maximum")],
        "properties": {
            "size": {"type": "integer", "minimum": 1},
            "maximum": {"type": "integer", "default": 5},
            "class": {"type": "string", "maxLength": 8,
                "x-kubernetes-validations": [rule("self == oldSelf", "class is immutable")]},
            "mode": {"type": "string", "enum": ["a", "b"]},
            "ports": {"type": "array", "maxItems": 10, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {"type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}, "port": {"type": "integer", "maximum": 65535}}}},
            "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        },
    });
    let status = json!({"type": "object", "properties": {"ready": {"type": "integer", "minimum": 0}}});
    let schema = json!({"type": "object", "required": ["spec"], "properties": {"spec": spec, "status": status}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": schema}}]},
    })
}

fn things() -> (Namespaced<DynamicObject>, Validator) {
    let server = FakeApiServer::builder().crds_yaml(crd().to_string()).build().expect("a valid CRD");
    let kind = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.com", "v1", "Thing"), "things");
    let things = Client::from(server.client()).namespaced_with("default", kind);
    (things, Validator::new(&crd(), "v1").expect("a valid CRD"))
}

fn thing(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": name}, "spec": spec})
}

/// Specs, of which some are valid.
fn specs() -> Vec<Value> {
    vec![
        json!({"size": 1}),
        json!({}),
        json!({"size": 0}),
        json!({"size": "1"}),
        json!({"size": 9}),
        json!({"size": 9, "maximum": 10}),
        json!({"size": 1, "class": "far too long", "mode": "c"}),
        json!({"size": 1, "unknown": {"a": 1}}),
        json!({"size": 1, "mode": null}),
        json!({"size": 1, "ports": [{"name": "a"}, {"name": "b"}, {"name": "a", "port": 70000}]}),
        json!({"size": 1, "ports": [{"port": 1}]}),
        json!({"size": 1, "tags": ["x", "y", "x"]}),
        json!({"size": 7, "maximum": 6, "tags": ["x", "x"]}),
        json!([]),
        json!(null),
    ]
}

/// Returns the message of an error without what the client adds.
fn message(error: &kube_client_runtime::client::Error) -> String {
    error.status().expect("an answer of the server").message.clone()
}

#[tokio::test]
async fn errors_of_a_create_are_those_of_the_server() {
    let (things, validator) = things();
    let mut rejected = 0;
    for (number, spec) in specs().iter().enumerate() {
        for name in [format!("thing-{number}"), "Not_A_Name".to_owned()] {
            let object = thing(&name, spec);
            let created = things.create(&serde_json::from_value(object.clone()).unwrap()).await;
            let expected = created.as_ref().err().map(message);
            let found = validator.validate(&object).err().map(|invalid| invalid.to_string());
            assert_eq!(found, expected, "{object}");
            rejected += usize::from(found.is_some());
        }
    }
    assert!((20..2 * specs().len()).contains(&rejected), "{rejected} rejected");
}

#[tokio::test]
async fn causes_are_those_of_the_server() {
    let (things, validator) = things();
    let object = thing("a", &json!({"size": 1, "class": "far too long", "mode": "c"}));
    let error = things.create(&serde_json::from_value(object.clone()).unwrap()).await.unwrap_err();
    let invalid = validator.validate(&object).unwrap_err();
    let found: Vec<_> = invalid.causes.iter().map(|cause| (cause.field.clone(), cause.reason.to_owned())).collect();
    let expected: Vec<_> = error.causes().into_iter().map(|cause| (cause.field, cause.reason)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn errors_of_an_update_are_those_of_the_server() {
    let (things, validator) = things();
    let spec = json!({"size": 1, "class": "small"});
    let stored = things.create(&serde_json::from_value(thing("a", &spec)).unwrap()).await.unwrap();
    let old = serde_json::to_value(&stored).unwrap();
    let mut rejected = 0;
    for mut spec in specs() {
        for class in ["small", "other"] {
            if let Some(fields) = spec.as_object_mut() {
                fields.insert("class".to_owned(), class.into());
            }
            let mut object = old.clone();
            object["spec"] = spec.clone();
            let options = WriteOptions::default().dry_run();
            let updated = things.update_with(&serde_json::from_value(object.clone()).unwrap(), &options).await;
            let expected = updated.as_ref().err().map(message);
            let found = validator.validate_update(&object, &old).err().map(|invalid| invalid.to_string());
            assert_eq!(found, expected, "{object}");
            rejected += usize::from(found.is_some());
        }
    }
    assert!(rejected >= 15, "{rejected} rejected");
}

#[tokio::test]
async fn errors_of_a_status_update_are_those_of_the_server() {
    let (things, validator) = things();
    let stored = things.create(&serde_json::from_value(thing("a", &json!({"size": 1}))).unwrap()).await.unwrap();
    let old = serde_json::to_value(&stored).unwrap();
    for status in [json!({"ready": 1}), json!({"ready": -1}), json!({"ready": "no"}), json!({"unknown": 1})] {
        let mut object = old.clone();
        object["status"] = status.clone();
        let patch = kube::api::Patch::Merge(json!({"status": status}));
        let things = things.api();
        let updated = things.patch_status("a", &kube::api::PatchParams::default(), &patch).await;
        let expected = updated.err().map(|error| match error {
            kube::Error::Api(status) => status.message,
            other => panic!("{other}"),
        });
        let found = validator.validate_status_update(&object, &old).err().map(|invalid| invalid.to_string());
        assert_eq!(found, expected, "{object}");
    }
}

#[test]
fn defaults_are_set_and_unknown_fields_are_named() {
    let validator = Validator::new(&crd(), "v1").unwrap();
    let mut object = thing("a", &json!({"size": 1, "unknown": 1, "mode": null}));
    assert_eq!(validator.apply_defaults(&mut object), ["spec.unknown"]);
    assert_eq!(object["spec"], json!({"size": 1, "maximum": 5}));
}

#[test]
fn unknown_version_names_those_of_the_crd() {
    let error = Validator::new(&crd(), "v2").unwrap_err();
    assert_eq!(error.to_string(), r#"CRD things.example.com has no version "v2"; it has v1"#);
    let error = Validator::new(&json!({"kind": "ConfigMap", "apiVersion": "v1"}), "v1").unwrap_err();
    assert!(matches!(error, ValidatorError::Invalid(_)), "{error}");
}
