//! The roles and bindings that an API server with RBAC creates.
//!
//! Source: `kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy`, from whose test data `cargo xtask kinds` writes them.

use serde_json::Value;

/// One object in JSON a line.
const OBJECTS: &str = include_str!("../../data/rbac.jsonl");

/// Returns the roles and bindings.
pub(super) fn objects() -> impl Iterator<Item = Value> {
    // A test reads all lines.
    OBJECTS.lines().filter_map(|line| serde_json::from_str(line).ok())
}

#[cfg(test)]
mod tests {
    use super::{OBJECTS, objects};

    #[test]
    fn bootstrap_objects_are_valid() {
        assert_eq!(objects().count(), OBJECTS.lines().count());
        let has = |kind: &str, name: &str| objects().any(|it| it["kind"] == kind && it["metadata"]["name"] == name);
        assert!(has("ClusterRole", "system:controller:deployment-controller"));
        assert!(has("ClusterRoleBinding", "system:controller:deployment-controller"));
        assert!(has("Role", "extension-apiserver-authentication-reader"));
    }
}
