//! `DeleteOptions` in bodies and queries. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{JSON, Response, WIDGETS, YAML, get, send};
use super::server;

const INVALID_OPTIONS: &str = "DeleteOptions.meta.k8s.io \"\" is invalid: ";

async fn with_widget(server: &FakeApiServer) -> String {
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}});
    send(server, "POST", WIDGETS, JSON, &widget.to_string()).await;
    format!("{WIDGETS}/a")
}

/// Deletes a widget by name, then as part of a collection.
async fn delete_both_ways(server: &FakeApiServer, query: &str, type_: &str, body: &str) -> [Response; 2] {
    let widget = with_widget(server).await;
    let single = send(server, "DELETE", &format!("{widget}{query}"), type_, body).await;
    with_widget(server).await;
    [single, send(server, "DELETE", &format!("{WIDGETS}{query}"), type_, body).await]
}

async fn assert_refused(server: &FakeApiServer, query: &str, type_: &str, body: &str, code: u16, message: &str) {
    for answer in delete_both_ways(server, query, type_, body).await {
        let found = (answer.code, answer.body["message"].as_str().unwrap_or_default());
        assert_eq!(found, (code, message), "{query} {type_} {body}");
    }
}

#[tokio::test]
async fn delete_options_are_accepted_in_every_version_of_every_group() {
    let server = server();
    for (type_, body) in [
        (JSON, "{}"),
        (JSON, "null"),
        (JSON, r#"{"kind":"DeleteOptions"}"#),
        (JSON, r#"{"kind":"DeleteOptions","apiVersion":"v1"}"#),
        (JSON, r#"{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1"}"#),
        (JSON, r#"{"kind":"DeleteOptions","apiVersion":"example.com/v1"}"#),
        (JSON, r#"{"kind":"DeleteOptions","apiVersion":"other.example.com/v9"}"#),
        (JSON, r#"{"kind":"","apiVersion":""}"#),
        (JSON, r#"{"kind":null,"apiVersion":null}"#),
        (JSON, r#"{"foo":1,"preconditions":{"foo":1},"gracePeriodSeconds":-1,"dryRun":null}"#),
        ("application/json; charset=utf-8", "{}"),
        ("", "{}"),
        ("text/plain", ""),
        (YAML, "kind: DeleteOptions\napiVersion: v1\n---\nkind: Pod\n"),
        (YAML, "\n"),
    ] {
        let [single, collection] = delete_both_ways(&server, "", type_, body).await;
        assert_eq!((single.code, &single.body["status"]), (200, &json!("Success")), "{body}");
        assert_eq!((collection.code, collection.body["items"].as_array().map(Vec::len)), (200, Some(1)), "{body}");
    }
}

#[tokio::test]
async fn body_of_another_kind_returns_bad_request() {
    let server = server();
    let scheme = "in scheme \"pkg/runtime/scheme.go:111\"";
    for (type_, body, message) in [
        (JSON, r#"{"kind":"Pod","apiVersion":"v1"}"#, format!("no kind \"Pod\" is registered for version \"v1\" {scheme}")),
        (JSON, r#"{"Kind":"Pod"}"#, format!("no kind \"Pod\" is registered for version \"meta.k8s.io/v1\" {scheme}")),
        (YAML, "kind: Pod", format!("no kind \"Pod\" is registered for version \"meta.k8s.io/v1\" {scheme}")),
        (JSON, r#"{"kind":"Status","apiVersion":"v1"}"#, "converting (v1.Status) to (v1.DeleteOptions): unknown conversion".to_owned()),
        (JSON, r#"{"kind":"ListOptions"}"#, "converting (v1.ListOptions) to (v1.DeleteOptions): unknown conversion".to_owned()),
        (JSON, r#"{"kind":"DeleteOptions","apiVersion":"a/b/c"}"#, "unexpected GroupVersion string: a/b/c".to_owned()),
        (JSON, " ", "couldn't get version/kind; json parse error: unexpected end of JSON input".to_owned()),
        (JSON, "x", "couldn't get version/kind; json parse error: invalid character 'x' looking for beginning of value".to_owned()),
        (JSON, r#"{"kind":1}"#, "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string".to_owned()),
    ] {
        assert_refused(&server, "", type_, body, 400, &message).await;
    }
    let unsupported = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
    for type_ in ["text/plain", "application/json;;", "application/cbor"] {
        assert_refused(&server, "", type_, "{}", 415, unsupported).await;
    }
    let protobuf = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
    assert_refused(&server, "", "application/vnd.kubernetes.protobuf", "{}", 400, protobuf).await;
}

#[tokio::test]
async fn delete_option_of_wrong_type_returns_bad_request() {
    let server = server();
    for (body, found, field, type_) in [
        (r#"{"gracePeriodSeconds":"1"}"#, "string", "DeleteOptions.gracePeriodSeconds", "int64"),
        (r#"{"gracePeriodSeconds":1.5}"#, "number 1.5", "DeleteOptions.gracePeriodSeconds", "int64"),
        (r#"{"orphanDependents":1}"#, "number", "DeleteOptions.orphanDependents", "bool"),
        (r#"{"propagationPolicy":{}}"#, "object", "DeleteOptions.propagationPolicy", "v1.DeletionPropagation"),
        (r#"{"dryRun":"All"}"#, "string", "DeleteOptions.dryRun", "[]string"),
        (r#"{"dryRun":["All",true]}"#, "bool", "DeleteOptions.dryRun", "string"),
        (r#"{"preconditions":[]}"#, "array", "DeleteOptions.preconditions", "v1.Preconditions"),
        (r#"{"preconditions":{"uid":1}}"#, "number", "Preconditions.preconditions.uid", "types.UID"),
        (
            r#"{"preconditions":{"resourceVersion":1}}"#,
            "number",
            "Preconditions.preconditions.resourceVersion",
            "string",
        ),
    ] {
        let message = format!("json: cannot unmarshal {found} into Go struct field {field} of type {type_}");
        assert_refused(&server, "", JSON, body, 400, &message).await;
    }
    for (query, message) in [
        ("?gracePeriodSeconds=x", "strconv.ParseInt: parsing \"x\": invalid syntax"),
        ("?gracePeriodSeconds=", "strconv.ParseInt: parsing \"\": invalid syntax"),
        (
            "?gracePeriodSeconds=99999999999999999999",
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
        ),
    ] {
        assert_refused(&server, query, JSON, "", 400, message).await;
    }
}

#[tokio::test]
async fn delete_option_with_unsupported_value_returns_invalid() {
    let server = server();
    let both = |policy: &str| {
        format!(
            "propagationPolicy: Invalid value: {policy:?}: orphanDependents and deletionPropagation cannot be both set"
        )
    };
    let unsupported = |policy: &str| {
        format!(
            "propagationPolicy: Unsupported value: {policy:?}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
        )
    };
    let dry_run = |values: &str| format!("dryRun: Unsupported value: {values}: supported values: \"All\"");
    for (query, body, message) in [
        ("", r#"{"propagationPolicy":"background"}"#, unsupported("background")),
        ("", r#"{"propagationPolicy":""}"#, unsupported("")),
        ("?propagationPolicy=", "", unsupported("")),
        ("", r#"{"propagationPolicy":"Orphan","orphanDependents":false}"#, both("Orphan")),
        ("?propagationPolicy=Bad&orphanDependents=0", "", format!("[{}, {}]", both("Bad"), unsupported("Bad"))),
        ("", r#"{"dryRun":["All","all"]}"#, dry_run("[\"All\",\"all\"]")),
        ("", r#"{"dryRun":[null]}"#, dry_run("[\"\"]")),
        ("?dryRun=", "", dry_run("[\"\"]")),
    ] {
        assert_refused(&server, query, JSON, body, 422, &format!("{INVALID_OPTIONS}{message}")).await;
    }
}

#[tokio::test]
async fn delete_body_overrides_the_query_and_query_preconditions_apply() {
    let server = server();
    let widget = with_widget(&server).await;
    let kept = send(&server, "DELETE", &format!("{widget}?gracePeriodSeconds=x"), JSON, r#"{"dryRun":["All"]}"#).await;
    assert_eq!(kept.code, 200);
    for (query, body) in [("?uid=x", ""), ("", r#"{"preconditions":{"uid":"x"}}"#)] {
        let refused = send(&server, "DELETE", &format!("{widget}{query}"), JSON, body).await;
        assert_eq!((refused.code, &refused.body["reason"]), (409, &json!("Conflict")), "{query}{body}");
        let message = refused.body["message"].as_str().unwrap_or_default();
        let expected = "Operation cannot be fulfilled on Widget.example.com \"a\": the UID in the precondition (x) does not match the UID in record (";
        assert!(message.starts_with(expected), "{message}");
    }
    let refused = send(&server, "DELETE", &format!("{widget}?resourceVersion=1"), JSON, "").await;
    assert_eq!(refused.code, 409);
    for (value, orphaned) in [("FALSE", false), ("0", false), ("f", true), ("", true)] {
        let widget = with_widget(&server).await;
        let query = format!("{widget}?dryRun=All&orphanDependents={value}");
        let answer = send(&server, "DELETE", &query, JSON, "").await;
        assert_eq!(answer.body["metadata"]["finalizers"] != Value::Null, orphaned, "{value}");
    }
}

#[tokio::test]
async fn unsafe_deletion_of_readable_object_returns_conflict() {
    let server = server();
    let widget = with_widget(&server).await;
    let unsafely = "ignoreStoreReadErrorWithClusterBreakingPotential";
    let refused = send(&server, "DELETE", &format!("{widget}?{unsafely}=true"), JSON, "").await;
    let message = "Operation cannot be fulfilled on widgets.example.com \"a\": StorageError: invalid object, Code: 4, Key: /registry/example.com/widgets/default/a, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage";
    assert_eq!((refused.code, refused.body["message"].as_str()), (409, Some(message)));
    let refused = send(&server, "DELETE", WIDGETS, JSON, &format!("{{\"{unsafely}\":true}}")).await;
    let message = format!(
        "{INVALID_OPTIONS}{unsafely}: Invalid value: true: is not allowed with DELETECOLLECTION, try again after removing the option"
    );
    assert_eq!((refused.code, refused.body["message"].as_str()), (422, Some(message.as_str())));
    let body = format!("{{\"{unsafely}\":true,\"gracePeriodSeconds\":1}}");
    let refused = send(&server, "DELETE", &widget, JSON, &body).await;
    let message =
        format!("{INVALID_OPTIONS}{unsafely}: Invalid value: true: cannot be set together with .gracePeriodSeconds");
    assert_eq!((refused.code, refused.body["message"].as_str()), (422, Some(message.as_str())));
}

#[tokio::test]
async fn failed_precondition_of_builtin_kinds_has_a_different_message() {
    let server = server();
    let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    send(&server, "POST", "/api/v1/namespaces", JSON, r#"{"metadata":{"name":"one"}}"#).await;
    for (path, word, of) in [
        ("/api/v1/namespaces/one".to_owned(), "Precondition", "namespaces"),
        (format!("{crds}/widgets.example.com"), "precondition", "customresourcedefinitions"),
    ] {
        let uid = get(&server, &path, &[]).await.body["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let refused = send(&server, "DELETE", &path, JSON, r#"{"preconditions":{"uid":"x"}}"#).await;
        let why = format!("{word} failed: UID in precondition: x, UID in object meta: {uid}");
        let message = refused.body["message"].as_str().unwrap_or_default();
        assert_eq!((refused.code, refused.body["details"]["kind"].as_str()), (409, Some(of)), "{path}");
        assert!(message.ends_with(&why), "{message}");
    }
}
