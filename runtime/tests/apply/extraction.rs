use kube_client_runtime::apply::{
    Configuration as _, DynamicApplyConfiguration, ExtractError, extract, extract_subresource,
};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use crate::MapApplyConfiguration;

fn object(fields: &Value, parts: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "namespace": "b",
            "labels": {"ours": "1", "theirs": "2"},
            "managedFields": [
                {"manager": "us", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}},
                {"manager": "us", "operation": "Apply", "apiVersion": "v1", "subresource": "status", "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {}}},
                {"manager": "us", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields},
            ],
        },
        "parts": parts,
        "status": "up",
    })
}

/// Returns the part that is extracted with and without knowledge of the type.
fn extracted(fields: &Value, parts: &Value) -> (Value, Value) {
    let object = object(&json!({"f:parts": fields}), parts);
    let typed: MapApplyConfiguration = extract(&object, "us").unwrap();
    let dynamic: DynamicApplyConfiguration = extract(&object, "us").unwrap();
    (typed.field("parts").cloned().unwrap_or_default(), dynamic.field("parts").cloned().unwrap_or_default())
}

#[test]
fn only_fields_of_the_applier_are_extracted() {
    let object = object(&json!({"f:metadata": {"f:labels": {".": {}, "f:ours": {}}}}), &json!({"size": 1}));
    let owned: MapApplyConfiguration = extract(&object, "us").unwrap();
    assert_eq!(
        serde_json::to_value(&owned).unwrap(),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b", "labels": {"ours": "1"}}})
    );
    let status: DynamicApplyConfiguration = extract_subresource(&object, "us", "status").unwrap();
    assert_eq!(status.field("status"), Some(&json!("up")));
    let nothing: MapApplyConfiguration = extract(&object, "nobody").unwrap();
    assert_eq!(nothing, MapApplyConfiguration::new("a", "b"));
}

#[test]
fn items_of_multi_key_lists_are_extracted_once_with_their_keys() {
    let fields = json!({"f:ports": {
        r#"k:{"port":1,"protocol":"UDP"}"#: {"f:name": {}},
        r#"k:{"port":1,"protocol":"TCP"}"#: {".": {}, "f:port": {}},
    }});
    let ports = json!({"ports": [
        {"port": 2, "protocol": "TCP"},
        {"port": 1, "protocol": "TCP", "name": "theirs"},
        {"port": 1, "protocol": "UDP", "name": "ours"},
    ]});
    let expected = json!({"ports": [{"port": 1, "protocol": "TCP"}, {"port": 1, "protocol": "UDP", "name": "ours"}]});
    assert_eq!(extracted(&fields, &ports), (expected.clone(), expected));
}

#[test]
fn items_of_sets_and_of_indexes_are_extracted_in_the_order_of_the_object() {
    let fields =
        json!({"f:hosts": {r#"v:"c""#: {}, r#"v:"a""#: {}}, "f:numbers": {"v:1.0": {}}, "f:other": {"i:1": {}}});
    let parts = json!({"hosts": ["c", "b", "a"], "numbers": [2, 1], "other": ["x", "y"]});
    let expected = json!({"hosts": ["c", "a"], "numbers": [1], "other": ["y"]});
    assert_eq!(extracted(&fields, &parts).1, expected);
}

#[test]
fn owned_containers_contain_what_others_added_only_if_they_are_atomic() {
    let fields =
        json!({"f:labels": {}, "f:ports": {}, "f:hosts": {}, "f:one": {}, "f:args": {}, "f:whole": {}, "f:plain": {}});
    let parts = json!({
        "labels": {"theirs": "1"}, "ports": [{"port": 1}], "hosts": ["theirs"], "one": {"port": 1},
        "args": ["ours"], "whole": {"port": 1}, "plain": [{"port": 1}],
    });
    let expected = json!({
        "labels": {}, "ports": [], "hosts": [], "one": {},
        "args": ["ours"], "whole": {"port": 1}, "plain": [{"port": 1}],
    });
    let (typed, dynamic) = extracted(&fields, &parts);
    assert_eq!(typed, expected);
    assert_eq!(dynamic, parts, "without a schema, a value may be atomic");
}

#[test]
fn owned_field_that_the_type_does_not_know_is_an_error() {
    let object = object(&json!({"f:data": {"f:x": {}}, "f:newer": {"f:field": {}}}), &json!({}));
    let mut typed: ConfigMap = serde_json::from_value(object.clone()).unwrap();
    typed.data = Some([("x".to_owned(), "1".to_owned())].into());
    let error = MapApplyConfiguration::extract(&typed, "us").unwrap_err();
    assert_eq!(error, ExtractError::UnknownField { manager: "us".to_owned(), path: ".newer".to_owned() });
    assert!(extract::<MapApplyConfiguration>(&object, "us").is_ok(), "JSON contains all fields that exist");
}

#[test]
fn owned_field_that_does_not_exist_in_the_version_of_the_object_is_an_error() {
    let mut object = object(&json!({"f:parts": {"f:older": {}}}), &json!({"size": 1}));
    object["metadata"]["managedFields"][2]["apiVersion"] = json!("v1alpha1");
    let error = extract::<MapApplyConfiguration>(&object, "us").unwrap_err();
    assert!(
        matches!(&error, ExtractError::OtherVersion { path, applied, .. } if path == ".parts.older" && applied == "v1alpha1"),
        "{error}"
    );
    object["parts"]["older"] = json!(2);
    assert!(extract::<MapApplyConfiguration>(&object, "us").is_ok(), "equal fields are extracted");
}

#[test]
fn invalid_managed_fields_are_an_error() {
    let object = object(&json!({"f:parts": {"x:y": {}}}), &json!({"size": 1}));
    let error = extract::<MapApplyConfiguration>(&object, "us").unwrap_err();
    assert_eq!(error, ExtractError::Fields { manager: "us".to_owned(), element: "x:y".to_owned() });
}
