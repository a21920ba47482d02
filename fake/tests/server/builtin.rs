//! Built-in kinds, whose fields and encodings are data.

use http_body_util::BodyExt;
use kube_fake_apiserver::{FakeApiServer, Release};
use serde_json::{Value, json};
use testkit::media_types::STRATEGIC_MERGE_PATCH;
use testkit::requests::request;
use tower::ServiceExt;

use super::raw::{APPLY_PATCH, JSON, MERGE_PATCH, get, send};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// A PEM block of the type `CERTIFICATE REQUEST`.
const REQUEST: &str =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFFQwotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server")
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]},
            "template": {
                "metadata": {"labels": {"app": "a", "b": ""}},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "0.5"}}}]},
            },
        },
    })
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    })
}

async fn create(server: &FakeApiServer, path: &str, object: &Value) -> Value {
    send(server, "POST", path, JSON, object.to_string()).await.ok().body
}

#[tokio::test]
async fn every_listed_resource_can_be_listed() {
    for release in Release::ALL {
        let server = FakeApiServer::builder().kubernetes(release).build().expect("a server");
        let version = get(&server, "/version", &[]).await.body;
        assert_eq!(version["minor"], release.minor().to_string());
        let v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let mut listed = 0;
        for root in ["/api", "/apis"] {
            for group in get(&server, root, &[("accept", v2)]).await.body["items"].as_array().into_iter().flatten() {
                for version in group["versions"].as_array().into_iter().flatten() {
                    let name = group["metadata"]["name"].as_str().map_or(String::new(), |name| format!("/{name}"));
                    let path = format!("{root}{name}/{}", version["version"].as_str().unwrap_or_default());
                    for resource in version["resources"].as_array().into_iter().flatten() {
                        if resource["verbs"] == serde_json::json!(["create"]) {
                            // A review.
                            continue;
                        }
                        let path = format!("{path}/{}", resource["resource"].as_str().unwrap_or_default());
                        let list = get(&server, &path, &[]).await.ok().body;
                        let kind = resource["responseKind"]["kind"].as_str().unwrap_or_default();
                        assert_eq!(list["kind"], format!("{kind}List"));
                        let list = get(&server, &path, &[("accept", PROTOBUF)]).await.ok();
                        assert!(list.text.starts_with("k8s\0"), "{path}");
                        listed += 1;
                    }
                }
            }
        }
        assert!(listed > 50, "{release:?}: {listed}");
    }
}

#[tokio::test]
async fn objects_are_decoded_as_go_decodes_them() {
    let server = server();
    let mut object = deployment();
    object["spec"]["template"]["spec"]["containers"][0]["imag"] = "x".into();
    let path = format!("{DEPLOYMENTS}?fieldValidation=Strict");
    let strict = send(&server, "POST", &path, JSON, object.to_string()).await;
    let message = r#"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.containers[0].imag""#;
    assert_eq!((strict.code, &strict.body["message"]), (400, &json!(message)));
    object["spec"]["replicas"] = "3".into();
    let wrong = send(&server, "POST", DEPLOYMENTS, JSON, object.to_string()).await;
    let message = r#"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"#;
    assert_eq!((wrong.code, &wrong.body["message"]), (400, &json!(message)));
    object["spec"]["replicas"] = 3.into();
    let created = send(&server, "POST", DEPLOYMENTS, JSON, object.to_string()).await.ok();
    assert_eq!(created.warnings(), [r#"299 - "unknown field \"spec.template.spec.containers[0].imag\"""#]);
    let container = created.at("/spec/template/spec/containers/0");
    assert_eq!(container["resources"], json!({"limits": {"cpu": "500m"}}));
    assert_eq!((container.get("imag"), &created.body["status"]), (None, &json!({})));
}

#[tokio::test]
async fn lists_of_maps_are_applied_and_patched_by_their_keys() {
    let server = server();
    create(&server, DEPLOYMENTS, &deployment()).await;
    let path = format!("{DEPLOYMENTS}/a");
    let containers =
        |containers: Value| json!({"spec": {"template": {"spec": {"containers": containers}}}}).to_string();
    let patch = containers(json!([{"name": "c", "image": "j"}, {"name": "d", "image": "k"}]));
    let patched = send(&server, "PATCH", &path, STRATEGIC_MERGE_PATCH, patch).await.ok();
    let found = patched.at("/spec/template/spec/containers");
    assert_eq!((&found[0]["image"], &found[0]["resources"]["limits"]["cpu"]), (&json!("j"), &json!("500m")));
    assert_eq!(found[1]["image"], "k");
    let mut config = deployment();
    config["spec"] = json!({"template": {"spec": {"containers": [{"name": "e", "image": "l"}]}}});
    let path = format!("{path}?fieldManager=m");
    let applied = send(&server, "PATCH", &path, APPLY_PATCH, config.to_string()).await.ok();
    let names: Vec<Value> =
        (0..3).map(|index| applied.at(&format!("/spec/template/spec/containers/{index}/name"))).collect();
    assert_eq!(names, ["c", "d", "e"]);
}

#[tokio::test]
async fn scale_of_a_deployment_has_its_selector() {
    let server = server();
    create(&server, DEPLOYMENTS, &deployment()).await;
    let path = format!("{DEPLOYMENTS}/a/scale");
    let scale = get(&server, &path, &[]).await.ok();
    assert_eq!(scale.body["spec"], json!({"replicas": 3}));
    assert_eq!(scale.body["status"], json!({"replicas": 0, "selector": "app=a,b"}));
    send(&server, "PATCH", &path, MERGE_PATCH, r#"{"spec":{"replicas":5}}"#).await.ok();
    let scaled = get(&server, &format!("{DEPLOYMENTS}/a"), &[]).await.ok();
    assert_eq!((scaled.at("/spec/replicas"), scaled.at("/metadata/generation")), (json!(5), json!(2)));
}

#[tokio::test]
async fn scale_of_a_built_in_kind_is_applied_and_validated_as_its_own_kind() {
    let server = server();
    create(&server, DEPLOYMENTS, &deployment()).await;
    let (scale, deployment) = (format!("{DEPLOYMENTS}/a/scale"), format!("{DEPLOYMENTS}/a"));
    let object = |api_version: &str, kind: &str, replicas: Value| {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "default"},
            "spec": {"replicas": replicas}})
        .to_string()
    };
    let handled = "cannot be handled as a Scale";
    let scheme = "in scheme \"pkg/runtime/scheme.go:111\"";
    for (body, code, message) in [
        (
            object("autoscaling/v1", "Scale", json!(-1)),
            422,
            "Scale.autoscaling \"a\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
                .to_owned(),
        ),
        (
            object("autoscaling/v1", "Scale", json!("a")),
            400,
            format!(
                "Scale in version \"v1\" {handled}: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32"
            ),
        ),
        (
            object("autoscaling/v1", "Other", json!(1)),
            400,
            format!(
                "Other in version \"v1\" {handled}: no kind \"Other\" is registered for version \"autoscaling/v1\" {scheme}"
            ),
        ),
        (
            object("apps/v1", "Scale", json!(1)),
            400,
            format!(
                "Scale in version \"v1\" {handled}: no kind \"Scale\" is registered for version \"apps/v1\" {scheme}"
            ),
        ),
    ] {
        let answer = send(&server, "PUT", &scale, JSON, &body).await;
        assert_eq!((answer.code, &answer.body["message"]), (code, &json!(message)), "{body}");
    }
    let applied = object("autoscaling/v1", "Scale", json!(4));
    let forced = send(&server, "PATCH", &format!("{scale}?fieldManager=m&force=true"), APPLY_PATCH, &applied).await;
    assert_eq!((forced.code, &forced.body["spec"]["replicas"]), (200, &json!(4)), "{}", forced.body);
    let owner = send(&server, "GET", &deployment, JSON, "").await.body;
    let managers = owner["metadata"]["managedFields"].as_array().expect("managers");
    let manager = managers.iter().find(|entry| entry["manager"] == "m").expect("the manager of the replicas");
    assert_eq!(manager["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    let conflict = object("autoscaling/v1", "Scale", json!(5));
    let conflict = send(&server, "PATCH", &format!("{scale}?fieldManager=other"), APPLY_PATCH, &conflict).await;
    assert_eq!(conflict.code, 409, "{}", conflict.body);
}

#[tokio::test]
async fn objects_lists_metadata_and_errors_are_answered_in_protobuf() {
    let server = server();
    create(&server, PODS, &pod()).await;
    let accept = [("accept", "application/vnd.kubernetes.protobuf,application/json")];
    for path in [format!("{PODS}/p"), PODS.to_owned(), format!("{PODS}/missing")] {
        let answer = get(&server, &path, &accept).await;
        assert_eq!(
            (answer.headers["content-type"].as_bytes(), &answer.text[..4]),
            (PROTOBUF.as_bytes(), "k8s\0"),
            "{path}"
        );
    }
    let partial = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let answer = get(&server, PODS, &[("accept", partial)]).await.ok();
    assert!(answer.text.contains("PartialObjectMetadataList"));
    let table = "application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1";
    assert_eq!(get(&server, PODS, &[("accept", table)]).await.code, 406);
}

#[tokio::test]
async fn object_that_was_received_in_protobuf_can_be_sent_again() {
    let server = server();
    create(&server, PODS, &pod()).await;
    let path = format!("{PODS}/p");
    let service = server.service();
    let answer = service.oneshot(request("GET", &path, &[("accept", PROTOBUF)], "")).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let updated = send(&server, "PUT", &path, PROTOBUF, &bytes).await.ok();
    assert_eq!(updated.body, get(&server, &path, &[]).await.body);
    send(&server, "DELETE", &path, JSON, "").await.ok();
    let created = send(&server, "POST", PODS, PROTOBUF, &bytes).await;
    let message = "resourceVersion should not be set on objects to be created";
    assert_eq!((created.code, &created.body["message"]), (500, &json!(message)));
}

#[tokio::test]
async fn watch_in_protobuf_has_frames() {
    let server = server();
    create(&server, PODS, &pod()).await;
    let path = format!("{PODS}?watch=true&resourceVersion=0&timeoutSeconds=1");
    let accept = "application/vnd.kubernetes.protobuf;stream=watch";
    let answer = server.service().oneshot(request("GET", &path, &[("accept", accept)], "")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], accept);
    let frame = answer.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
    let length = u32::from_be_bytes(frame[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), frame.len() - 4);
    assert!(frame[4..].starts_with(b"\x0a\x05ADDED"));
}

#[tokio::test]
async fn pod_is_bound_once_and_evicted_within_its_budget() {
    let server = server();
    create(&server, PODS, &pod()).await;
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    let bind = || send(&server, "POST", "/api/v1/namespaces/default/pods/p/binding", JSON, binding.to_string());
    let bound = bind().await;
    assert_eq!((bound.code, &bound.body["status"]), (201, &json!("Success")));
    let pod = get(&server, &format!("{PODS}/p"), &[]).await.ok();
    assert_eq!((pod.at("/spec/nodeName"), pod.at("/status/conditions/0/type")), (json!("n"), json!("PodScheduled")));
    let again = bind().await;
    let message = r#"Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n""#;
    assert_eq!((again.code, &again.body["message"]), (409, &json!(message)));

    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "minAvailable": 1},
    });
    create(&server, budgets, &budget).await;
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let evict = || send(&server, "POST", "/api/v1/namespaces/default/pods/p/eviction", JSON, eviction.to_string());
    assert_eq!(evict().await.code, 429);
    let status = r#"{"status": {"disruptionsAllowed": 1, "observedGeneration": 9}}"#;
    send(&server, "PATCH", &format!("{budgets}/b/status"), MERGE_PATCH, status).await.ok();
    assert_eq!(evict().await.code, 201);
    assert_eq!(get(&server, &format!("{budgets}/b"), &[]).await.at("/status/disruptionsAllowed"), json!(0));
}

#[tokio::test]
async fn tokens_are_issued_and_requests_are_approved() {
    let server = server();
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    create(&server, accounts, &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}})).await;
    let request =
        r#"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}"#;
    let token = send(&server, "POST", &format!("{accounts}/s/token"), JSON, request).await.ok();
    assert_eq!(token.at("/status/token").as_str().map(|token| token.split('.').count()), Some(3));

    let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    let signing = json!({
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "r"},
        "spec": {"request": REQUEST, "signerName": "example.com/a", "usages": ["client auth"]},
    });
    let mut approved = create(&server, requests, &signing).await;
    approved["status"] =
        json!({"conditions": [{"type": "Approved", "status": "True", "reason": "R"}], "certificate": "AAEC"});
    let answer = send(&server, "PUT", &format!("{requests}/r/approval"), JSON, approved.to_string()).await.ok();
    assert_eq!(
        (answer.at("/status/conditions/0/reason"), answer.body["status"].get("certificate")),
        (json!("R"), None)
    );
}

#[tokio::test]
async fn subresources_that_need_a_node_are_refused_clearly() {
    let server = server();
    create(&server, PODS, &pod()).await;
    let refused = get(&server, &format!("{PODS}/p/log"), &[]).await;
    let message = "pods/log is not supported: nothing runs on this server in memory";
    assert_eq!((refused.code, &refused.body["message"]), (501, &json!(message)));
    assert_eq!(get(&server, &format!("{PODS}/p/nothing"), &[]).await.code, 404);
}
