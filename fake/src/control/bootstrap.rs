//! The roles and bindings that an API server with RBAC creates.
//!
//! Source: `kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`. Those of controllers and nodes are
//! omitted: nothing runs on this server.

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
        assert_eq!(objects().filter(|object| object["kind"] == "ClusterRoleBinding").count(), 4);
    }
}
