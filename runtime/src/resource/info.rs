//! Compile-time information about a kind.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::{ApiResource, GroupVersionKind, GroupVersionResource};

/// The scope of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Objects are in namespaces.
    Namespaced,
    /// Objects are cluster-scoped.
    Cluster,
}

/// The definition of a kind in one version of a CRD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// The API group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The kind of a list of objects.
    pub list_kind: &'static str,
    /// The plural in URLs.
    pub plural: &'static str,
    /// The singular for kubectl.
    pub singular: &'static str,
    /// The short names for kubectl.
    pub short_names: &'static [&'static str],
    /// The categories for kubectl.
    pub categories: &'static [&'static str],
    /// The scope of the kind.
    pub scope: Scope,
    /// Whether objects are stored in this version.
    pub storage: bool,
    /// The warning that the API server sends, if the version is deprecated.
    pub deprecated: Option<&'static str>,
    /// `status`, `scale`, both or none.
    pub subresources: &'static [&'static str],
    /// Selectable fields in addition to `metadata.name` and `metadata.namespace`, such as `.spec.class`.
    pub selectable_fields: &'static [&'static str],
}

impl KindInfo {
    /// Returns the value of `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Returns group, version and kind.
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::gvk(self.group, self.version, self.kind)
    }

    /// Returns group, version and resource (plural).
    pub fn gvr(&self) -> GroupVersionResource {
        GroupVersionResource::gvr(self.group, self.version, self.plural)
    }

    /// Returns the resource for kube's dynamic types such as [`DynamicObject`](kube::core::DynamicObject).
    pub fn api_resource(&self) -> ApiResource {
        ApiResource::from_gvk_with_plural(&self.gvk(), self.plural)
    }

    /// Returns whether the kind has this subresource.
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.contains(&name)
    }

    /// Returns the verbs of a custom resource, as discovery lists them.
    pub fn verbs(&self) -> &'static [&'static str] {
        &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
    }

    /// Returns the verbs of a subresource.
    pub fn subresource_verbs(&self) -> &'static [&'static str] {
        &["get", "patch", "update"]
    }
}

impl From<&KindInfo> for ApiResource {
    fn from(info: &KindInfo) -> Self {
        info.api_resource()
    }
}

/// A kind defined by a CRD.
pub trait CustomKind: kube::Resource<DynamicType = ()> {
    /// The definition of the kind.
    const INFO: KindInfo;

    /// Returns the CRD with all versions.
    fn custom_resource_definition() -> CustomResourceDefinition;
}

/// A kind with the status subresource; only clients of such kinds have methods for it. Implemented by generated types and
/// for the stable versions of built-in kinds.
pub trait HasStatusSubresource: kube::Resource {}

/// A kind with the scale subresource; only clients of such kinds have methods for it. Implemented by generated types whose
/// CRD declares the subresource, and for built-in kinds.
pub trait HasScaleSubresource: kube::Resource {}
