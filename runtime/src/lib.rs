//! The runtime library of generated Kubernetes clients.
//!
//! Everything here is generic: it works for any [`kube::Resource`], generated or not. Features, none on by default:
//!
//! - `types`: lossless field types ([`types`]), serde for objects ([`resource!`]), [`scheme`];
//! - `apply`: apply configurations for server-side apply ([`apply`]);
//! - `client`: typed clients over [`kube::Client`] ([`client`]);
//! - `dynamic`: discovery, names as kubectl resolves them, and clients for kinds that are known only at run time
//!   (module `dynamic`);
//! - `manifests`: manifests are applied in the order of their dependencies, pruned and deleted (module `manifests`);
//! - `informers`: informers, listers and event handlers ([`informer`]);
//! - `lz4`: compression of compact informers;
//! - `controller`: an informer as the source of kube's controller;
//! - `controllers`: work queues, controllers, managers and leader election (module `controllers`);
//! - `schemars`: `JsonSchema` for generated types ([`json_schema!`]);
//! - `crds`: embedded CRDs as typed objects, and their installation ([`install`]);
//! - `validate`: validation of objects before they are sent ([`validate`]), and conversion between versions ([`convert`]).

#[cfg(feature = "apply")]
pub mod apply;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "controllers")]
pub mod controllers;
#[cfg(feature = "validate")]
pub mod convert;
#[cfg(feature = "types")]
pub mod decode;
#[cfg(feature = "dynamic")]
pub mod dynamic;
#[cfg(feature = "informers")]
pub mod informer;
#[cfg(all(feature = "client", feature = "crds"))]
pub mod install;
#[cfg(feature = "schemars")]
pub mod json_schema;
#[cfg(feature = "manifests")]
pub mod manifests;
#[cfg(feature = "types")]
pub mod owners;
#[cfg(feature = "client")]
mod prometheus;
#[cfg(feature = "types")]
pub mod resource;
#[cfg(feature = "types")]
pub mod scheme;
#[cfg(feature = "client")]
pub mod selector;
#[cfg(feature = "informers")]
mod sync;
#[cfg(feature = "client")]
mod token_bucket;
#[cfg(feature = "types")]
pub mod types;
#[cfg(feature = "client")]
mod undecodable;
#[cfg(feature = "validate")]
pub mod validate;

pub use k8s_openapi;
pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
pub use kube;
/// A list of objects, as the API server returns it.
pub use kube::core::ObjectList as List;
#[cfg(feature = "schemars")]
pub use schemars;
pub use serde;
pub use serde_json;

#[cfg(feature = "informers")]
pub use informer::{GenericInformer, Informer, InformerFactory, Lister, NamespaceLister, ResourceInformer};
#[cfg(feature = "types")]
pub use resource::crd;

/// Asserts the version of the contract between emitted code and this crate. Emitted code passes the version that it was
/// generated for and does not compile with another one.
///
/// # Panics
/// Panics at compile time if the versions differ.
///
/// ```
/// const _: () = kube_client_runtime::contract(3);
/// ```
pub const fn contract(version: u32) {
    assert!(
        version == 3,
        "this code was generated for another version of kube-client-runtime: regenerate it, or use the version of kube-client-runtime that it was generated for"
    );
}
