//! Invalid writes of the scale subresource. Expected responses are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::{APPLY_PATCH, JSON, MERGE_PATCH, WIDGETS, send};

#[tokio::test]
async fn invalid_scale_returns_the_decoding_error_of_kube_apiserver() {
    let crd = testkit::crds::widget_crd_with_scale();
    let server = kube_fake_apiserver::FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 2}});
    let uid = send(&server, "POST", WIDGETS, JSON, &object.to_string()).await.body["metadata"]["uid"].clone();
    let path = format!("{WIDGETS}/a/scale");
    for body in [
        r#"{"spec":{"replicas":1.5}}"#,
        r#"{"metadata":{"name":"a"},"spec":{"replicas":3000000000}}"#,
        r#"{"metadata":{"name":"a"},"spec":{"replicas":"1"}}"#,
        r#"{"kind":"Foo","apiVersion":"autoscaling/v1","metadata":{"name":"a"}}"#,
        r#"{"kind":"Scale","apiVersion":"apps/v1","metadata":{"name":"a"}}"#,
        "[]",
    ] {
        let answer = send(&server, "PUT", &path, JSON, body).await;
        let message = "no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\"";
        assert_eq!((answer.code, &answer.body["message"]), (400, &json!(message)), "{body}");
    }
    let other = r#"{"metadata":{"name":"a","uid":"x"},"spec":{"replicas":1}}"#;
    let answer = send(&server, "PUT", &path, JSON, other).await;
    let message = format!(
        "Operation cannot be fulfilled on widgets.example.com \"a\": StorageError: invalid object, Code: 4, Key: /registry/example.com/widgets/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: {}",
        uid.as_str().unwrap_or_default()
    );
    assert_eq!((answer.code, &answer.body["message"]), (409, &json!(message)));
    for (replicas, found) in [("1.5", "number 1.5"), ("3000000000", "number 3000000000"), ("\"x\"", "string")] {
        let patch = format!(r#"{{"spec":{{"replicas":{replicas}}}}}"#);
        let answer = send(&server, "PATCH", &path, MERGE_PATCH, &patch).await;
        let end = format!("json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32");
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(answer.code == 422 && message.ends_with(&end), "{message}");
    }
    let scaled = send(&server, "PATCH", &path, MERGE_PATCH, r#"{"spec":{"replicas":5}}"#).await;
    assert_eq!(scaled.body["spec"]["replicas"], 5);
}

/// The API server cannot convert an applied scale of a custom resource to the version of the request, unless it changes nothing.
#[tokio::test]
async fn applied_scale_of_a_custom_resource_is_an_error_if_it_changes_something() {
    let crd = testkit::crds::widget_crd_with_scale();
    let server = kube_fake_apiserver::FakeApiServer::builder().crds_yaml(crd).build().expect("a server");
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 2}});
    send(&server, "POST", WIDGETS, JSON, &object.to_string()).await;
    let failed = |of: &str| {
        format!(
            "failed to convert new object ({of}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1"
        )
    };
    let strict = "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key \"replicas\" already set in map";
    for (query, scale, code, message) in [
        ("fieldManager=m", r#""spec":{"replicas":2}"#, 200, String::new()),
        ("fieldManager=m", r#""metadata":{"name":"a"},"spec":{"replicas":2}"#, 200, String::new()),
        ("fieldManager=m2", r#""spec":{}"#, 200, String::new()),
        ("fieldManager=m&force=true", r#""spec":{"replicas":3}"#, 500, failed("/")),
        (
            "fieldManager=m&force=true&dryRun=All",
            r#""metadata":{"name":"a","namespace":"default"},"spec":{"replicas":3}"#,
            500,
            failed("default/a"),
        ),
        ("fieldManager=m", r#""metadata":{"name":"a","labels":{}},"spec":{"replicas":2}"#, 500, failed("/a")),
        ("fieldManager=m", r#""metadata":{"name":"other"},"spec":{"replicas":2}"#, 500, failed("/other")),
        ("fieldManager=m", r#""metadata":{"name":"a","resourceVersion":"1"}"#, 500, failed("/a")),
        ("fieldManager=m&force=true", r#""spec":{"replicas":null}"#, 500, failed("/")),
        ("fieldManager=m&force=true&fieldValidation=Strict", r#""spec":{"replicas":3,"replicas":4}"#, 500, failed("/")),
        ("fieldManager=m&fieldValidation=Strict", r#""spec":{"replicas":3,"replicas":2}"#, 400, strict.to_owned()),
    ] {
        let body = format!(r#"{{"apiVersion":"autoscaling/v1","kind":"Scale",{scale}}}"#);
        let path = format!("{WIDGETS}/a/scale?{query}");
        let answer = send(&server, "PATCH", &path, APPLY_PATCH, &body).await;
        let found = answer.body["message"].as_str().unwrap_or_default();
        assert_eq!((answer.code, found), (code, message.as_str()), "{body}");
        assert!(code != 500 || answer.body.get("reason").is_none(), "{}", answer.body);
    }
    let conflict = r#"{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":3}}"#;
    let answer = send(&server, "PATCH", &format!("{WIDGETS}/a/scale?fieldManager=other"), APPLY_PATCH, conflict).await;
    assert_eq!(answer.code, 409, "conflicts come first");
    let without = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "b"}});
    send(&server, "POST", WIDGETS, JSON, &without.to_string()).await;
    let answer = send(&server, "PATCH", &format!("{WIDGETS}/b/scale?fieldManager=m"), APPLY_PATCH, conflict).await;
    let message = "failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1";
    assert_eq!((answer.code, &answer.body["message"]), (500, &json!(message)));
}
