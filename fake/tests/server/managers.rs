//! Field ownership after writes that send `managedFields` and after applies that create.

use serde_json::{Value, json};

use super::raw::{APPLY_PATCH, JSON, MERGE_PATCH, WIDGETS, send};
use super::server;

#[tokio::test]
async fn empty_managed_fields_list_keeps_managers_and_empty_entry_resets_them() {
    let server = server();
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 2}});
    let created = send(&server, "POST", WIDGETS, JSON, &object.to_string()).await.body;
    let path = format!("{WIDGETS}/a");
    for managers in ["[]", "null"] {
        let patch = format!(r#"{{"metadata":{{"managedFields":{managers}}}}}"#);
        let patched = send(&server, "PATCH", &path, MERGE_PATCH, &patch).await.body;
        assert_eq!(patched["metadata"]["managedFields"], created["metadata"]["managedFields"]);
    }
    let mut update = created.clone();
    update["metadata"]["managedFields"] = json!([]);
    let updated = send(&server, "PUT", &path, JSON, &update.to_string()).await.body;
    assert_eq!(updated["metadata"]["managedFields"], created["metadata"]["managedFields"]);
    let reset = send(&server, "PATCH", &path, MERGE_PATCH, r#"{"metadata":{"managedFields":[{}]}}"#).await.body;
    assert_eq!(reset["metadata"]["managedFields"], Value::Null);
    let patched_again = send(&server, "PATCH", &path, MERGE_PATCH, r#"{"spec":{"size":3}}"#).await.body;
    assert_eq!(patched_again["metadata"]["managedFields"], Value::Null);
}

#[tokio::test]
async fn creating_apply_ignores_fields_that_the_server_sets() {
    for (name, value, owned) in [
        ("resourceVersion", json!("5"), false),
        ("resourceVersion", json!("0"), false),
        ("selfLink", json!("/x"), false),
        ("generation", json!(7), false),
        ("creationTimestamp", json!("2020-01-01T00:00:00Z"), false),
        ("deletionTimestamp", json!(null), true),
        ("deletionTimestamp", json!("2020-01-01T00:00:00Z"), true),
    ] {
        let server = server();
        let mut config =
            json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 2}});
        config["metadata"][name] = value.clone();
        let path = format!("{WIDGETS}/a?fieldManager=x");
        let applied = send(&server, "PATCH", &path, APPLY_PATCH, &config.to_string()).await;
        assert_eq!(applied.code, 201, "{name} {value}: {}", applied.body);
        assert!(applied.body["metadata"].get("deletionTimestamp").is_none());
        let fields = &applied.body["metadata"]["managedFields"][0]["fieldsV1"];
        let expected = if owned { json!({"f:deletionTimestamp": {}}) } else { Value::Null };
        assert_eq!(fields["f:metadata"], expected, "{name} {value}");
    }
    let config =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "resourceVersion": "abc"}});
    let refused =
        send(&server(), "PATCH", &format!("{WIDGETS}/a?fieldManager=x"), APPLY_PATCH, &config.to_string()).await;
    assert_eq!(
        (refused.code, &refused.body["message"]),
        (500, &json!("strconv.ParseUint: parsing \"abc\": invalid syntax"))
    );
}
