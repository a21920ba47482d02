use kube_client_runtime::apply::{upgrade_managed_fields, upgrade_managed_fields_at};
use kube_client_runtime::types::ObjectMeta;
use serde_json::{Value, json};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn entry(manager: &str, operation: &str, version: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn metadata(entries: &[Value]) -> ObjectMeta {
    serde_json::from_value(json!({"name": "a", "annotations": {LAST_APPLIED: "{}"}, "managedFields": entries})).unwrap()
}

fn upgraded(entries: &[Value], updaters: &[&str]) -> Value {
    let mut metadata = metadata(entries);
    upgrade_managed_fields(&mut metadata, updaters, "new");
    serde_json::to_value(metadata.managed_fields).unwrap()
}

#[test]
fn updater_becomes_the_applier() {
    let annotation = format!("f:{LAST_APPLIED}");
    let fields = json!({"f:metadata": {"f:annotations": {".": {}, annotation: {}}}, "f:data": {"f:a": {}}});
    let expected = json!({"f:metadata": {"f:annotations": {}}, "f:data": {"f:a": {}}});
    let others = entry("other", "Update", "v1", &json!({"f:x": {}}));
    assert_eq!(
        upgraded(&[others.clone(), entry("old", "Update", "v1", &fields)], &["old"]),
        json!([others, entry("new", "Apply", "v1", &expected)])
    );
}

#[test]
fn fields_of_the_updaters_are_added_to_the_applier_of_the_same_version() {
    let entries = [
        entry("new", "Apply", "v1", &json!({"f:data": {"f:a": {}}})),
        entry("old", "Update", "v1", &json!({"f:data": {".": {}, "f:b": {}}})),
        entry("older", "Update", "v1", &json!({"f:c": {}})),
        entry("old", "Update", "v1beta1", &json!({"f:dropped": {}})),
    ];
    let all = json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:c": {}});
    assert_eq!(upgraded(&entries, &["old", "older"]), json!([entry("new", "Apply", "v1", &all)]));
}

#[test]
fn annotation_of_client_side_apply_is_removed_and_other_objects_do_not_change() {
    let mut changed = metadata(&[entry("old", "Update", "v1", &json!({"f:data": {}}))]);
    assert!(upgrade_managed_fields(&mut changed, &["old"], "new"));
    assert_eq!(changed.annotations.unwrap_or_default().len(), 0);

    let mut unrelated = metadata(&[entry("other", "Update", "v1", &json!({"f:data": {}}))]);
    unrelated.annotations = None;
    let before = unrelated.clone();
    assert!(!upgrade_managed_fields(&mut unrelated, &["old"], "new"));
    assert_eq!(unrelated, before);
}

#[test]
fn subresources_are_upgraded_separately() {
    let mut status = entry("old", "Update", "v1", &json!({"f:status": {}}));
    status["subresource"] = json!("status");
    let mut metadata = metadata(&[status.clone()]);
    assert!(upgrade_managed_fields(&mut metadata, &["old"], "new"), "the annotation");
    assert!(!upgrade_managed_fields(&mut metadata, &["old"], "new"));
    assert!(upgrade_managed_fields_at(&mut metadata, &["old"], "new", "status"));
    status["manager"] = json!("new");
    status["operation"] = json!("Apply");
    assert_eq!(serde_json::to_value(metadata.managed_fields).unwrap(), json!([status]));
}
