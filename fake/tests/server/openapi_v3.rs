//! OpenAPI v3 of Kubernetes' own kinds, from which kubectl computes strategic merge patches and explains kinds.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::get;

async fn schemas(path: &str) -> Value {
    let server = FakeApiServer::builder().build().expect("a server");
    get(&server, path, &[]).await.ok().body["components"]["schemas"].take()
}

#[tokio::test]
async fn builtin_kinds_refer_to_the_schemas_of_their_structs() {
    let schemas = schemas("/openapi/v3/apis/apps/v1").await;
    let spec = json!({"allOf": [{"$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"}], "default": {}});
    assert_eq!(schemas["io.k8s.api.apps.v1.Deployment"]["properties"]["spec"], spec);
    let port = json!({
        "type": "object",
        "required": ["containerPort"],
        "properties": {
            "containerPort": {"type": "integer", "format": "int32", "default": 0},
            "hostIP": {"type": "string"},
            "hostPort": {"type": "integer", "format": "int32"},
            "name": {"type": "string"},
            "protocol": {"type": "string", "default": "TCP"},
        },
    });
    assert_eq!(schemas["io.k8s.api.core.v1.ContainerPort"], port);
    let either = json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]});
    assert_eq!(schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"], either);
}

#[tokio::test]
async fn patch_strategies_are_those_of_the_structs() {
    let schemas = schemas("/openapi/v3/apis/apps/v1").await;
    let volumes = &schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["volumes"];
    let expected = json!({
        "type": "array",
        "items": {"$ref": "#/components/schemas/io.k8s.api.core.v1.Volume"},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "x-kubernetes-patch-strategy": "merge,retainKeys",
        "x-kubernetes-patch-merge-key": "name",
    });
    assert_eq!(volumes, &expected);
    let strategy = &schemas["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["strategy"];
    assert_eq!(strategy["x-kubernetes-patch-strategy"], "retainKeys");
}
