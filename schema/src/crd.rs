//! A `CustomResourceDefinition`, `apiextensions.k8s.io/v1`.

use serde_json::Value;

use crate::problem::Place;
use crate::schema::Schema;

/// A CRD: one kind in one or more versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Crd {
    /// Where the document begins.
    pub place: Place,
    /// `metadata.name`, `<plural>.<group>`.
    pub name: String,
    /// The API group, such as `aigateway.envoyproxy.io`.
    pub group: String,
    /// What the kind is called.
    pub names: Names,
    /// Whether objects live in a namespace.
    pub scope: Scope,
    /// The versions, newest first by Kubernetes' order of priority.
    pub versions: Vec<Version>,
    /// Whether the API server converts between versions by webhook; else it only changes `apiVersion`.
    pub conversion_webhook: bool,
    /// The whole document as JSON, `status` left out.
    pub document: Value,
}

/// `spec.names` of a CRD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The kind, `AIGatewayRoute`.
    pub kind: String,
    /// The kind of a list of them, `AIGatewayRouteList`.
    pub list_kind: String,
    /// The plural that URLs use, `aigatewayroutes`.
    pub plural: String,
    /// The singular that kubectl takes as well.
    pub singular: String,
    /// Other names that kubectl takes.
    pub short_names: Vec<String>,
    /// Groups of resources it belongs to, such as `all`.
    pub categories: Vec<String>,
}

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Each object is in a namespace.
    Namespaced,
    /// Objects belong to the cluster as a whole.
    Cluster,
}

/// One version of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Where the version begins.
    pub place: Place,
    /// Its name, such as `v1beta1`.
    pub name: String,
    /// Whether the API server answers for it.
    pub served: bool,
    /// Whether objects are stored in it.
    pub storage: bool,
    /// The warning that the API server sends with each answer, where the version is deprecated.
    pub deprecated: Option<String>,
    /// What hangs below an object in the URL.
    pub subresources: Subresources,
    /// The columns that `kubectl get` shows.
    pub printer_columns: Vec<PrinterColumn>,
    /// JSON paths that field selectors may name besides `metadata.name` and `metadata.namespace`.
    pub selectable_fields: Vec<String>,
    /// The schema of an object.
    pub schema: Schema,
}

/// The subresources of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subresources {
    /// Whether `/status` is written apart from the rest.
    pub status: bool,
    /// Where `/scale` finds its numbers.
    pub scale: Option<Scale>,
}

/// JSON paths of the scale subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// Where the wanted number of replicas stands.
    pub spec_replicas_path: String,
    /// Where the present number of replicas stands.
    pub status_replicas_path: String,
    /// Where the selector of the scaled objects stands, if anywhere.
    pub label_selector_path: Option<String>,
}

/// A column of `kubectl get`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrinterColumn {
    /// The heading.
    pub name: String,
    /// What the values are: `string`, `integer`, `date` and others.
    pub type_: String,
    /// Where the value stands in an object.
    pub json_path: String,
    /// What the column tells.
    pub description: Option<String>,
    /// How values are written, such as `byte` or `date-time`.
    pub format: Option<String>,
    /// Columns above 0 show only where there is room.
    pub priority: i64,
}

impl Crd {
    /// The version that objects are stored in.
    pub fn storage_version(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.storage)
    }
}

/// Kubernetes' order of versions, newest first: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then the rest by name.
///
/// Source: `apimachinery/pkg/version/helpers.go`, `CompareKubeAwareVersionStrings`.
pub fn priority(version: &str) -> (std::cmp::Reverse<(u8, u64, u64)>, String) {
    let key = parse_version(version).unwrap_or((0, 0, 0));
    (std::cmp::Reverse(key), version.to_owned())
}

/// Stability (3 stable, 2 beta, 1 alpha), major and minor number.
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
    fn versions_are_ordered_as_kubernetes_orders_them() {
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
