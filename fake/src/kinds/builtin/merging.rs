//! How strategic merge patches change lists of Kubernetes' own kinds.
//!
//! Source: the tags `patchStrategy` and `patchMergeKey` in `k8s.io/api` and `apimachinery/pkg/apis/meta/v1/types.go`.

/// What a strategic merge patch makes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merging {
    /// The patch's list takes its place.
    Replace,
    /// It is a set of texts or numbers, of which the patch brings more.
    Set,
    /// Its items are merged, by this key.
    By(&'static str),
}

impl Merging {
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            Merging::By(key) => Some(key),
            Merging::Replace | Merging::Set => None,
        }
    }
}

/// How a list is merged, by the field that it is and the field that it stands in.
pub(crate) fn merging(place: &str, field: &str) -> Merging {
    match (place, field) {
        ("metadata", "finalizers") => Merging::Set,
        ("metadata", "ownerReferences") => Merging::By("uid"),
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
        | (_, "env") => Merging::By("name"),
        ("spec", "hostAliases") | ("status", "podIPs" | "hostIPs") => Merging::By("ip"),
        ("spec", "topologySpreadConstraints") => Merging::By("topologyKey"),
        ("spec", "ports") => Merging::By("port"),
        (_, "ports") => Merging::By("containerPort"),
        (_, "volumeMounts") => Merging::By("mountPath"),
        (_, "volumeDevices") => Merging::By("devicePath"),
        ("status", "conditions") => Merging::By("type"),
        _ => Merging::Replace,
    }
}
