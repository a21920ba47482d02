//! Lossless field types.
//!
//! JSON from the API server that is decoded and encoded again is unchanged. Therefore a number keeps its form, a time and
//! base64 text keep their spelling, and an enum keeps unknown values.

mod bytes;
mod condition;
mod condition_entry;
mod conditions;
mod defaults;
mod int_or_string;
mod json;
mod json_conditions;
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
#[doc(hidden)]
pub use condition_entry::ConditionText;
#[doc(hidden)]
pub use conditions::condition_list;
pub use conditions::{ConditionEntry, HasConditions, find_condition, remove_condition, set_condition};
pub use defaults::{Defaulted, NestedDefaults, PropertyDefault, apply as with_defaults};
pub use int_or_string::IntOrString;
pub use json::Json;
pub use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, ObjectFieldSelector, ResourceClaim, SELinuxOptions, SeccompProfile, SecurityContext,
    VolumeMount, WindowsSecurityContextOptions,
};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
pub use nested::Nested;
pub use number::{NonFiniteFloat, Number};
pub use open_enum::OpenEnum;
pub use present::{deserialize_some, rest};
pub use references::{ConfigMapKeySelector, LocalObjectReference, SecretKeySelector};
pub use sensitive::Sensitive;
pub use timestamp::Timestamp;

/// Returns metadata with this name, for constructors.
pub fn object_meta(name: impl Into<String>) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }
}
