//! Field types that lose nothing.
//!
//! The law they keep: what the API server returns, decoded and encoded again, is the same JSON. Therefore a number keeps
//! its form, a time and a base64 text keep their spelling, and an enum keeps values that it does not know.

mod bytes;
mod condition;
mod defaults;
mod int_or_string;
mod json;
mod large_struct;
mod nested;
mod number;
mod open_enum;
mod present;
mod references;
mod sensitive;
mod setters;
mod timestamp;

pub use std::collections::BTreeMap;

pub use bytes::Bytes;
pub use condition::Condition;
pub use defaults::{Below, DefaultOf, Defaulted, apply as with_defaults};
pub use int_or_string::IntOrString;
pub use json::Json;
pub use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, ObjectFieldSelector, ResourceClaim, SELinuxOptions, SeccompProfile, SecurityContext,
    VolumeMount, WindowsSecurityContextOptions,
};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
pub use nested::Nested;
pub use number::{NotANumber, Number};
pub use open_enum::OpenEnum;
pub use present::{rest, some};
pub use references::{ConfigMapKeySelector, LocalObjectReference, SecretKeySelector};
pub use sensitive::Sensitive;
pub use timestamp::Timestamp;

/// Metadata with a name, for constructors.
pub fn named(name: impl Into<String>) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }
}
