//! What is known of a kind at compile time.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::{ApiResource, GroupVersionKind, GroupVersionResource};

/// Whether objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Each object is in a namespace.
    Namespaced,
    /// Objects belong to the cluster as a whole.
    Cluster,
}

/// What a CRD says about a kind in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// The API group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The kind of a list of them.
    pub list_kind: &'static str,
    /// The plural in URLs.
    pub plural: &'static str,
    /// The singular that kubectl takes.
    pub singular: &'static str,
    /// Short names that kubectl takes.
    pub short_names: &'static [&'static str],
    /// Categories that kubectl takes.
    pub categories: &'static [&'static str],
    /// Whether objects live in namespaces.
    pub scope: Scope,
    /// Whether objects are stored in this version.
    pub storage: bool,
    /// The warning that the API server sends, where the version is deprecated.
    pub deprecated: Option<&'static str>,
    /// `status`, `scale`, both or none.
    pub subresources: &'static [&'static str],
    /// Fields that field selectors may name besides `metadata.name` and `metadata.namespace`, such as `.spec.class`.
    pub selectable_fields: &'static [&'static str],
}

impl KindInfo {
    /// Group and version, as `apiVersion` holds them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::gvk(self.group, self.version, self.kind)
    }

    /// Group, version and resource (plural).
    pub fn gvr(&self) -> GroupVersionResource {
        GroupVersionResource::gvr(self.group, self.version, self.plural)
    }

    /// The resource, for kube's dynamic types such as [`DynamicObject`](kube::core::DynamicObject).
    pub fn api_resource(&self) -> ApiResource {
        ApiResource::from_gvk_with_plural(&self.gvk(), self.plural)
    }

    /// Whether the kind has this subresource.
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.contains(&name)
    }

    /// What the API server does with objects of a custom resource, as discovery lists it.
    pub fn verbs(&self) -> &'static [&'static str] {
        &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
    }

    /// What the API server does with a subresource.
    pub fn subresource_verbs(&self) -> &'static [&'static str] {
        &["get", "patch", "update"]
    }
}

impl From<&KindInfo> for ApiResource {
    fn from(info: &KindInfo) -> Self {
        info.api_resource()
    }
}

/// A kind that a CRD defines.
pub trait CustomKind: kube::Resource<DynamicType = ()> {
    /// What the CRD says about it.
    const INFO: KindInfo;

    /// The CRD, all versions of it.
    fn custom_resource_definition() -> CustomResourceDefinition;
}

/// Kinds with the status subresource; only their clients have the verbs for it. Implemented by generated types, and for
/// Kubernetes' own kinds in their stable versions.
pub trait HasStatusSubresource: kube::Resource {}
