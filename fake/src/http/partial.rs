//! `PartialObjectMetadata`: objects without other fields.

use serde_json::{Value, json};

use super::view::Version;

/// Returns the object's metadata without other fields.
pub(super) fn partial(object: &Value, version: Version) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": version.api_version(), "metadata": object.get("metadata")})
}
