//! Apply configurations: what a field manager sends with server-side apply, and what it owns.
//!
//! An apply configuration contains only the fields that were set: never the zero value of a required field. Generated
//! crates have one type for each kind and for each type below it, in the module `applyconfigurations`. Each is a
//! wrapper of a JSON object ([`Fields`]) with typed methods. [`DynamicApplyConfiguration`] is for kinds without a
//! generated type, and any [`kube::Resource`] that implements `Serialize` can be applied as it is.
//!
//! A controller reads an object, extracts what it owns, changes that, and applies it again
//! ([`extract`], [`ResourceClient::apply`](crate::client::ResourceClient::apply)).
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>, KEP-2155.

mod check;
mod configuration;
mod error;
mod extract;
mod field_set;
mod fields;
mod guard;
mod macros;
mod metadata;
mod object;
mod shape;
mod upgrade;

pub use configuration::Configuration;
#[doc(hidden)]
pub use configuration::debug;
pub use error::{ConfigurationError, ExtractError};
#[doc(hidden)]
pub use extract::extract_typed;
pub use extract::{extract, extract_subresource};
pub use fields::Fields;
pub use guard::{ListMut, MapMut, NestedMut};
#[doc(hidden)]
pub use metadata::METADATA;
pub use metadata::{ConditionApplyConfiguration, ObjectMetaApplyConfiguration};
pub use object::{ApplyConfiguration, DynamicApplyConfiguration, ObjectConfiguration};
#[doc(hidden)]
pub use object::{body, identified};
pub use shape::{Below, Field, Key, Shape, Topology};
#[cfg(feature = "client")]
pub use upgrade::upgrade_managed_fields_patch;
pub use upgrade::{upgrade_managed_fields, upgrade_managed_fields_at};
