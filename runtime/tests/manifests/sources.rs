//! Tests of the sources of manifests, and of what is checked before anything is sent.

use std::fs;

use kube_client_runtime::manifests::{Manifests, ManifestsError, apply_manifests};
use serde_json::json;

use super::{client, lines, manifests, map, object, options, outcomes, problems, server, widgets};

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

/// A folder with manifests and other files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("b-folder")).unwrap();
    for (path, text) in [
        ("a.yaml", format!("# two documents\n---\n{}---\n---\n{}", config_map("one"), config_map("two"))),
        ("b-folder/nested.yml", config_map("nested")),
        ("c.json", map("json", "").to_string()),
        ("notes.txt", "not a manifest".to_owned()),
    ] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn files_and_folders_are_read_in_the_order_of_their_names() {
    let folder = folder();
    for (manifests, expected) in [
        (Manifests::new().path(folder.path()), &["one", "two", "json"][..]),
        (Manifests::new().folder_recursive(folder.path()), &["one", "two", "nested", "json"]),
        (Manifests::new().path(folder.path().join("c.json")), &["json"]),
    ] {
        let report = apply_manifests(&client(&server()), &manifests, &options()).await.unwrap();
        let names: Vec<&str> = report.entries.iter().map(|entry| &*entry.object.name).collect();
        assert_eq!(names, expected);
    }
    let report = apply_manifests(&client(&server()), &Manifests::new().path(folder.path()), &options()).await.unwrap();
    let origins: Vec<String> =
        report.entries.iter().filter_map(|entry| Some(entry.origin.as_ref()?.to_string())).collect();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(origins, [path("a.yaml:3"), path("a.yaml:9"), path("c.json:1")]);
}

#[tokio::test]
async fn streams_texts_and_typed_objects_are_read() {
    let server = server();
    let mut typed = kube_client_runtime::k8s_openapi::api::core::v1::Secret::default();
    typed.metadata.name = Some("typed".to_owned());
    let manifests = Manifests::new()
        .reader("pipe", config_map("stream").as_bytes())
        .text("text", config_map("text"))
        .object("typed", &typed)
        .with(manifests([map("value", "")]));
    assert_eq!(manifests.len(), 4);
    let report = apply_manifests(&client(&server), &manifests, &options()).await.unwrap();
    let created =
        ["configmap/stream created", "configmap/text created", "secret/typed created", "configmap/value created"];
    assert_eq!(outcomes(&report), created);
    assert_eq!(report.entries[2].origin.as_ref().map(ToString::to_string).as_deref(), Some("typed"));
}

#[test]
fn debug_output_contains_no_values() {
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": "hidden"}});
    let debug = format!("{:?}", manifests([secret]));
    assert!(debug.contains(r#"v1 Secret "token" at 0"#) && !debug.contains("hidden"), "{debug}");
}

#[tokio::test]
async fn lists_are_replaced_with_their_items() {
    let text = "
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: one}
- apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata: {name: two}
- apiVersion: v1
  kind: SecretList
  items: []
";
    let report = apply_manifests(&client(&server()), &Manifests::new().text("list", text), &options()).await.unwrap();
    assert_eq!(outcomes(&report), ["configmap/one created", "configmap/two created"]);
    let origins: Vec<_> = report.entries.iter().map(|entry| entry.origin.as_ref().unwrap().to_string()).collect();
    assert_eq!(origins, ["list:5", "list:11"]);
}

#[tokio::test]
async fn all_problems_are_reported_at_once_and_nothing_is_sent() {
    let server = server();
    let recording = server.record();
    let missing = tempfile::tempdir().unwrap();
    let empty = missing.path().display().to_string();
    let manifests = Manifests::new()
        .text("syntax", "kind: ConfigMap\nmetadata: {name: x\n")
        .text("duplicate-key", "kind: a\nkind: b\n")
        .text("scalar", "--- \nhello\n")
        .text("no-name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")
        .text("generated", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n")
        .text("number", "apiVersion: 1\nkind: ConfigMap\nmetadata: {name: 5}\n")
        .text("managed", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, managedFields: [{}]}\n")
        .text("path", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../x}\n")
        .text("unknown", "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: x}\n")
        .text("once", config_map("x"))
        .text("twice", config_map("x"))
        .path(missing.path())
        .path(missing.path().join("absent.yaml"));
    let found = problems(apply_manifests(&client(&server), &manifests, &options()).await);
    assert!(found[0].starts_with("syntax:"), "{}", found[0]);
    assert_eq!(
        found[1..],
        [
            "duplicate-key:2:1: duplicate key \"kind\", first at 1:1; remove one of them".to_owned(),
            "scalar:2:1: a manifest is a mapping, not a string".to_owned(),
            "no-name:1:1: metadata.name is missing".to_owned(),
            "generated:3:11: metadata.generateName cannot be applied: set metadata.name".to_owned(),
            "number:1:13: apiVersion is a string, not a number: quote it".to_owned(),
            "number:3:18: metadata.name is a string, not a number: quote it".to_owned(),
            "managed:3:36: metadata.managedFields cannot be applied: remove it, it was copied from the server".to_owned(),
            "path:3:11: metadata.name \"../x\" is not a valid name".to_owned(),
            format!("{empty}: no file ends in .yaml, .yml or .json"),
            format!("{empty}/absent.yaml: cannot be read: No such file or directory (os error 2)"),
            "unknown:1:1: the server has no kind \"Gadget\" in \"example.com/v1\": install its CRD first, or add it to the manifests"
                .to_owned(),
            "twice:1:1: configmap/x is defined twice, first at once:1: remove one of them".to_owned(),
        ]
    );
    assert!(recording.writes().is_empty(), "{:?}", lines(&recording.writes()));
    let empty = apply_manifests(&client(&server), &Manifests::new().text("empty", "---\n"), &options()).await;
    assert!(matches!(empty, Err(ManifestsError::Empty)), "{empty:?}");
}

#[tokio::test]
async fn namespaces_follow_the_options_and_the_scope() {
    let server = server();
    let client = client(&server);
    let in_other = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "other"}});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r", "namespace": "shop"}});
    let all = manifests([map("x", ""), in_other, role]);

    let report = apply_manifests(&client, &all, &options()).await.unwrap();
    let namespaces: Vec<Option<&str>> = report.entries.iter().map(|entry| entry.object.namespace.as_deref()).collect();
    assert_eq!(namespaces, [Some("default"), Some("other"), None]);
    assert_eq!(
        report.entries[2].warnings,
        [r#"ClusterRole is cluster-scoped: the namespace "shop" of the manifest is ignored"#]
    );

    let found = problems(apply_manifests(&client, &all, &options().namespace("shop")).await);
    let expected =
        r#"1: the namespace "other" of the manifest is not the namespace "shop" of the options: remove one of them"#;
    assert_eq!(found, [expected]);
    let report = apply_manifests(&client, &manifests([map("x", "")]), &options().namespace("shop")).await.unwrap();
    assert_eq!(report.entries[0].object.namespace.as_deref(), Some("shop"));
}

#[tokio::test]
async fn one_object_in_two_versions_is_a_duplicate() {
    let mut crd = widgets();
    let mut old = crd["spec"]["versions"][0].clone();
    (old["name"], old["storage"]) = ("v1alpha1".into(), false.into());
    crd["spec"]["versions"].as_array_mut().unwrap().push(old);
    let all = [crd, object("example.com/v1", "Widget", "w"), object("example.com/v1alpha1", "Widget", "w")];
    let found = problems(apply_manifests(&client(&server()), &manifests(all), &options()).await);
    assert_eq!(found, ["2: widget.example.com/w is defined twice, first at 1: remove one of them"]);
}

#[tokio::test]
async fn deep_manifests_are_applied() {
    let deep = (0..900).fold(json!(1), |inner, _| json!({"a": inner}));
    let mut crd = widgets();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] =
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let mut widget = object("example.com/v1", "Widget", "deep");
    widget["spec"] = deep;
    let report = apply_manifests(&client(&server()), &manifests([widget, crd]), &options()).await.unwrap();
    assert_eq!(outcomes(&report)[1], "widget.example.com/deep created");
}
