//! Discovery: content negotiation and contents. Expected responses are those of kube-apiserver 1.37.

use serde_json::{Value, json};

use super::raw::{JSON, get, send};
use super::server;

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2_BETA: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

#[tokio::test]
async fn discovery_format_follows_the_accept_header() {
    let server = server();
    for (accept, kind) in [
        (V2.to_owned(), "APIGroupDiscoveryList"),
        (format!("{V2},{V2_BETA},application/json"), "APIGroupDiscoveryList"),
        // kubectl 1.27 and client-go 0.29 request only the beta, which kube-apiserver 1.37 no longer serves.
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
async fn aggregated_discovery_returns_not_modified_for_a_matching_etag() {
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
async fn openapi_of_builtin_kinds_lists_their_fields() {
    let document = get(&server(), "/openapi/v3/api/v1", &[]).await.body;
    let properties =
        |kind: &str| document["components"]["schemas"][format!("io.k8s.api.core.v1.{kind}")]["properties"].clone();
    assert_eq!(properties("ConfigMap")["data"], json!({"type": "object", "additionalProperties": {"type": "string"}}));
    assert_eq!(properties("Secret")["stringData"]["type"], "object");
    let conditions = properties("NamespaceStatus")["conditions"].clone();
    assert_eq!(conditions["x-kubernetes-patch-merge-key"], "type");
}

#[tokio::test]
async fn discovery_paths_of_builtin_kinds_allow_only_get() {
    let server = server();
    for (path, code) in [
        ("/api", 405),
        ("/api/v1", 405),
        ("/apis/coordination.k8s.io/v1", 405),
        ("/version", 405),
        ("/apis", 200),
        ("/apis/coordination.k8s.io", 200),
        ("/apis/example.com", 200),
        ("/apis/example.com/v1", 200),
        ("/api/v2", 404),
    ] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(send(&server, method, path, JSON, "").await.code, code, "{method} {path}");
        }
    }
    let head = send(&server, "HEAD", "/apis/example.com", JSON, "").await;
    assert_eq!((head.code, &head.body), (200, &json!(null)));
}

#[tokio::test]
async fn router_of_builtin_kinds_ignores_media_type_wildcards() {
    let server = server();
    let router_message = "406: Not Acceptable\n\nAvailable representations: ";
    for accept in ["application/*", "*", "APPLICATION/JSON", "text/html"] {
        for path in ["/api", "/api/v1", "/apis/coordination.k8s.io/v1", "/api/v1/namespaces/default"] {
            let answer = get(&server, path, &[("accept", accept)]).await;
            let message = answer.body["message"].as_str().unwrap_or_default();
            assert!(answer.code == 406 && message.starts_with(router_message), "{accept} {path}: {message}");
        }
    }
    for (accept, code) in [("application/*", 200), ("*", 200), ("APPLICATION/JSON", 406), ("text/html", 406)] {
        for path in ["/apis", "/apis/coordination.k8s.io", "/apis/example.com/v1", "/apis/example.com/v1/widgets"] {
            let answer = get(&server, path, &[("accept", accept)]).await;
            assert_eq!(answer.code, code, "{accept} {path}");
        }
    }
}

#[tokio::test]
async fn aggregated_discovery_is_served_as_json_and_yaml_without_trailing_slash() {
    let server = server();
    let yaml = get(&server, "/apis", &[("accept", &V2.replace("json", "yaml"))]).await;
    assert_eq!(
        (yaml.code, &yaml.headers["content-type"]),
        (200, &V2.replace("json", "yaml").parse().expect("a value"))
    );
    assert_eq!(get(&server, "/apis/", &[("accept", V2)]).await.code, 406);
    let tag = get(&server, "/api", &[("accept", V2)]).await.headers["etag"].to_str().expect("text").to_owned();
    for (sent, code) in
        [(tag.clone(), 304), (format!("\"x\", {tag}"), 200), (format!("W/{tag}"), 200), ("*".to_owned(), 200)]
    {
        let answer = get(&server, "/api", &[("accept", V2), ("if-none-match", &sent)]).await;
        assert_eq!(answer.code, code, "{sent}");
    }
}

#[tokio::test]
async fn builtin_kinds_are_listed_in_the_order_of_kube_apiserver() {
    let server = server();
    let list = get(&server, "/api/v1", &[]).await.body;
    assert_eq!(list.get("apiVersion"), None);
    let find = |name: &str| {
        let found = list["resources"].as_array().into_iter().flatten().find(|resource| resource["name"] == name);
        found.cloned().unwrap_or_default()
    };
    assert_eq!(find("namespaces/finalize")["verbs"], json!(["update"]));
    let verbs = json!(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
    assert_eq!(find("configmaps")["verbs"], verbs);
    let groups = get(&server, "/apis", &[("accept", V2)]).await.body;
    let names: Vec<_> =
        groups["items"].as_array().into_iter().flatten().map(|group| &group["metadata"]["name"]).collect();
    let order = [
        "apiregistration.k8s.io",
        "apps",
        "events.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "scheduling.k8s.io",
        "coordination.k8s.io",
        "node.k8s.io",
        "discovery.k8s.io",
        "resource.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "storagemigration.k8s.io",
        "example.com",
    ];
    assert_eq!(names, order);
    let lease = &groups["items"][15]["versions"][0]["resources"][0];
    assert_eq!(lease["responseKind"], json!({"group": "", "version": "", "kind": "Lease"}));
}

#[tokio::test]
async fn resources_have_the_hash_of_their_storage_version() {
    let server = server();
    // `kubectl get --raw` of kube-apiserver 1.37.2 returns this hash for the group, version and kind.
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.srv.example.com"},
        "spec": {
            "group": "srv.example.com",
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    });
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    send(&server, "POST", path, JSON, crd.to_string()).await.ok();
    let hash = |list: &Value, name: &str| {
        let resources = list["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["name"] == name);
        found.expect("the resource").get("storageVersionHash").cloned()
    };
    let things = get(&server, "/apis/srv.example.com/v1", &[]).await.ok().body;
    assert_eq!(hash(&things, "things"), Some("yh307jEWiQo=".into()));
    let core = get(&server, "/api/v1", &[]).await.ok().body;
    assert_eq!((hash(&core, "pods"), hash(&core, "bindings")), (Some("xPOwRZ+Yhw8=".into()), None));
}

#[tokio::test]
async fn cbor_is_refused_as_without_its_feature_gate() {
    let server = server();
    let path = "/api/v1/namespaces/default/configmaps";
    let posted = send(&server, "POST", path, "application/cbor", [0xd9, 0xd9, 0xf7, 0xa0]).await;
    let message = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
    assert_eq!((posted.code, posted.at("/message")), (415, message.into()));
    let patched = send(&server, "PATCH", &format!("{path}/a"), "application/apply-patch+cbor", [0xa0]).await;
    assert_eq!((patched.code, patched.at("/message")), (415, "415: Unsupported Media Type".into()));
    let start = "406: Not Acceptable\n\nAvailable representations: application/json";
    for (path, rest) in [
        (
            path,
            ", application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        ),
        ("/version", ""),
    ] {
        let refused = get(&server, path, &[("accept", "application/cbor")]).await;
        assert_eq!((refused.code, refused.at("/message")), (406, format!("{start}{rest}").into()), "{path}");
    }
}
