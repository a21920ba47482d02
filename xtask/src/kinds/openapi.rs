//! The OpenAPI documents of Kubernetes.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::Value;

use super::Error;

/// The schema of a Go struct.
#[derive(Clone, Deserialize)]
pub(super) struct Schema {
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Property>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    #[serde(default, rename = "x-kubernetes-map-type")]
    pub(super) map_type: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Property {
    #[serde(default)]
    pub(super) default: Option<Value>,
    #[serde(default, rename = "x-kubernetes-list-type")]
    pub(super) list_type: Option<String>,
    #[serde(default, rename = "x-kubernetes-list-map-keys")]
    pub(super) list_map_keys: Vec<String>,
    #[serde(default, rename = "x-kubernetes-map-type")]
    pub(super) map_type: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    components: Components,
}

#[derive(Deserialize)]
struct Components {
    #[serde(default)]
    schemas: BTreeMap<String, Schema>,
}

/// Reads the schemas of all groups by name, such as `io.k8s.api.core.v1.Pod`.
pub(super) fn read(module: &Utf8Path) -> Result<BTreeMap<String, Schema>, Error> {
    let mut schemas = BTreeMap::new();
    for path in super::discovery::files(&module.join("api/openapi-spec/v3"))? {
        let document: Document = super::discovery::json(&path)?;
        schemas.extend(document.components.schemas);
    }
    Ok(schemas)
}

/// Returns the name of the schema of a Go type, such as `k8s.io/api/core/v1.Pod`.
pub(super) fn name(go_type: &str) -> String {
    let (host, path) = go_type.split_once('/').unwrap_or(("", go_type));
    let host: Vec<&str> = host.split('.').rev().collect();
    format!("{}.{}", host.join("."), path.replace('/', "."))
}
