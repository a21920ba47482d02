//! A `CustomResourceDefinition`, `apiextensions.k8s.io/v1`.

use serde_json::Value;

use crate::problem::Place;
use crate::schema::Schema;

/// A CRD: one kind in one or more versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Crd {
    /// The start of the document.
    pub place: Place,
    /// `metadata.name`, `<plural>.<group>`.
    pub name: String,
    /// The API group, such as `aigateway.envoyproxy.io`.
    pub group: String,
    /// The names of the kind.
    pub names: Names,
    /// Whether objects are namespaced.
    pub scope: Scope,
    /// The versions, newest first in Kubernetes' priority order.
    pub versions: Vec<Version>,
    /// Whether the API server converts between versions with a webhook; otherwise it only changes `apiVersion`.
    pub conversion_webhook: bool,
    /// The document as JSON, without `status`.
    pub document: Value,
}

/// `spec.names` of a CRD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The kind, `AIGatewayRoute`.
    pub kind: String,
    /// The kind of a list, `AIGatewayRouteList`.
    pub list_kind: String,
    /// The plural in URLs, `aigatewayroutes`.
    pub plural: String,
    /// The singular, which kubectl accepts as well.
    pub singular: String,
    /// Short names that kubectl accepts.
    pub short_names: Vec<String>,
    /// Resource groups such as `all`.
    pub categories: Vec<String>,
}

/// Whether objects of a kind are namespaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Objects belong to a namespace.
    Namespaced,
    /// Objects belong to the cluster.
    Cluster,
}

/// One version of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The start of the version.
    pub place: Place,
    /// The name, such as `v1beta1`.
    pub name: String,
    /// Whether the API server serves it.
    pub served: bool,
    /// Whether objects are stored in it.
    pub storage: bool,
    /// The warning of each response, if the version is deprecated.
    pub deprecated: Option<String>,
    /// The subresources.
    pub subresources: Subresources,
    /// The columns of `kubectl get`.
    pub printer_columns: Vec<PrinterColumn>,
    /// JSON paths that field selectors support in addition to `metadata.name` and `metadata.namespace`.
    pub selectable_fields: Vec<String>,
    /// The schema of an object.
    pub schema: Schema,
}

/// The subresources of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subresources {
    /// Whether `/status` exists.
    pub status: bool,
    /// The JSON paths of `/scale`, if it exists.
    pub scale: Option<Scale>,
}

/// JSON paths of the scale subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// The path of the desired number of replicas.
    pub spec_replicas_path: String,
    /// The path of the actual number of replicas.
    pub status_replicas_path: String,
    /// The path of the label selector, if any.
    pub label_selector_path: Option<String>,
}

/// A column of `kubectl get`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrinterColumn {
    /// The heading.
    pub name: String,
    /// The type of the values: `string`, `integer`, `date` and others.
    pub type_: String,
    /// The path of the value.
    pub json_path: String,
    /// The description.
    pub description: Option<String>,
    /// The format of the values, such as `byte` or `date-time`.
    pub format: Option<String>,
    /// Columns with a priority above 0 are shown with `-o wide` only.
    pub priority: i64,
}

impl Crd {
    /// Returns the version that objects are stored in.
    pub fn storage_version(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.storage)
    }
}

/// Returns the sort key of Kubernetes' version order, newest first: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then
/// other versions by name.
///
/// Source: `apimachinery/pkg/version/helpers.go`, `CompareKubeAwareVersionStrings`.
pub fn priority(version: &str) -> (std::cmp::Reverse<(u8, u64, u64)>, String) {
    let key = parse_version(version).unwrap_or((0, 0, 0));
    (std::cmp::Reverse(key), version.to_owned())
}

/// Returns stability (3 stable, 2 beta, 1 alpha), major and minor number.
fn parse_version(version: &str) -> Option<(u8, u64, u64)> {
    let digits_end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = |text: &str| if text.starts_with('0') { None } else { text.parse::<u64>().ok() };
    let rest = version.strip_prefix('v')?;
    let (major, rest) = rest.split_at(digits_end(rest));
    let major = number(major)?;
    if rest.is_empty() {
        return Some((3, major, 0));
    }
    let (stability, minor) = rest
        .strip_prefix("beta")
        .map(|minor| (2, minor))
        .or_else(|| rest.strip_prefix("alpha").map(|minor| (1, minor)))?;
    Some((stability, major, number(minor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_in_priority_order() {
        let mut versions = [
            "foo1",
            "v1alpha1",
            "v10",
            "v1beta1",
            "v2",
            "v11alpha2",
            "v1",
            "v12alpha1",
            "foo10",
            "v3beta1",
            "v11beta2",
        ];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(
            versions,
            [
                "v10",
                "v2",
                "v1",
                "v11beta2",
                "v3beta1",
                "v1beta1",
                "v12alpha1",
                "v11alpha2",
                "v1alpha1",
                "foo1",
                "foo10"
            ]
        );
    }
}
