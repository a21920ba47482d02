//! Tests of the order, the outcomes and the progress of an apply.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_client_runtime::client::{Client, FieldValidation, WriteOptions};
use kube_client_runtime::dynamic::RestMapper;
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_client_runtime::manifests::{Manifests, Progress, apply_manifests};
use kube_fake_apiserver::{Action, Calls, Failure, Reaction};
use serde_json::{Value, json};

use super::{client, lines, manifests, map, object, options, outcomes, server, widgets};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// An application, in the reverse of the order in which it can be applied.
fn application() -> Vec<Value> {
    let in_store = |mut object: Value| {
        object["metadata"]["namespace"] = "store".into();
        object
    };
    vec![
        in_store(
            json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}),
        ),
        in_store(object("apps/v1", "Deployment", "d")),
        in_store(object("v1", "Service", "s")),
        in_store(object(RBAC, "RoleBinding", "b")),
        in_store(object(RBAC, "Role", "r")),
        in_store(map("m", "")),
        in_store(object("v1", "ServiceAccount", "a")),
        widgets(),
        object("v1", "Namespace", "store"),
    ]
}

#[tokio::test]
async fn objects_are_applied_in_the_order_of_their_dependencies() {
    let server = server();
    let recording = server.record();
    let report = apply_manifests(&client(&server), &manifests(application()), &options()).await.unwrap();
    let expected = [
        "namespace/store",
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com",
        "serviceaccount/a",
        "configmap/m",
        "role.rbac.authorization.k8s.io/r",
        "rolebinding.rbac.authorization.k8s.io/b",
        "service/s",
        "deployment.apps/d",
        "widget.example.com/w",
    ];
    assert_eq!(outcomes(&report), expected.map(|object| format!("{object} created")));
    assert_eq!(report.to_string().lines().next(), Some("namespace/store serverside-applied"));
    let writes = recording.writes();
    assert_eq!(lines(&writes)[0], "patch namespaces store");
    assert_eq!(lines(&writes)[8], "patch widgets store/w");
    assert!(writes.iter().all(|write| write.option("fieldManager") == Some("installer")));
    assert!(writes.iter().all(|write| write.option("fieldValidation") == Some("Strict")));
    // The CRD is awaited before its objects are sent.
    let actions = lines(&recording.actions());
    let at = |line: &str| actions.iter().position(|action| action == line);
    let awaited = at("get customresourcedefinitions widgets.example.com");
    assert!(awaited.is_some() && awaited < at("patch widgets store/w"), "{actions:?}");
}

#[tokio::test]
async fn outcomes_tell_what_changed() {
    let server = server();
    let client = client(&server);
    let first = apply_manifests(&client, &manifests([map("a", "1"), map("b", "1")]), &options()).await.unwrap();
    assert_eq!(outcomes(&first), ["configmap/a created", "configmap/b created"]);
    let changed = [map("a", "2"), map("b", "1"), map("c", "1")];
    let second = apply_manifests(&client, &manifests(changed), &options()).await.unwrap();
    assert_eq!(outcomes(&second), ["configmap/a configured", "configmap/b unchanged", "configmap/c created"]);
    assert_eq!(first.entries[1].resource_version, second.entries[1].resource_version);
    assert_ne!(first.entries[0].resource_version, second.entries[0].resource_version);
    assert_eq!(first.entries[0].uid, second.entries[0].uid);

    let json = serde_json::to_value(&second).unwrap();
    assert_eq!(
        json["entries"][0]["object"],
        json!({"group": "", "version": "v1", "kind": "ConfigMap", "namespace": "default", "name": "a"})
    );
    assert_eq!(json["entries"][0]["outcome"], "configured");
    assert_eq!(json["entries"][0]["origin"]["source"], "0");
    assert_eq!(json["dryRun"], false);
}

#[tokio::test]
async fn object_that_may_not_be_read_is_applied() {
    let server = server();
    let forbidden = Failure::new(http::StatusCode::FORBIDDEN, "Forbidden", "no");
    server.react(Calls::to("get", "configmaps"), Reaction::fail(forbidden));
    let client = client(&server);
    for expected in ["configmap/a created", "configmap/a configured"] {
        let report = apply_manifests(&client, &manifests([map("a", "1")]), &options()).await.unwrap();
        assert_eq!(outcomes(&report), [expected]);
    }
}

/// A config map as `kubectl apply` writes it without `--server-side`.
async fn apply_client_side(client: &Client, name: &str) {
    let mut map: ConfigMap = serde_json::from_value(map(name, "1")).unwrap();
    map.data.get_or_insert_default().insert("old".to_owned(), "1".to_owned());
    let annotation = ("kubectl.kubernetes.io/last-applied-configuration".to_owned(), "{}".to_owned());
    map.metadata.annotations = Some([annotation].into());
    let options = WriteOptions::default().field_manager("kubectl-client-side-apply");
    client.namespaced::<ConfigMap>("default").create_with(&map, &options).await.unwrap();
}

#[tokio::test]
async fn objects_of_client_side_apply_are_migrated() {
    let server = server();
    let client = client(&server);
    apply_client_side(&client, "a").await;
    let conflict = Failure::new(http::StatusCode::CONFLICT, "Conflict", "the object has been modified");
    let is_migration = |action: &Action| action.content_type == "application/json-patch+json";
    server.react(Calls::to("patch", "configmaps").matching(is_migration), Reaction::fail(conflict.clone()).once());
    let report = apply_manifests(&client, &manifests([map("a", "1")]), &options()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/a configured"]);
    let migrated = client.namespaced::<ConfigMap>("default").get("a").await.unwrap();
    assert_eq!(migrated.data, Some([("key".to_owned(), "1".to_owned())].into()), "the old field is removed");
    let managers: Vec<_> =
        migrated.metadata.managed_fields.into_iter().flatten().filter_map(|entry| entry.manager).collect();
    assert_eq!(managers, ["installer"]);
    assert_eq!(report.entries[0].resource_version, migrated.metadata.resource_version);
    let report = apply_manifests(&client, &manifests([map("a", "1")]), &options()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/a unchanged"]);

    apply_client_side(&client, "b").await;
    server.react(Calls::to("patch", "configmaps").matching(is_migration), Reaction::fail(conflict));
    let report = apply_manifests(&client, &manifests([map("b", "1")]), &options()).await.unwrap();
    assert!(report.entries[0].warnings[0].contains("not migrated from client-side apply"), "{report:?}");
}

#[tokio::test]
async fn warnings_of_the_server_are_in_the_report() {
    let server = server();
    server.react(Calls::to("patch", "configmaps"), Reaction::pass().with_warning("v1 is old"));
    let recording = server.record();
    let manifests = manifests([map("a", "1"), object("v1", "Secret", "b")]);
    let lenient = options().field_validation(FieldValidation::Warn);
    let report = apply_manifests(&client(&server), &manifests, &lenient).await.unwrap();
    let warnings: Vec<&[String]> = report.entries.iter().map(|entry| &*entry.warnings).collect();
    assert_eq!(warnings, [&["v1 is old".to_owned()][..], &[]]);
    assert!(recording.writes().iter().all(|write| write.option("fieldValidation") == Some("Warn")));
}

#[tokio::test]
async fn progress_counts_objects() {
    let server = server();
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    let options = options().on_progress(move |progress| {
        seen.lock().unwrap().push(match progress {
            Progress::Checked { objects } => format!("checked {objects}"),
            Progress::Waiting { object } => format!("waiting for {object}"),
            Progress::Finished { entry, done, total } => format!("{} {done}/{total}", entry.object),
            other => format!("{other:?}"),
        });
    });
    apply_manifests(&client(&server), &manifests([map("a", ""), widgets()]), &options).await.unwrap();
    let crd = "customresourcedefinition.apiextensions.k8s.io/widgets.example.com";
    let expected =
        ["checked 2".to_owned(), format!("waiting for {crd}"), format!("{crd} 1/2"), "configmap/a 2/2".to_owned()];
    assert_eq!(*events.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_limited() {
    let server = server();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (start, peak) = (running.clone(), most.clone());
    let started = Calls::to("get", "configmaps").matching(move |_| {
        peak.fetch_max(start.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        true
    });
    server.react(started, Reaction::delay(Duration::from_secs(1)));
    let finish = running.clone();
    let options = options().concurrency(3).on_progress(move |progress| {
        if matches!(progress, Progress::Finished { .. }) {
            finish.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let objects = (0..10).map(|number| map(&format!("m{number}"), ""));
    let report = apply_manifests(&client(&server), &manifests(objects), &options).await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 3);
    let names: Vec<&str> = report.entries.iter().map(|entry| &*entry.object.name).collect();
    assert_eq!(names, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"], "in the order of the input");
}

#[tokio::test(start_paused = true)]
async fn shared_mapper_is_refreshed_for_a_new_kind() {
    let server = server();
    let client = client(&server);
    let mapper = RestMapper::new(client.clone());
    mapper.resolve("configmaps").await.unwrap();
    apply_manifests(&client, &manifests([widgets()]), &options().mapper(mapper.clone())).await.unwrap();
    let widget = manifests([object("example.com/v1", "Widget", "w")]);
    let report = apply_manifests(&client, &widget, &options().mapper(mapper)).await.unwrap();
    assert_eq!(outcomes(&report), ["widget.example.com/w created"]);
}

/// This test verifies at compile time that the futures can be spawned.
#[tokio::test]
async fn futures_are_send() {
    fn spawnable<T: Send>(_: &T) {}
    let (server, manifests, options) = (server(), Manifests::new(), options());
    let client = client(&server);
    spawnable(&apply_manifests(&client, &manifests, &options));
    spawnable(&kube_client_runtime::manifests::delete_manifests(
        &client,
        &manifests,
        &kube_client_runtime::manifests::DeleteManifestsOptions::new(),
    ));
}
