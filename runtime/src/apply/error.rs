//! Errors in apply configurations.

use std::fmt::Write as _;

/// An error in an apply configuration, found before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// A value cannot be encoded as JSON.
    #[error("{path}: cannot encode the value: {message}")]
    Encode {
        /// The path, such as `spec.rules`.
        path: String,
        /// The reason.
        message: String,
    },
    /// The object has another kind or version than the client.
    #[error(
        "the configuration is for {found}, but the client is for {expected}; use the client of that kind and version"
    )]
    Kind {
        /// The version and kind of the client.
        expected: String,
        /// The version and kind of the configuration.
        found: String,
    },
    /// The object has no name.
    #[error("metadata.name: missing; server-side apply does not support generateName, so set the name")]
    NoName,
    /// The object is in another namespace than the client.
    #[error("metadata.namespace: is {found:?}, but the client is for {expected}; use the client of that namespace")]
    Namespace {
        /// The namespace of the client, or `cluster-scoped objects`.
        expected: String,
        /// The namespace of the configuration.
        found: String,
    },
    /// The object contains managed fields, so it was read from the API server.
    #[error(
        "metadata.managedFields: must not be set, because an apply of a complete object takes over all its fields; \
         extract the fields that the manager owns, or clear managedFields"
    )]
    ManagedFields,
    /// Two items of a list map have the same keys.
    #[error("{path}: items {first} and {second} have the same key [{keys}]; remove one of them")]
    DuplicateKey {
        /// The path of the list.
        path: String,
        /// The keys and their values, such as `type="Ready"`.
        keys: String,
        /// The index of the first item.
        first: usize,
        /// The index of the second item.
        second: usize,
    },
    /// An item of a list map lacks a key that has no default.
    #[error("{path}: the key {key:?} is missing, so the item cannot be identified; set it")]
    MissingKey {
        /// The path of the item.
        path: String,
        /// The name of the key.
        key: String,
    },
    /// Two items of a set are equal.
    #[error("{path}: items {first} and {second} of the set are both {value}; remove one of them")]
    DuplicateItem {
        /// The path of the set.
        path: String,
        /// The value as JSON.
        value: String,
        /// The index of the first item.
        first: usize,
        /// The index of the second item.
        second: usize,
    },
}

impl ConfigurationError {
    /// Returns the error of a value that cannot be encoded with a longer path.
    pub(super) fn inside(&self, name: &str) -> Self {
        match self {
            ConfigurationError::Encode { path, message } => {
                let mut outer = name.to_owned();
                if !path.is_empty() {
                    let _ = write!(outer, ".{path}");
                }
                ConfigurationError::Encode { path: outer, message: message.clone() }
            }
            other => other.clone(),
        }
    }
}

/// The fields that a manager owns cannot be extracted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The object cannot be encoded as JSON.
    #[error("cannot encode the object: {0}")]
    Encode(String),
    /// The managed fields are not in the format `FieldsV1`.
    #[error("managed fields of {manager:?}: {element:?} is not a valid path element")]
    Fields {
        /// The field manager.
        manager: String,
        /// The invalid path element.
        element: String,
    },
    /// The manager owns a field that the object does not contain, because its type does not know the field.
    #[error(
        "{manager:?} owns {path}, which the type does not know; extract from the JSON of the object, or the next apply \
         removes the field"
    )]
    UnknownField {
        /// The field manager.
        manager: String,
        /// The path, such as `.spec.rules[0]`.
        path: String,
    },
    /// The manager applied through another version, and owns a field that does not exist in this one.
    #[error(
        "{manager:?} owns {path} of {applied}, which does not exist in {read}; extract from the version that was \
         applied, or apply a complete configuration"
    )]
    OtherVersion {
        /// The field manager.
        manager: String,
        /// The path.
        path: String,
        /// The version of the last apply.
        applied: String,
        /// The version of the object.
        read: String,
    },
}
