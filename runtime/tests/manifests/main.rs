//! Tests of manifests against the in-memory API server.

mod apply;
mod apply_set;
mod delete;
mod dry_run;
mod failures;
mod prune;
mod sources;

use kube_client_runtime::client::Client;
use kube_client_runtime::manifests::{ApplyManifestsOptions, Manifests, ManifestsError, Report};
use kube_fake_apiserver::{Action, FakeApiServer};
use serde_json::{Value, json};

fn server() -> FakeApiServer {
    FakeApiServer::builder().namespaces(["shop", "other"]).build().expect("a server")
}

fn client(server: &FakeApiServer) -> Client {
    Client::from(server.client())
}

fn options() -> ApplyManifestsOptions {
    ApplyManifestsOptions::new("installer")
}

/// An object with the required fields of its kind.
fn object(api_version: &str, kind: &str, name: &str) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    match kind {
        "Service" => object["spec"] = json!({"ports": [{"port": 80}]}),
        "Deployment" => {
            let labels = json!({"app": name});
            let template =
                json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
            object["spec"] = json!({"selector": {"matchLabels": labels}, "template": template});
        }
        "RoleBinding" => {
            object["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"});
        }
        _ => {}
    }
    object
}

fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}})
}

/// A CRD of widgets.
fn widgets() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}},
                }}},
            }],
        },
    })
}

/// Manifests with the sources `0`, `1` and so on.
fn manifests(objects: impl IntoIterator<Item = Value>) -> Manifests {
    let numbered = objects.into_iter().enumerate();
    numbered.fold(Manifests::new(), |all, (number, object)| all.object(&number.to_string(), &object))
}

/// Objects and outcomes, such as `configmap/x created`.
fn outcomes(report: &Report) -> Vec<String> {
    format!("{report:#}").lines().map(str::to_owned).collect()
}

/// The report of a failed operation.
fn failed(result: Result<Report, ManifestsError>) -> Report {
    match result {
        Err(ManifestsError::Failed(report)) => *report,
        other => panic!("{other:?}"),
    }
}

/// The lines of the problems.
fn problems(result: Result<Report, ManifestsError>) -> Vec<String> {
    match result {
        Err(ManifestsError::Invalid(problems)) => problems.to_string().lines().map(str::to_owned).collect(),
        other => panic!("{other:?}"),
    }
}

/// `patch configmaps default/x`
fn lines(actions: &[Action]) -> Vec<String> {
    actions.iter().map(ToString::to_string).collect()
}
