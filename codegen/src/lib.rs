//! Reads CRD YAML and writes a whole Rust client crate.
//!
//! [`generate`] is a pure function from CRDs, a [`Config`] and a [`Lock`] to the files of a crate and its new lock;
//! [`Project`] and [`sync()`] read and write them. Each stage of generation decides one thing:
//!
//! | stage | decides |
//! |---|---|
//! | `read` (in `kube-structural-schema`) | the meaning of the CRDs |
//! | `lower` | the shape of every value |
//! | `share` | which places use one type |
//! | `nesting` | which fields end a chain of types |
//! | `boxing` | which fields are boxed |
//! | `name` | every identifier |
//! | `emit` | nothing: it writes items |
//! | `render` | the layout |

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
mod kopium;
mod lock;
mod lower;
mod manifest;
mod markdown;
mod name;
mod nesting;
mod reference;
mod render;
mod share;
mod surface;
mod sync;
mod well_known;

pub use build::{Build, BuildError};
pub use config::{Config, Override, Places, TypesFrom};
pub use error::{Error, Errors};
pub use explain::Explanation;
pub use features::Feature;
pub use generate::{Generated, generate};
pub use kube_structural_schema::{Note, Source};
pub use lock::Lock;
pub use manifest::{Dependency, missing_from_manifest, new_manifest};
pub use render::Tree;
pub use surface::{Severity, SurfaceChange, surface_changes};
pub use sync::{Change, Difference, LOCK_FILE, Mode, Project, Report, SyncError, Target, sync};
