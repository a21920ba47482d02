//! The versions of a kind, as far as field management needs them.

use kube_structural_schema::Schema;
use serde_json::{Value, json};

/// The versions of a kind.
pub trait Versions {
    /// The kind, such as `Widget`.
    fn kind(&self) -> &str;
    /// Returns the schema of a version, such as `example.com/v1`, if the version exists.
    fn schema(&self, api_version: &str) -> Option<&Schema>;
    /// Converts an object to another version, as the API server does: a custom resource only gets another `apiVersion`,
    /// and keeps fields that the other version does not know.
    fn convert(&self, object: &Value, api_version: &str) -> Option<Value>;
    /// Returns the error of a write to an object with a manager of `_api_version`, a version that does not exist.
    /// `None`: the API server drops that manager, as it does for built-in kinds.
    fn unknown_version_error(&self, _api_version: &str) -> Option<String> {
        None
    }
    /// Returns an object without fields set by a manager. Built-in kinds may have fields nevertheless.
    fn empty_object(&self, api_version: &str) -> Value {
        json!({"apiVersion": api_version, "kind": self.kind()})
    }
}
