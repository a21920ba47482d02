//! What generated Kubernetes clients stand on.
//!
//! Everything here is generic: it works for any [`kube::Resource`], generated or not. Features, none on by default:
//!
//! - `types`: field types that lose nothing ([`types`]), the objects' own serde ([`resource!`]), [`scheme`];
//! - `client`: typed clients over [`kube::Client`] ([`client`]);
//! - `informers`: objects kept at hand, and handlers that are told what happens ([`informer`]);
//! - `controller`: an informer under kube's controller;
//! - `schemars`: `JsonSchema` for generated types ([`json_schema!`]);
//! - `crds`: embedded CRDs as typed objects, and their installation ([`install`]).

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "types")]
pub mod decode;
#[cfg(feature = "informers")]
pub mod informer;
#[cfg(all(feature = "client", feature = "crds"))]
pub mod install;
#[cfg(feature = "schemars")]
pub mod json_schema;
#[cfg(feature = "types")]
pub mod resource;
#[cfg(feature = "types")]
pub mod scheme;
#[cfg(feature = "types")]
pub mod types;
#[cfg(feature = "client")]
mod undecodable;

pub use k8s_openapi;
pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
pub use kube;
/// A list of objects, as the API server returns it.
pub use kube::core::ObjectList as List;
#[cfg(feature = "schemars")]
pub use schemars;
pub use serde;
pub use serde_json;

#[cfg(feature = "types")]
pub use resource::crd;

/// The version of the contract between emitted code and this crate. Emitted code states the one that it was written for,
/// and does not compile with another.
///
/// # Panics
/// At compile time, with another version.
///
/// ```
/// const _: () = kube_client_runtime::contract(2);
/// ```
pub const fn contract(version: u32) {
    assert!(
        version == 2,
        "this code was generated for another version of kube-client-runtime: generate it anew, or take the version of kube-client-runtime that it was generated for"
    );
}
