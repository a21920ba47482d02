//! Ids of ApplySets.

use super::sha256::sha256;
use crate::manifests::GroupKind;

/// The alphabet of base64 for URLs.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
    let hash = sha256(format!("{name}.{namespace}.{}.{}", kind.kind, kind.group).as_bytes());
    format!("applyset-{}-v1", base64(&hash))
}

/// Encodes bytes without padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let character = |at: usize| char::from(ALPHABET[bits >> (18 - 6 * at) & 63]);
        text.extend((0..=chunk.len()).map(character));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_no_padding_and_is_safe_in_urls() {
        for (bytes, expected) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (&[0xFB, 0xFF], "-_8"),
        ] {
            assert_eq!(base64(bytes), expected);
        }
    }

    /// The id is that of kubectl's own test, `TestApplySetInvalidLiveParent`.
    #[test]
    fn id_equals_that_of_kubectl() {
        let id = apply_set_id("my-set", "test", &GroupKind::new("", "Secret"));
        assert_eq!(id, "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1");
    }
}
