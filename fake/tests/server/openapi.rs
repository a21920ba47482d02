//! OpenAPI v2, as JSON and as protobuf.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};
use testkit::requests::request;

use super::raw::{JSON, get, send};

const PATH: &str = "/openapi/v2";
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn definition(document: &Value, name: &str) -> Value {
    document["definitions"][name].clone()
}

fn things(spec: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "selectableFields": [{"jsonPath": ".spec.name"}],
                "subresources": {"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

#[tokio::test]
async fn builtin_kinds_are_defined_by_their_structs() {
    let server = FakeApiServer::builder().build().expect("a server");
    let document = get(&server, PATH, &[]).await.ok().body;
    assert_eq!(document["swagger"], "2.0");
    let port = json!({
        "type": "object",
        "required": ["containerPort"],
        "properties": {
            "containerPort": {"type": "integer", "format": "int32"},
            "hostIP": {"type": "string"},
            "hostPort": {"type": "integer", "format": "int32"},
            "name": {"type": "string"},
            "protocol": {"type": "string"},
        },
    });
    assert_eq!(definition(&document, "io.k8s.api.core.v1.ContainerPort"), port);
    let deployment = definition(&document, "io.k8s.api.apps.v1.Deployment");
    assert_eq!(
        deployment["x-kubernetes-group-version-kind"],
        json!([{"group": "apps", "kind": "Deployment", "version": "v1"}])
    );
    assert_eq!(deployment["properties"]["spec"], json!({"$ref": "#/definitions/io.k8s.api.apps.v1.DeploymentSpec"}));
    let containers = &definition(&document, "io.k8s.api.core.v1.PodSpec")["properties"]["containers"];
    let expected = json!({
        "type": "array",
        "items": {"$ref": "#/definitions/io.k8s.api.core.v1.Container"},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "name",
    });
    assert_eq!(containers, &expected);
    // References lead to definitions.
    let text = document.to_string();
    let names: Vec<&str> = text.split("\"#/definitions/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 1000, "{}", names.len());
    for name in names {
        assert!(!definition(&document, name).is_null(), "{name}");
    }
}

#[tokio::test]
async fn paths_have_the_operations_that_discovery_lists() {
    let server = FakeApiServer::builder().build().expect("a server");
    let document = get(&server, PATH, &[]).await.ok().body;
    let methods = |path: &str| -> Vec<String> {
        document["paths"][path].as_object().map(|item| item.keys().cloned().collect()).unwrap_or_default()
    };
    assert_eq!(methods("/api/v1/componentstatuses"), ["get", "parameters"]);
    assert_eq!(methods("/api/v1/namespaces"), ["get", "parameters", "post"]);
    assert_eq!(methods("/api/v1/namespaces/{name}/finalize"), ["parameters", "put"]);
    assert_eq!(
        methods("/api/v1/namespaces/{namespace}/pods/{name}/ephemeralcontainers"),
        ["get", "parameters", "patch", "put"]
    );
    let patch = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    assert_eq!(patch["operationId"], "patchAppsV1NamespacedDeployment");
    assert_eq!(patch["tags"], json!(["apps_v1"]));
    assert_eq!(patch["parameters"][0]["in"], "body");
    let parameter = json!({"name": "dryRun", "in": "query", "type": "string", "uniqueItems": true});
    assert_eq!(patch["parameters"][1], parameter);
    assert_eq!(
        patch["responses"]["200"],
        json!({"description": "OK", "schema": {"$ref": "#/definitions/io.k8s.api.apps.v1.Deployment"}})
    );
}

#[tokio::test]
async fn schemas_of_custom_resources_have_only_what_swagger_understands() {
    let server = FakeApiServer::builder().build().expect("a server");
    let spec = json!({
        "type": "object",
        "required": ["name", "none"],
        "oneOf": [{"required": ["name"]}],
        "x-kubernetes-validations": [{"rule": "true"}],
        "properties": {
            "name": {"type": "string", "default": "a", "maxLength": 10},
            "none": {"type": "string", "nullable": true, "description": "d"},
            "nones": {"type": "array", "nullable": true, "items": {"type": "string"}},
            "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": {"type": "string"}}},
            "embedded": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}},
            "numbers": {"type": "object", "additionalProperties": {"type": "integer", "format": "int32", "nullable": true}},
        },
    });
    send(&server, "POST", CRDS, JSON, things(&spec).to_string()).await.ok();
    let document = get(&server, PATH, &[]).await.ok().body;
    let thing = definition(&document, "org.example.v1.Thing");
    // As kube-apiserver 1.37.2 publishes them.
    let converted = &thing["properties"]["spec"];
    assert_eq!(converted["required"], json!(["name"]));
    assert_eq!(
        (&converted["oneOf"], &converted["x-kubernetes-validations"][0]["rule"]),
        (&Value::Null, &json!("true"))
    );
    let properties = &converted["properties"];
    assert_eq!(properties["name"], json!({"type": "string", "maxLength": 10}));
    assert_eq!(properties["none"], json!({"description": "d"}));
    assert_eq!(properties["nones"], json!({}));
    assert_eq!(properties["port"], json!({"x-kubernetes-int-or-string": true}));
    assert_eq!(properties["free"], json!({"x-kubernetes-preserve-unknown-fields": true}));
    assert_eq!(properties["numbers"], json!({"type": "object", "additionalProperties": {"format": "int32"}}));
    assert_eq!(properties["embedded"]["required"], json!(["kind", "apiVersion"]));
    let metadata = json!({"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"});
    assert_eq!(
        (&thing["properties"]["metadata"], &properties["embedded"]["properties"]["metadata"]),
        (&metadata, &metadata)
    );
    assert_eq!(thing["x-kubernetes-selectable-fields"], json!([{"fieldPath": "spec.name"}]));
    let third = get(&server, "/openapi/v3/apis/example.org/v1", &[]).await.ok().body;
    let thing = &third["components"]["schemas"]["org.example.v1.Thing"];
    assert_eq!(thing["x-kubernetes-selectable-fields"], json!([{"fieldPath": "spec.name"}]));
    let scale = &document["paths"]["/apis/example.org/v1/namespaces/{namespace}/things/{name}/scale"]["get"];
    assert_eq!(scale["responses"]["200"]["schema"]["$ref"], "#/definitions/io.k8s.api.autoscaling.v1.Scale");
}

#[tokio::test]
async fn document_is_sent_again_only_after_the_kinds_change() {
    let server = FakeApiServer::builder().build().expect("a server");
    let named = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let first = get(&server, PATH, &[]).await.ok();
    let tag = first.headers["etag"].to_str().expect("a tag").to_owned();
    let again = get(&server, PATH, &[("if-none-match", &tag)]).await;
    assert_eq!((again.code, again.text.as_str()), (304, ""));
    send(&server, "POST", CRDS, JSON, things(&named).to_string()).await.ok();
    let changed = get(&server, PATH, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.code, 200);
    assert!(!definition(&changed.body, "org.example.v1.Thing").is_null());
    send(&server, "DELETE", &format!("{CRDS}/things.example.org"), JSON, "").await.ok();
    assert_eq!(get(&server, PATH, &[("if-none-match", &tag)]).await.code, 304);
}

#[tokio::test]
async fn clients_that_accept_protobuf_get_it() {
    let server = FakeApiServer::builder().build().expect("a server");
    let response = testkit::requests::send(server.service(), request("GET", PATH, &[("accept", PROTOBUF)], "")).await;
    assert_eq!(response.headers["content-type"], "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    // The first field is the version, the second one the title and the version of the API.
    assert!(response.text.starts_with("\n\u{3}2.0\u{12}\u{12}\n\nKubernetes\u{12}\u{4}1.37"));
    assert!(response.text.contains("io.k8s.api.core.v1.Pod"));
    for accept in ["*/*", "application/*", "text/html, application/json"] {
        let json = get(&server, PATH, &[("accept", accept)]).await.ok();
        assert_eq!(json.headers["content-type"], "application/json", "{accept}");
    }
    assert_eq!(get(&server, PATH, &[("accept", "application/yaml")]).await.code, 406);
}
