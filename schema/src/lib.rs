//! The one model of a Kubernetes CRD and of its structural schema.
//!
//! [`read`] takes YAML or JSON texts and returns [`Crd`]s in which every part knows where it stands, so that whoever
//! works on them (a generator, a validator, a fake API server) can point at the line that is wrong. What the API server
//! would refuse is refused here, and all of it at once: [`Problems`] lists every [`Problem`] of every source.
//!
//! ```
//! use kube_structural_schema::{Source, read};
//! let found = read(&[Source::new("crd.yaml", "kind: ConfigMap\napiVersion: v1\n")]);
//! let problems = found.unwrap_err();
//! assert_eq!(problems.to_string(), "crd.yaml: no CustomResourceDefinition in any of the sources; name a file or folder that holds one");
//! ```

#[cfg(feature = "instances")]
pub mod instances;

#[cfg(feature = "cel")]
pub mod cel;
mod crd;
#[cfg(feature = "cel")]
pub mod definition;
#[cfg(feature = "objects")]
pub mod object;
mod pattern;
mod problem;
mod read;
mod schema;
mod structural;
pub mod yaml;

pub use crd::{Crd, Names, PrinterColumn, Scale, Scope, Subresources, Version, priority as version_priority};
pub use pattern::Pattern;
#[cfg(feature = "objects")]
pub use pattern::compile as compile_pattern;
pub use problem::{Mistake, Note, Place, Problem, Problems};
pub use read::{Found, Source, read, read_accepted, read_document};
pub use schema::{Additional, Limits, ListType, Rule, Schema, Type};
pub use yaml::Position;
