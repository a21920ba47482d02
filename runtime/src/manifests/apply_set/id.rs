//! Ids of ApplySets.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::manifests::GroupKind;

/// Returns the id of the ApplySet with this parent: the value of the label `applyset.kubernetes.io/part-of` of its members.
/// `namespace` is empty for cluster-scoped parents.
///
/// Source: `V1ApplySetIdFormat` of `k8s.io/kubectl/pkg/cmd/apply/applyset.go`: `base64(sha256(<name>.<namespace>.<kind>.<group>))`.
///
/// ```
/// use kube_client_runtime::manifests::{GroupKind, apply_set_id};
///
/// // Of `kubectl apply --namespace default --applyset configmaps/my-set`.
/// let id = apply_set_id("my-set", "default", &GroupKind::new("", "ConfigMap"));
/// assert!(id.starts_with("applyset-") && id.ends_with("-v1") && id.len() == 55);
/// ```
pub fn apply_set_id(name: &str, namespace: &str, kind: &GroupKind) -> String {
    let hash = Sha256::digest(format!("{name}.{namespace}.{}.{}", kind.kind, kind.group));
    format!("applyset-{}-v1", BASE64_URL_SAFE_NO_PAD.encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id is that of kubectl's own test, `TestApplySetInvalidLiveParent`.
    #[test]
    fn id_equals_that_of_kubectl() {
        let id = apply_set_id("my-set", "test", &GroupKind::new("", "Secret"));
        assert_eq!(id, "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1");
    }
}
