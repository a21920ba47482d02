//! Strategies of strategic merge patches for lists of built-in kinds.
//!
//! Source: the tags `patchStrategy` and `patchMergeKey` in `k8s.io/api` and `apimachinery/pkg/apis/meta/v1/types.go`.

/// The patch strategy of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchStrategy {
    /// The list is replaced.
    Replace,
    /// The list is a set of scalars; values of the patch are added.
    Set,
    /// Items are merged by this key.
    Merge(&'static str),
}

impl PatchStrategy {
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            PatchStrategy::Merge(key) => Some(key),
            PatchStrategy::Replace | PatchStrategy::Set => None,
        }
    }
}

/// Returns the strategy of a list by its field and the parent of that.
pub(crate) fn patch_strategy(parent: &str, field: &str) -> PatchStrategy {
    match (parent, field) {
        ("metadata", "finalizers") => PatchStrategy::Set,
        ("metadata", "ownerReferences") => PatchStrategy::Merge("uid"),
        (
            "spec",
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "volumes"
            | "imagePullSecrets"
            | "resourceClaims"
            | "schedulingGates",
        )
        | ("status", "resourceClaimStatuses")
        | ("", "secrets")
        | (_, "env") => PatchStrategy::Merge("name"),
        ("spec", "hostAliases") | ("status", "podIPs" | "hostIPs") => PatchStrategy::Merge("ip"),
        ("spec", "topologySpreadConstraints") => PatchStrategy::Merge("topologyKey"),
        ("spec", "ports") => PatchStrategy::Merge("port"),
        (_, "ports") => PatchStrategy::Merge("containerPort"),
        (_, "volumeMounts") => PatchStrategy::Merge("mountPath"),
        (_, "volumeDevices") => PatchStrategy::Merge("devicePath"),
        ("status", "conditions") => PatchStrategy::Merge("type"),
        _ => PatchStrategy::Replace,
    }
}
