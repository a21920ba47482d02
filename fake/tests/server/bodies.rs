//! Request bodies in YAML. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{APPLY_PATCH, WIDGETS, YAML, send};

const HEAD: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {generateName: y-}\n";

fn server() -> FakeApiServer {
    FakeApiServer::builder().crds_yaml(testkit::crds::widget_crd_with_free_field()).build().expect("a server")
}

#[tokio::test]
async fn yaml_tags_are_decoded_as_by_go_yaml() {
    let server = server();
    for (yaml, expected) in [
        ("!!binary aGVsbG8=", json!("hello")),
        ("!!binary |\n  aGVs\n  bG8=", json!("hello")),
        ("!!binary //8=", json!("\u{fffd}\u{fffd}")),
        ("!<tag:yaml.org,2002:binary> aGk=", json!("hi")),
        ("{!!binary aGk=: [!!binary YQ==]}", json!({"hi": ["a"]})),
        ("!!str 1", json!("1")),
        ("!!int \"3\"", json!(3)),
        ("!!float 3", json!(3)),
        ("!!bool \"yes\"", json!(true)),
        ("!!set {a, b}", json!({"a": null, "b": null})),
        ("!foo bar", json!("bar")),
        ("1e3", json!(1000)),
    ] {
        let created = send(&server, "POST", WIDGETS, YAML, &format!("{HEAD}free: {yaml}\n")).await;
        assert_eq!((created.code, &created.body["free"]), (201, &expected), "{yaml}: {}", created.text);
    }
}

#[tokio::test]
async fn invalid_yaml_returns_the_message_of_go_yaml() {
    let server = server();
    for (yaml, why) in [
        ("!!binary \"!!\"", "yaml: !!binary value contains invalid base64 data"),
        ("!!binary YQ", "yaml: !!binary value contains invalid base64 data"),
        ("!!int 3.0", "yaml: cannot decode !!float `3.0` as a !!int"),
        ("!!bool x", "yaml: cannot decode !!str `x` as a !!bool"),
        ("!!null x", "yaml: cannot decode !!str `x` as a !!null"),
        (".inf", "json: unsupported value: +Inf"),
        ("-.inf", "json: unsupported value: -Inf"),
        (".nan", "json: unsupported value: NaN"),
        ("*x", "yaml: unknown anchor 'x' referenced"),
        ("&x [*x]", "yaml: anchor 'x' value contains itself"),
        ("{<<: 1}", "yaml: map merge requires map or sequence of maps as the value"),
    ] {
        let refused = send(&server, "POST", WIDGETS, YAML, &format!("{HEAD}free: {yaml}\n")).await;
        let start = "the object provided is unrecognized (must be of type Widget): ";
        let message = format!("{start}{why} (61706956657273696f6e3a206578616d706c652e636f6d2f76310a6b696e ...)");
        assert_eq!((refused.code, refused.body["message"].as_str()), (400, Some(message.as_str())), "{yaml}");
        let applied = format!("{WIDGETS}/a?fieldManager=m");
        let refused = send(&server, "PATCH", &applied, APPLY_PATCH, &format!("{HEAD}free: {yaml}\n")).await;
        let message = format!("error encoding patch: {why}");
        assert_eq!((refused.code, refused.body["message"].as_str()), (400, Some(message.as_str())), "{yaml}");
    }
}

#[tokio::test]
async fn only_the_first_yaml_document_is_read() {
    let server = server();
    for body in [format!("{HEAD}free: 1\n---\n{HEAD}free: 2\n"), format!("---\n{HEAD}free: 1\n...\n---\nx")] {
        let created = send(&server, "POST", WIDGETS, YAML, &body).await;
        assert_eq!((created.code, &created.body["free"]), (201, &json!(1)), "{body}");
    }
    let empty = send(&server, "POST", WIDGETS, YAML, &format!("---\n{{}}\n---\n{HEAD}")).await;
    let message = empty.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("Object 'Kind' is missing in '---\n{}\n---\n"), "{message}");
    assert!(message.ends_with("(2d2d2d0a7b7d0a2d2d2d0a61706956657273696f6e3a206578616d706c65 ...)"), "{message}");
}

#[tokio::test]
async fn integral_float_in_json_sent_as_yaml_becomes_integer() {
    let server = server();
    let body = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":2.0}}"#;
    let created = send(&server, "POST", WIDGETS, YAML, body).await;
    assert_eq!((created.code, &created.body["spec"]["size"]), (201, &json!(2)), "{}", created.text);
    let applied = send(&server, "PATCH", &format!("{WIDGETS}/a?fieldManager=m&force=1"), APPLY_PATCH, body).await;
    assert_eq!((applied.code, &applied.body["spec"]["size"]), (200, &json!(2)), "{}", applied.text);
    assert_ne!(applied.body["metadata"]["managedFields"], Value::Null);
}
