//! ApplySets: which objects were applied together, so that those that are not applied any more are pruned.
//!
//! Source: <https://git.k8s.io/enhancements/keps/sig-cli/3659-kubectl-apply-prune>, and kubectl 1.37,
//! `k8s.io/kubectl/pkg/cmd/apply/applyset.go` and `applyset_pruner.go`.

mod error;
mod id;
mod parent;
mod prune;

pub use error::ApplySetError;
pub use id::apply_set_id;
pub(super) use parent::{Members, Recorded, Set};
pub(super) use prune::Pruning;

use std::fmt;

/// The label of the members; its value is the id.
pub(super) const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The label of the parent; its value is the id.
const ID: &str = "applyset.kubernetes.io/id";
/// The annotation of the parent with the tool that manages the set.
const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation of the parent with the kinds of the members.
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The same in kubectl 1.27 and older, with plurals. It is removed when the parent is updated.
const RESOURCES: &str = "applyset.kubernetes.io/contains-group-resources";
/// The annotation of the parent with the namespaces of the members, except its own.
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// The label of CRDs whose objects may be parents.
const PARENT_TYPE: &str = "applyset.kubernetes.io/is-parent-type";

/// The tool that manages a set, `name/version`. Sets of other tools are refused; the version does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tooling {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
}

impl Default for Tooling {
    fn default() -> Self {
        Tooling { name: env!("CARGO_PKG_NAME").to_owned(), version: format!("v{}", env!("CARGO_PKG_VERSION")) }
    }
}

/// `name/version`
impl fmt::Display for Tooling {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.name, self.version)
    }
}

/// A set of objects that are applied together, as the option `--applyset` of kubectl.
///
/// The parent object records the kinds and the namespaces of the members; each member has the label
/// `applyset.kubernetes.io/part-of`. After all objects of an input were applied, members that are not in it are deleted, each only
/// if it still has the uid that was listed. If an object fails, nothing is deleted. The parent is updated before (it then covers
/// the old and the new members) and after, so that no member is lost if the operation is interrupted. It is created if it does not
/// exist, unless it is a custom resource. Its namespace must exist.
///
/// A set that another tool manages is refused. To take over a set of kubectl, or to leave one to it, use its name:
///
/// ```
/// use kube_client_runtime::manifests::{ApplyManifestsOptions, ApplySet};
///
/// // `kubectl apply --server-side --prune --namespace shop --applyset configmaps/my-set`
/// let set = ApplySet::config_map("shop", "my-set").tooling("kubectl", "v1.37.2");
/// let options = ApplyManifestsOptions::new("kubectl").apply_set(set);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplySet {
    /// The resource of the parent: its plural, with the group.
    resource: String,
    namespace: Option<String>,
    name: String,
    tooling: Tooling,
}

impl ApplySet {
    /// A set whose parent is a Secret.
    pub fn secret(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        ApplySet::resource("secrets", name).namespace(namespace)
    }

    /// A set whose parent is a ConfigMap.
    pub fn config_map(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        ApplySet::resource("configmaps", name).namespace(namespace)
    }

    /// A set whose parent is a custom resource, such as `widgets.example.com`. It must exist, and its CRD must have the label
    /// `applyset.kubernetes.io/is-parent-type`. If it is namespaced, set the [`namespace`](Self::namespace).
    pub fn resource(resource: impl Into<String>, name: impl Into<String>) -> Self {
        ApplySet { resource: resource.into(), namespace: None, name: name.into(), tooling: Tooling::default() }
    }

    /// Parses the option `--applyset` of kubectl: `resource.group/name`, or the name of a Secret.
    pub fn parse(reference: &str) -> Self {
        let (resource, name) = reference.split_once('/').unwrap_or(("secrets", reference));
        // The core group is empty: kubectl prints `secrets./my-set`.
        ApplySet::resource(resource.trim_end_matches('.'), name)
    }

    /// Sets the namespace of the parent.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Sets the tool that manages the set, by default this crate.
    pub fn tooling(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.tooling = Tooling { name: name.into(), version: version.into() };
        self
    }
}
