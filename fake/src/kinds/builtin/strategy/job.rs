//! The labels and the selector that connect jobs with their pods.

use serde_json::{Value, json};

use crate::metadata;

/// Adds labels with the name and the uid, and a selector by uid, unless the job has a selector of its own.
pub(super) fn generate_selector(object: &mut Value) {
    const UID: &str = "batch.kubernetes.io/controller-uid";
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let (name, uid) = (metadata::text(object, "name").to_owned(), metadata::text(object, "uid").to_owned());
    // The API server defaults the labels to the map of the template, so that labels that are added to one are in both.
    let shares_labels = object.pointer("/metadata/labels").is_some_and(Value::is_object)
        && object.pointer("/metadata/labels") == object.pointer("/spec/template/metadata/labels");
    let labels = &mut object["spec"]["template"]["metadata"]["labels"];
    if !labels.is_object() {
        *labels = json!({});
    }
    for (key, value) in
        [("job-name", &name), ("batch.kubernetes.io/job-name", &name), ("controller-uid", &uid), (UID, &uid)]
    {
        add(labels, key, value);
    }
    if shares_labels {
        object["metadata"]["labels"] = object["spec"]["template"]["metadata"]["labels"].clone();
    }
    let selector = &mut object["spec"]["selector"];
    if !selector.is_object() {
        *selector = json!({});
    }
    if !selector["matchLabels"].is_object() {
        selector["matchLabels"] = json!({});
    }
    add(&mut selector["matchLabels"], UID, &uid);
}

fn add(labels: &mut Value, key: &str, value: &str) {
    if let Some(labels) = labels.as_object_mut() {
        labels.entry(key).or_insert_with(|| value.into());
    }
}
