//! Discovery: which representation a client gets. The answers are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::get;
use super::server;

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2_BETA: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

#[tokio::test]
async fn each_client_gets_a_representation_that_it_knows() {
    let server = server();
    for (accept, kind) in [
        (V2.to_owned(), "APIGroupDiscoveryList"),
        (format!("{V2},{V2_BETA},application/json"), "APIGroupDiscoveryList"),
        // kubectl 1.27 and client-go 0.29 know the beta alone, which the server no longer has.
        (format!("{V2_BETA},application/json"), "APIGroupList"),
        (format!("application/json;q=0.9,{V2};q=0.5"), "APIGroupDiscoveryList"),
        (format!("{V2};profile=nopeer"), "APIGroupDiscoveryList"),
        ("application/vnd.kubernetes.protobuf,application/json".to_owned(), "APIGroupList"),
        ("*/*".to_owned(), "APIGroupList"),
    ] {
        let answer = get(&server, "/apis", &[("accept", &accept)]).await;
        assert_eq!((answer.code, &answer.body["kind"]), (200, &json!(kind)), "{accept}");
    }
    for (path, accept) in [("/apis", V2_BETA), ("/api", "text/html"), ("/apis/example.com/v1", "text/html")] {
        let answer = get(&server, path, &[("accept", accept)]).await;
        assert_eq!((answer.code, &answer.body["reason"]), (406, &json!("NotAcceptable")), "{path} {accept}");
    }
    let yaml = get(&server, "/apis/example.com/v1", &[("accept", "application/yaml")]).await;
    assert_eq!(yaml.headers["content-type"], "application/yaml");
}

#[tokio::test]
async fn aggregated_discovery_is_sent_once() {
    let server = server();
    let first = get(&server, "/apis", &[("accept", V2)]).await;
    let tag = first.headers["etag"].to_str().expect("text").to_owned();
    assert_eq!(first.headers["vary"], "Accept");
    let again = get(&server, "/apis", &[("accept", V2), ("if-none-match", &tag)]).await;
    assert_eq!((again.code, &again.body), (304, &json!(null)));
    let other = super::CRD
        .replace("widgets", "gadgets")
        .replace("Widget", "Gadget")
        .replace(": widget", ": gadget")
        .replace("[wd]", "[]");
    let other =
        kube_fake_apiserver::FakeApiServer::builder().crds_yaml(super::CRD).crds_yaml(other).build().expect("a server");
    let changed = get(&other, "/apis", &[("accept", V2), ("if-none-match", &tag)]).await;
    assert_eq!(changed.code, 200);
}

#[tokio::test]
async fn openapi_of_builtin_kinds_names_their_fields() {
    let document = get(&server(), "/openapi/v3/api/v1", &[]).await.body;
    let of = |kind: &str| document["components"]["schemas"][format!("io.k8s.api.core.v1.{kind}")]["properties"].clone();
    assert_eq!(of("ConfigMap")["data"], json!({"type": "object", "additionalProperties": {"type": "string"}}));
    assert_eq!(of("Secret")["stringData"]["type"], "object");
    let conditions = of("Namespace")["status"]["properties"]["conditions"].clone();
    assert_eq!(conditions["x-kubernetes-patch-merge-key"], "type");
}
