//! References of `core/v1` that keep an absent name absent; those of k8s-openapi encode an empty name instead.

use k8s_openapi::api::core::v1 as core;
use serde::{Deserialize, Serialize};

/// A reference to an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocalObjectReference {
    /// The name of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<&str> for LocalObjectReference {
    fn from(name: &str) -> Self {
        LocalObjectReference { name: Some(name.to_owned()) }
    }
}

impl From<core::LocalObjectReference> for LocalObjectReference {
    fn from(other: core::LocalObjectReference) -> Self {
        LocalObjectReference { name: Some(other.name) }
    }
}

impl From<LocalObjectReference> for core::LocalObjectReference {
    fn from(reference: LocalObjectReference) -> Self {
        Self { name: reference.name.unwrap_or_default() }
    }
}

macro_rules! key_selector {
    ($(#[$doc:meta])* $name:ident of $object:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name {
            #[doc = concat!("The key in the ", $object, ".")]
            pub key: String,
            #[doc = concat!("The name of the ", $object, ".")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            #[doc = concat!("Whether the ", $object, " or the key may be missing.")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub optional: Option<bool>,
        }

        impl $name {
            #[doc = concat!("Creates a reference to a key of a ", $object, ".")]
            pub fn new(name: impl Into<String>, key: impl Into<String>) -> Self {
                Self { key: key.into(), name: Some(name.into()), optional: None }
            }
        }

        impl From<core::$name> for $name {
            fn from(other: core::$name) -> Self {
                Self { key: other.key, name: Some(other.name), optional: other.optional }
            }
        }

        impl From<$name> for core::$name {
            fn from(selector: $name) -> Self {
                Self { key: selector.key, name: selector.name.unwrap_or_default(), optional: selector.optional }
            }
        }
    };
}

key_selector! {
    /// A reference to a key of a Secret in the same namespace.
    SecretKeySelector of "Secret"
}

key_selector! {
    /// A reference to a key of a ConfigMap in the same namespace.
    ConfigMapKeySelector of "ConfigMap"
}
