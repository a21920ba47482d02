//! Writes.

use aigateway_client::Clientset;
use serde_json::{Value, json};

use super::{APPLY, JSON, JSON_PATCH, MERGE, Probes, probe};

/// C1: stale update returns conflict.
///
/// # Panics
/// If the server behaves differently.
pub async fn c1_stale_update_returns_conflict(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let old = probes.create("a", json!({})).await.ok().body;
    probes.patch("a", MERGE, json!({"spec": {"size": 2}})).await.ok();
    assert_eq!(probes.put("a", &old).await.reason(), (409, "Conflict".to_owned()));
    let mut unversioned = old.clone();
    unversioned["metadata"].as_object_mut().expect("metadata").remove("resourceVersion");
    assert_eq!(probes.put("a", &unversioned).await.reason(), (422, "Invalid".to_owned()));
}

/// C2: status is written only through its subresource.
///
/// # Panics
/// If the server behaves differently.
pub async fn c2_status_is_written_only_through_its_subresource(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let mut object = probe("a", json!({}));
    object["status"] = json!({"ready": true});
    let created = probes.send("POST", &probes.path(""), JSON, Some(&object)).await.ok();
    assert_eq!(created.at("/status"), Value::Null);
    let patch = json!({"spec": {"size": 9}, "status": {"ready": true}});
    let status = probes.patch("a/status", MERGE, patch).await.ok();
    assert_eq!((status.at("/spec/size"), status.at("/status/ready")), (json!(1), json!(true)));
    assert_eq!(status.at("/metadata/generation"), json!(1));
    let patched = probes.patch("a", MERGE, json!({"spec": {"size": 9}, "status": {"ready": false}})).await.ok();
    assert_eq!((patched.at("/status/ready"), patched.at("/metadata/generation")), (json!(true), json!(2)));
}

/// C3: deletion waits for finalizers.
///
/// # Panics
/// If the server behaves differently.
pub async fn c3_deletion_waits_for_finalizers(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let mut object = probe("a", json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/one"]);
    probes.send("POST", &probes.path(""), JSON, Some(&object)).await.ok();
    probes.delete("a").await.ok();
    let waiting = probes.get("a").await.ok();
    assert!(waiting.at("/metadata/deletionTimestamp").is_string());
    assert_eq!(waiting.at("/metadata/deletionGracePeriodSeconds"), json!(0));
    assert_eq!(waiting.at("/metadata/generation"), json!(2));
    let more = probes.patch("a", MERGE, json!({"metadata": {"finalizers": ["example.com/one", "b.c/d"]}})).await;
    assert_eq!(more.reason(), (422, "Invalid".to_owned()));
    probes.patch("a", MERGE, json!({"metadata": {"finalizers": null}})).await.ok();
    assert_eq!(probes.get("a").await.code, 404);
}

/// C4: generate name creates a name.
///
/// # Panics
/// If the server behaves differently.
pub async fn c4_generate_name_creates_a_name(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let object = json!({"apiVersion": super::V1, "kind": "Probe", "metadata": {"generateName": "x-"}});
    let name = probes.send("POST", &probes.path(""), JSON, Some(&object)).await.ok().at("/metadata/name");
    let end = name.as_str().and_then(|name| name.strip_prefix("x-")).expect("the prefix that was sent");
    assert!(end.len() == 5 && end.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte)), "{end}");
    let bad = json!({"apiVersion": super::V1, "kind": "Probe", "metadata": {"name": "Not a name"}});
    assert_eq!(probes.send("POST", &probes.path(""), JSON, Some(&bad)).await.code, 422);
}

/// C5: server fields of requests are ignored.
///
/// # Panics
/// If the server behaves differently.
pub async fn c5_server_fields_of_requests_are_ignored(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let mut object = probe("a", json!({}));
    for (name, value) in
        [("uid", json!("mine")), ("generation", json!(7)), ("creationTimestamp", json!("2001-01-01T00:00:00Z"))]
    {
        object["metadata"][name] = value;
    }
    let created = probes.send("POST", &probes.path(""), JSON, Some(&object)).await.ok();
    assert_ne!(created.at("/metadata/uid"), json!("mine"));
    assert_ne!(created.at("/metadata/creationTimestamp"), json!("2001-01-01T00:00:00Z"));
    assert_eq!(created.at("/metadata/generation"), json!(1));
    let labelled = probes.patch("a", MERGE, json!({"metadata": {"labels": {"a": "b"}}})).await.ok();
    assert_eq!(labelled.at("/metadata/generation"), json!(1), "labels do not change the generation");
    let first: u64 = created.version().parse().expect("a number");
    assert!(labelled.version().parse::<u64>().expect("a number") > first);
}

/// C6: unchanged write keeps the resource version.
///
/// # Panics
/// If the server behaves differently.
pub async fn c6_unchanged_write_keeps_the_resource_version(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let created = probes.create("a", json!({"color": "red"})).await.ok();
    let same = probes.put("a", &created.body).await.ok();
    let patched = probes.patch("a", MERGE, json!({"spec": {"color": "red"}})).await.ok();
    assert_eq!((same.version(), patched.version()), (created.version(), created.version()));
}

/// C11: applied fields are owned by their field manager.
///
/// # Panics
/// If the server behaves differently.
pub async fn c11_applied_fields_are_owned_by_their_field_manager(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let parts = |parts: Value| probe("a", json!({"parts": parts}));
    probes.patch("a?fieldManager=one", APPLY, parts(json!([{"name": "x", "weight": 1}, {"name": "y"}]))).await.ok();
    let both = probes.patch("a?fieldManager=two", APPLY, parts(json!([{"name": "z"}]))).await.ok();
    assert_eq!(both.at("/spec/parts").as_array().map(Vec::len), Some(3));
    let conflict = probes.patch("a?fieldManager=two", APPLY, parts(json!([{"name": "x", "weight": 2}]))).await;
    assert_eq!(conflict.reason(), (409, "Conflict".to_owned()));
    assert_eq!(conflict.at("/details/causes/0/field"), json!(".spec.parts[name=\"x\"].weight"));
    assert_eq!(conflict.at("/details/causes/0/message"), json!("conflict with \"one\""));
    let forced = probes.patch("a?fieldManager=two&force=true", APPLY, parts(json!([{"name": "x", "weight": 2}]))).await;
    assert_eq!(forced.ok().at("/spec/parts"), json!([{"name": "x", "weight": 2}, {"name": "y"}]));
    let removed = probes.patch("a?fieldManager=one", APPLY, parts(json!([]))).await.ok();
    assert_eq!(removed.at("/spec/parts"), json!([{"name": "x", "weight": 2}]));
}

/// C12: patches of every type are applied.
///
/// # Panics
/// If the server behaves differently.
pub async fn c12_patches_of_every_type_are_applied(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    probes.create("a", json!({"set": ["a", "b"], "color": "red"})).await.ok();
    let wrong =
        json!([{"op": "test", "path": "/spec/color", "value": "blue"}, {"op": "remove", "path": "/spec/color"}]);
    assert_eq!(probes.patch("a", JSON_PATCH, wrong).await.code, 422);
    let right = json!([
        {"op": "test", "path": "/spec/color", "value": "red"},
        {"op": "add", "path": "/spec/set/-", "value": "c"},
        {"op": "move", "from": "/spec/set/0", "path": "/spec/set/2"},
    ]);
    assert_eq!(probes.patch("a", JSON_PATCH, right).await.ok().at("/spec/set"), json!(["b", "c", "a"]));
    let merged = probes.patch("a", MERGE, json!({"spec": {"set": ["x"], "color": null}})).await.ok();
    assert_eq!((merged.at("/spec/set"), merged.at("/spec/color")), (json!(["x"]), Value::Null));
    let strategic = probes.patch("a", "application/strategic-merge-patch+json", json!({})).await;
    assert_eq!(strategic.reason(), (415, "UnsupportedMediaType".to_owned()));
}

/// C13: dry run stores nothing.
///
/// # Panics
/// If the server behaves differently.
pub async fn c13_dry_run_stores_nothing(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let path = probes.path("?dryRun=All");
    let created = probes.send("POST", &path, JSON, Some(&probe("a", json!({})))).await.ok();
    assert_eq!(created.at("/spec/size"), json!(1), "defaults are returned");
    assert_eq!(probes.get("a").await.code, 404);
    assert_eq!(probes.send("POST", &path, JSON, Some(&probe("a", json!({"size": -1})))).await.code, 422);
    let created = probes.create("a", json!({})).await.ok();
    probes.patch("a?dryRun=All", MERGE, json!({"spec": {"size": 5}})).await.ok();
    probes.delete("a?dryRun=All").await.ok();
    assert_eq!(probes.get("a").await.ok().version(), created.version());
}

/// C14: failed precondition of deletion returns conflict.
///
/// # Panics
/// If the server behaves differently.
pub async fn c14_failed_precondition_of_deletion_returns_conflict(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let created = probes.create("a", json!({})).await.ok();
    let delete_options =
        |preconditions: Value| json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions});
    for preconditions in [json!({"uid": "other"}), json!({"resourceVersion": "1"})] {
        let response = probes.send("DELETE", &probes.path("a"), JSON, Some(&delete_options(preconditions))).await;
        assert_eq!(response.reason(), (409, "Conflict".to_owned()));
    }
    let orphaned = probes.delete("a?propagationPolicy=Orphan").await.ok();
    assert_eq!(orphaned.at("/metadata/finalizers"), json!(["orphan"]));
    probes.patch("a", MERGE, json!({"metadata": {"finalizers": null}})).await.ok();
    assert_eq!(probes.delete("a?propagationPolicy=Nonsense").await.code, 422);
    assert_eq!(probes.get("a").await.code, 404);
    let again = probes.create("a", json!({})).await.ok();
    let preconditions = json!({"uid": again.at("/metadata/uid")});
    probes.send("DELETE", &probes.path("a"), JSON, Some(&delete_options(preconditions))).await.ok();
    assert_ne!(again.at("/metadata/uid"), created.at("/metadata/uid"));
}

/// C16: schemas and rules are enforced.
///
/// # Panics
/// If the server behaves differently.
pub async fn c16_schemas_and_rules_are_enforced(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let created = probes.create("a", json!({"gone": 1, "free": {"kept": 1}, "class": "x"})).await.ok();
    assert_eq!(created.at("/spec"), json!({"size": 1, "free": {"kept": 1}, "class": "x"}));
    assert!(
        created.warnings().iter().any(|warning| warning.contains("unknown field \\\"spec.gone\\\"")),
        "{:?}",
        created.warnings()
    );
    let strict =
        probes.send("POST", &probes.path("?fieldValidation=Strict"), JSON, Some(&probe("b", json!({"gone": 1})))).await;
    assert_eq!(strict.reason(), (400, "BadRequest".to_owned()));
    let ignored =
        probes.send("POST", &probes.path("?fieldValidation=Ignore"), JSON, Some(&probe("b", json!({"gone": 1})))).await;
    assert_eq!(ignored.ok().warnings(), Vec::<String>::new());

    let causes = |response: &super::Response| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let causes = response.at("/details/causes").as_array().cloned().unwrap_or_default();
        causes.iter().map(|cause| (text(&cause["reason"]), text(&cause["field"]))).collect()
    };
    let wrong = probes.create("c", json!({"size": -1, "set": ["a", "a"]})).await;
    assert!(causes(&wrong).contains(&("FieldValueInvalid".to_owned(), "spec.size".to_owned())), "{}", wrong.body);
    assert!(causes(&wrong).contains(&("FieldValueDuplicate".to_owned(), "spec.set[1]".to_owned())), "{}", wrong.body);
    let rule = probes.create("c", json!({"size": 1, "least": 2})).await;
    assert_eq!(causes(&rule), [("FieldValueForbidden".to_owned(), "spec.least".to_owned())]);
    let changed = probes.patch("a", MERGE, json!({"spec": {"class": "y"}})).await;
    assert_eq!(causes(&changed), [("FieldValueInvalid".to_owned(), "spec.class".to_owned())]);
    assert_eq!(changed.at("/details/causes/0/message"), json!("Invalid value: \"y\": class is immutable"));
}

/// C20: errors have reason message and details.
///
/// # Panics
/// If the server behaves differently.
pub async fn c20_errors_have_reason_message_and_details(clients: &Clientset, namespace: &str) {
    let probes = Probes::new(clients, namespace).await;
    let missing = probes.get("none").await;
    assert_eq!(missing.reason(), (404, "NotFound".to_owned()));
    assert_eq!(missing.at("/message"), json!("probes.probes.example.com \"none\" not found"));
    assert_eq!(missing.at("/details"), json!({"name": "none", "group": "probes.example.com", "kind": "probes"}));
    probes.create("a", json!({})).await.ok();
    let duplicate = probes.create("a", json!({})).await;
    assert_eq!(duplicate.reason(), (409, "AlreadyExists".to_owned()));
    assert_eq!(duplicate.at("/message"), json!("probes.probes.example.com \"a\" already exists"));
    let elsewhere =
        probes.send("POST", &probes.path("").replace(namespace, "nowhere"), JSON, Some(&probe("a", json!({})))).await;
    assert_eq!(elsewhere.at("/message"), json!("namespaces \"nowhere\" not found"));
    assert_eq!(probes.send("POST", &probes.path(""), "text/plain", Some(&json!({}))).await.reason().0, 415);
    assert_eq!(probes.send_accepting("GET", &probes.path("a"), JSON, None, "text/html").await.reason().0, 406);
    assert_eq!(probes.send("POST", &probes.path("a/status"), JSON, Some(&probe("a", json!({})))).await.reason().0, 405);
}
