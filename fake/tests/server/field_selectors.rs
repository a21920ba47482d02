//! Field selectors of Kubernetes' own kinds. Expected responses are those of kube-apiserver 1.37.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{JSON, get, send};

const NODES: &str = "/api/v1/nodes";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

async fn names(server: &FakeApiServer, path: &str) -> Vec<String> {
    let list = get(server, path, &[]).await.ok().body;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["metadata"]["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn absent_field_selects_by_its_zero_value() {
    let server = FakeApiServer::builder().build().expect("a server");
    for (name, spec) in [("a", json!({})), ("b", json!({"unschedulable": true}))] {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec});
        assert_eq!(send(&server, "POST", NODES, JSON, &node.to_string()).await.code, 201);
    }
    for (selector, expected) in [("spec.unschedulable=false", ["a"]), ("spec.unschedulable=true", ["b"])] {
        assert_eq!(names(&server, &format!("{NODES}?fieldSelector={selector}")).await, expected);
    }
    assert_eq!(names(&server, &format!("{JOBS}?fieldSelector=status.successful=0")).await, Vec::<String>::new());
}

#[tokio::test]
async fn unknown_field_is_refused_in_the_words_of_its_kind() {
    let server = FakeApiServer::builder().build().expect("a server");
    for (path, message) in [
        (NODES, "field label not supported: x"),
        ("/api/v1/configmaps", "\"x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
        (JOBS, "field label \"x\" not supported for Job"),
    ] {
        let refused: Value = get(&server, &format!("{path}?fieldSelector=x=1"), &[]).await.body;
        let message = refused["message"].as_str().is_some_and(|found| found.ends_with(message));
        assert!(message, "{path}: {refused}");
    }
}
