//! Generates Rust client crates from Kubernetes CRDs.
//!
//! [`generate`] is a pure function from CRDs, a [`Config`] and a [`Lock`] to the files of a crate and its new lock.
//! [`sync()`] compares the files with the disk, and writes them. The stages of generation:
//!
//! | stage | decides |
//! |---|---|
//! | `read` (in `kube-structural-schema`) | the contents of the CRDs |
//! | `lower` | the shape of every value |
//! | `share` | which values use one type |
//! | `nesting` | which fields end a chain of types that the compiler cannot follow |
//! | `boxing` | which fields are stored on the heap |
//! | `name` | every identifier |
//! | `emit` | the Rust code |
//! | `render` | its layout |

mod api;
mod boxing;
mod build;
#[cfg(feature = "cli")]
pub mod cli;
mod config;
mod emit;
mod error;
mod explain;
mod features;
mod fingerprint;
mod generate;
mod header;
mod kopium;
mod lock;
mod lower;
mod manifest;
mod markdown;
mod name;
mod nesting;
mod position;
mod reference;
mod render;
mod share;
mod surface;
mod sync;
mod unicode;
mod well_known;

pub use build::{Build, BuildError};
pub use config::{Config, TypesFrom};
pub use error::{Error, Errors};
pub use explain::Explanation;
pub use features::Feature;
pub use generate::{Generated, generate};
pub use kube_structural_schema::{Note, Source};
pub use lock::{LOCK_FILE, Lock};
pub use manifest::{Dependency, missing_from_manifest, new_manifest};
pub use position::{Override, Positions};
pub use render::Tree;
pub use surface::{Severity, SurfaceChange, surface_changes};
pub use sync::{Change, Difference, Mode, Project, Report, SyncError, Target, sync};
