//! Kinds of the objects in scripts.

use kube_structural_schema::instances::Instances;
use kube_structural_schema::{Crd, Scope, Version};
use proptest::strategy::BoxedStrategy;
use serde_json::Value;

/// A kind of the objects in scripts.
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) plural: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    pub(crate) versions: Vec<KindVersion>,
    /// Whether the kind is builtin: error messages of its objects differ.
    pub(crate) is_builtin: bool,
}

/// A served version of a kind.
pub(crate) struct KindVersion {
    pub(crate) name: String,
    pub(crate) objects: BoxedStrategy<Value>,
    pub(crate) status: bool,
    pub(crate) scale: bool,
}

impl Kind {
    pub(crate) fn of(crd: &Crd) -> Self {
        let versions = crd.versions.iter().filter(|version| version.served).map(KindVersion::of).collect();
        Kind {
            group: crd.group.clone(),
            plural: crd.names.plural.clone(),
            kind: crd.names.kind.clone(),
            namespaced: crd.scope == Scope::Namespaced,
            versions,
            is_builtin: false,
        }
    }

    pub(crate) fn api_version(&self, version: &KindVersion) -> String {
        if self.group.is_empty() { version.name.clone() } else { format!("{}/{}", self.group, version.name) }
    }

    pub(crate) fn collection(&self, version: &KindVersion, namespace: &str) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let base = format!("{root}/{}", self.api_version(version));
        if self.namespaced {
            format!("{base}/namespaces/{namespace}/{}", self.plural)
        } else {
            format!("{base}/{}", self.plural)
        }
    }
}

impl KindVersion {
    fn of(version: &Version) -> Self {
        KindVersion {
            name: version.name.clone(),
            objects: Instances { from_newer_schema: false }.strategy(&version.schema),
            status: version.subresources.status,
            scale: version.subresources.scale.is_some(),
        }
    }
}
