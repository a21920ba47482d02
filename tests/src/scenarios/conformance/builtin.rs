//! Behaviour of builtin kinds.

use aigateway_client::Clientset;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use serde_json::{Value, json};

use testkit::media_types::STRATEGIC_MERGE_PATCH as STRATEGIC;

use super::{JSON, MERGE, Probes};

/// C12: strategic merge patches of builtin kinds.
///
/// # Panics
/// If the server behaves differently.
pub async fn c12_builtin_kinds_accept_strategic_merge_patches(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let object = json!({
        "metadata": {"name": "strategic", "finalizers": ["example.com/a", "example.com/b"]},
        "data": {"a": "1", "b": "2"},
    });
    probes.send("POST", &path, JSON, Some(&object)).await.ok();
    let path = format!("{path}/strategic");
    let patch = json!({
        "metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]},
        "data": {"a": null, "c": "3"},
    });
    let patched = probes.send("PATCH", &path, STRATEGIC, Some(&patch)).await.ok();
    assert_eq!(patched.at("/metadata/finalizers"), json!(["example.com/b"]));
    assert_eq!(patched.at("/data"), json!({"b": "2", "c": "3"}));
    let patch = json!({"metadata": {"finalizers": ["example.com/c"]}, "data": {"$patch": "replace", "d": "4"}});
    let patched = probes.send("PATCH", &path, STRATEGIC, Some(&patch)).await.ok();
    assert_eq!(patched.at("/metadata/finalizers"), json!(["example.com/c", "example.com/b"]));
    assert_eq!(patched.at("/data"), json!({"d": "4"}));
    let wrong = json!({"data": {"$patch": "blend"}});
    let refused = probes.send("PATCH", &path, STRATEGIC, Some(&wrong)).await;
    assert_eq!((refused.code, refused.at("/reason")), (500, Value::Null), "{}", refused.body);
    let release = json!({"metadata": {"finalizers": null}});
    probes.send("PATCH", &path, MERGE, Some(&release)).await.ok();
}

/// C19: events, which exist in two groups.
///
/// # Panics
/// If the server behaves differently.
pub async fn c19_events_are_shared_between_two_groups(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let recorder = Recorder::new(probes.client.clone(), Reporter::from("example.com/controller"));
    let event = Event {
        type_: EventType::Warning,
        reason: "Odd".into(),
        note: Some("what happened".into()),
        action: "Looking".into(),
        secondary: None,
    };
    let about = ObjectReference {
        kind: Some("Probe".into()),
        name: Some("a".into()),
        namespace: Some(namespace.into()),
        ..ObjectReference::default()
    };
    recorder.publish(&event, &about).await.expect("an accepted event");
    let core = format!("/api/v1/namespaces/{namespace}/events");
    let new = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
    let found = probes.send("GET", &format!("{core}?fieldSelector=involvedObject.name=a"), JSON, None).await.ok();
    assert_eq!((found.at("/items/0/message"), found.at("/items/0/reason")), (json!("what happened"), json!("Odd")));
    assert_eq!(found.at("/items/0/reportingComponent"), json!("example.com/controller"));
    let same = probes.send("GET", &format!("{new}?fieldSelector=regarding.name=a"), JSON, None).await.ok();
    assert_eq!(same.at("/items/0/note"), json!("what happened"));
    assert_eq!(same.at("/items/0/metadata/uid"), found.at("/items/0/metadata/uid"));
    let name = same.names().pop().expect("an event");
    let fixed = probes.send("PATCH", &format!("{new}/{name}"), MERGE, Some(&json!({"note": "other"}))).await;
    assert_eq!(fixed.reason(), (422, "Invalid".to_owned()));
    let changed = probes.send("PATCH", &format!("{core}/{name}"), MERGE, Some(&json!({"message": "other"}))).await;
    assert_eq!(changed.ok().at("/message"), json!("other"));
}
