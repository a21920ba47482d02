//! Reads CRD YAML and writes a whole Rust client crate.
//!
//! [`generate`] is a pure function from CRDs, a [`Config`] and a [`Lock`] to the files of a crate and the lock that goes
//! with them; [`sync()`] is the one place that touches the disk. In between each stage answers one question:
//!
//! | stage | question |
//! |---|---|
//! | `read` (in `kube-structural-schema`) | what do the CRDs say? |
//! | `lower` | which shape has every value? |
//! | `share` | which places use one type? |
//! | `boxing` | which fields lie on the heap? |
//! | `name` | what is everything called? |
//! | `emit` | how is that written in Rust? |
//! | `render` | how is it laid out? |

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
pub use config::{Config, Places, TypesFrom, Wish};
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
