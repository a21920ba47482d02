//! The resource or object of a request.

use std::sync::Arc;

use kube_structural_schema::Version;
use serde_json::Value;

use super::body::group_of;
use crate::kinds::{Kind, Subresource};
use crate::metadata::text;
use crate::status::Failure;
use crate::store::Key;

/// The resource or object of a request.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Kind>,
    /// The index of the requested version.
    pub(crate) version: usize,
    /// The namespace; empty for cluster-scoped objects and for all namespaces.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: Subresource,
}

impl Kind {
    /// Returns the target of a cluster-scoped object in the storage version.
    pub(crate) fn target(self: &Arc<Self>, name: &str) -> Target {
        Target {
            kind: Arc::clone(self),
            version: self.storage_index(),
            namespace: String::new(),
            name: name.to_owned(),
            subresource: Subresource::None,
        }
    }
}

impl Target {
    /// Returns the target of an object.
    pub(crate) fn of_object(kind: &Arc<Kind>, object: &Value) -> Target {
        let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let version = kind.versions.iter().position(|other| kind.api_version(other) == version).unwrap_or_default();
        Target {
            kind: Arc::clone(kind),
            version,
            namespace: text(object, "namespace").to_owned(),
            name: text(object, "name").to_owned(),
            subresource: Subresource::None,
        }
    }

    pub(crate) fn version(&self) -> &Version {
        &self.kind.versions[self.version]
    }

    /// Returns the target and its object in the version in which objects of the kind are validated; `None` if that is
    /// this version. Only autoscalers have versions that validation does not know.
    pub(super) fn in_processed_version(&self, object: &Value) -> Option<(Target, Value)> {
        if !self.kind.is_autoscaler() || self.version == self.kind.storage_index() {
            return None;
        }
        let target = Target { version: self.kind.storage_index(), ..self.clone() };
        let object = self.kind.convert_to(object.clone(), target.version());
        Some((target, object))
    }

    pub(crate) fn api_version(&self) -> String {
        self.kind.api_version(self.version())
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }

    pub(super) fn not_found(&self) -> Failure {
        Failure::not_found(&self.kind.resource, &self.name)
    }

    /// Returns the group of an invalid object in errors. Events are validated as those of the core group.
    pub(super) fn error_group<'o>(&self, object: &'o Value) -> &'o str {
        if self.kind.is_alias() { "" } else { group_of(object) }
    }

    pub(super) fn has_status(&self) -> bool {
        self.version().subresources.status
    }
}
