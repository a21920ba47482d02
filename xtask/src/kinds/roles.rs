//! The roles and bindings that an API server creates, from the test data of Kubernetes.

use camino::Utf8Path;
use kube_structural_schema::yaml;
use serde_json::Value;

use super::Error;

/// The folder in the module `k8s.io/kubernetes`.
const FOLDER: &str = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata";

/// The files, in the order in which the API server creates their objects.
const FILES: [&str; 6] = [
    "cluster-roles.yaml",
    "controller-roles.yaml",
    "cluster-role-bindings.yaml",
    "controller-role-bindings.yaml",
    "namespace-roles.yaml",
    "namespace-role-bindings.yaml",
];

/// Returns all objects, one in JSON a line.
pub(super) fn read(module: &Utf8Path) -> Result<String, Error> {
    let mut lines = String::new();
    for name in FILES {
        let path = module.join(FOLDER).join(name);
        let text = std::fs::read(&path).map_err(|source| Error::File { path: path.to_string(), source })?;
        let unexpected = |reason: String| Error::Unexpected { kind: path.to_string(), release: String::new(), reason };
        let documents = yaml::parse(&text).map_err(|(at, error)| unexpected(format!("{at}: {error}")))?;
        for list in documents.iter().map(yaml::Node::to_json) {
            let items = list["items"].as_array().ok_or_else(|| unexpected("it is not a list".to_owned()))?;
            lines.extend(items.iter().map(|object| format!("{}\n", written(object))));
        }
    }
    Ok(lines)
}

/// Returns an object without the fields that the server sets: the rules of aggregated roles are those of other roles.
fn written(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        if fields.contains_key("aggregationRule") {
            fields.remove("rules");
        }
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("creationTimestamp");
        }
    }
    object
}
