//! Errors while a server is built.

use crate::registry::SeedError;
use crate::status::Failure;

/// An error while a server is built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A CRD is invalid.
    #[error("invalid CRD: {0}")]
    Definition(String),
    /// An object is rejected.
    #[error("object rejected: {0}")]
    Object(Failure),
    /// The server does not serve the kind of an object.
    #[error("the kind of an object is not served: {api_version} {kind}: pass its CRD to the builder")]
    UnknownKind {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
    },
    /// An object cannot be serialized.
    #[error("cannot serialize an object: {0}")]
    Json(#[from] serde_json::Error),
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A file is not valid YAML.
    #[error("{location}: {reason}")]
    Yaml {
        /// The file, line and column.
        location: String,
        /// The cause.
        reason: String,
    },
    /// An object in a file cannot be created.
    #[error("{location}: {source}")]
    At {
        /// The file and line.
        location: String,
        /// The cause.
        source: Box<BuildError>,
    },
}

impl From<SeedError> for BuildError {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::UnknownKind { api_version, kind } => BuildError::UnknownKind { api_version, kind },
            SeedError::Rejected(failure) => BuildError::Object(failure),
        }
    }
}
