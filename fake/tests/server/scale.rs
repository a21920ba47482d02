//! Invalid writes of the scale subresource. Expected responses are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::{JSON, MERGE_PATCH, WIDGETS, send};

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
