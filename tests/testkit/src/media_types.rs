//! Media types of request bodies.

/// Objects in JSON.
pub const JSON: &str = "application/json";
/// Objects in YAML.
pub const YAML: &str = "application/yaml";
/// A JSON patch (RFC 6902).
pub const JSON_PATCH: &str = "application/json-patch+json";
/// A JSON merge patch (RFC 7386).
pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// A strategic merge patch, for builtin kinds.
pub const STRATEGIC_MERGE_PATCH: &str = "application/strategic-merge-patch+json";
/// A configuration for server-side apply.
pub const APPLY_PATCH: &str = "application/apply-patch+yaml";
