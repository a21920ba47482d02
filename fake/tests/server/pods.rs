//! Subresources of pods.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{MERGE_PATCH, send};

const POD: &str = "/api/v1/namespaces/default/pods/p";

fn server(containers: &Value) -> FakeApiServer {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": containers},
    });
    FakeApiServer::builder().object(&pod).expect("a pod").build().expect("a server")
}

/// Patches a subresource of the pod, and returns the code and the message or the object.
async fn patch(server: &FakeApiServer, subresource: &str, patch: Value) -> (u16, Value) {
    let path = format!("{POD}/{subresource}");
    let mut answer = send(server, "PATCH", &path, MERGE_PATCH, &patch.to_string()).await;
    let code = answer.code;
    (code, if code < 400 { answer.body } else { answer.body["message"].take() })
}

#[tokio::test]
async fn ephemeral_containers_can_only_be_added() {
    let server = server(&json!([{"name": "c", "image": "i"}]));
    let with = |containers: Value| json!({"spec": {"ephemeralContainers": containers}});
    let first = json!({"name": "e", "image": "x"});
    let (code, pod) = patch(&server, "ephemeralcontainers", with(json!([first]))).await;
    assert_eq!((code, &pod["spec"]["ephemeralContainers"][0]["image"]), (200, &json!("x")), "{pod}");
    let existing = pod["spec"]["ephemeralContainers"][0].clone();
    let second = json!({"name": "f", "image": "x"});
    assert_eq!(patch(&server, "ephemeralcontainers", with(json!([existing, second]))).await.0, 200);

    let field = "Pod \"p\" is invalid: spec.ephemeralContainers";
    let (code, message) = patch(&server, "ephemeralcontainers", with(json!([existing]))).await;
    let removed = format!("{field}: Forbidden: existing ephemeral containers \"f\" may not be removed\n");
    assert_eq!((code, message), (422, json!(removed)));
    let mut changed = existing.clone();
    changed["image"] = "y".into();
    let (code, message) = patch(&server, "ephemeralcontainers", with(json!([changed, second]))).await;
    let start = format!("{field}: Forbidden: existing ephemeral containers \"e\" may not be changed\n");
    assert!(
        code == 422 && message.as_str().is_some_and(|message| message.contains(&start[field.len()..])),
        "{message}"
    );
    let duplicate = json!([existing, second, {"name": "c", "image": "x"}]);
    let (code, message) = patch(&server, "ephemeralcontainers", with(duplicate)).await;
    assert_eq!((code, message), (422, json!(format!("{field}[2].name: Duplicate value: \"c\""))));
}

#[tokio::test]
async fn resize_changes_cpu_and_memory_and_keeps_the_quality_of_service() {
    let limits = |cpu: &str| json!({"requests": {"cpu": cpu}, "limits": {"cpu": "4"}});
    let server = server(&json!([{"name": "c", "image": "i", "resources": limits("1")}]));
    let with =
        |resources: Value| json!({"spec": {"containers": [{"name": "c", "image": "i", "resources": resources}]}});
    let (code, pod) = patch(&server, "resize", with(limits("2"))).await;
    assert_eq!((code, &pod["spec"]["containers"][0]["resources"]["requests"]["cpu"]), (200, &json!("2")), "{pod}");
    for (resources, error) in [
        (
            json!({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}),
            "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
        ),
        (
            json!({"requests": {"cpu": "2", "example.com/a": "1"}, "limits": {"cpu": "4", "example.com/a": "1"}}),
            "spec: Forbidden: only cpu and memory resources are mutable",
        ),
        (
            json!({"requests": {"cpu": "4", "memory": "1Gi"}, "limits": {"cpu": "4", "memory": "1Gi"}}),
            "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing",
        ),
    ] {
        let (code, message) = patch(&server, "resize", with(resources)).await;
        assert_eq!((code, message), (422, json!(format!("Pod \"p\" is invalid: {error}"))));
    }
}

#[tokio::test]
async fn object_sent_to_a_subresource_needs_its_namespace() {
    let server = FakeApiServer::builder().build().expect("a server");
    for path in ["pods/p/binding", "pods/p/eviction", "serviceaccounts/a/token"] {
        let path = format!("/api/v1/namespaces/none/{path}");
        let answer = send(&server, "POST", &path, super::raw::JSON, "{}").await;
        assert_eq!((answer.code, &answer.body["message"]), (404, &json!("namespaces \"none\" not found")), "{path}");
    }
}
