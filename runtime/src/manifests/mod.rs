//! Manifests: files, folders, streams and values are applied server-side in the order of their dependencies, pruned and
//! deleted, as with `kubectl apply --server-side --prune --applyset=…` and `kubectl delete -f`.
//!
//! ```
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::manifests::{ApplyManifestsOptions, ApplySet, Manifests, ManifestsError, apply_manifests};
//!
//! async fn deploy(client: Client) -> Result<(), ManifestsError> {
//!     let manifests = Manifests::new().folder_recursive("deploy");
//!     let options = ApplyManifestsOptions::new("my-installer").apply_set(ApplySet::config_map("shop", "my-set"));
//!     let report = apply_manifests(&client, &manifests, &options).await?;
//!     println!("{report}");
//!     Ok(())
//! }
//! ```
//!
//! All manifests are read and checked before anything is sent: each has a kind that the server or a CRD of the same input
//! serves, a name, and no duplicate. All problems are reported at once, with file, line and column.
//!
//! # Order
//!
//! Namespaces, then CRDs, each of which is awaited until it is served, then classes and policies, service accounts, secrets
//! and config maps, volumes, roles, bindings, services, workloads, all other kinds, and last the configurations of admission.
//! Objects of the same step are sent concurrently. Deletions run in reverse.
//!
//! # Namespaces
//!
//! A manifest without a namespace is applied to [`ApplyManifestsOptions::namespace`], otherwise to the client's default
//! namespace. With the option, a manifest of another namespace is a problem, as with `kubectl --namespace`. The namespace of a
//! manifest of a cluster-scoped kind is removed, as kubectl does; the report has a warning.

mod apply;
mod apply_set;
mod common;
mod delete;
mod document;
mod error;
mod key;
mod migrate;
mod object;
mod options;
mod order;
mod plan;
mod problem;
mod progress;
mod report;
mod resolve;
mod schedule;
mod source;
mod target;

pub use apply::apply_manifests;
pub use apply_set::{ApplySet, ApplySetError, Tooling, apply_set_id};
pub use delete::delete_manifests;
pub use error::ManifestsError;
pub use key::{GroupKind, ObjectKey};
pub use options::{ApplyManifestsOptions, DeleteManifestsOptions};
pub use problem::{Origin, Problem, Problems};
pub use progress::Progress;
pub use report::{ApplySetReport, Entry, Failure, FailureReason, Outcome, PruneOutcome, Report};
pub use source::Manifests;
