//! The model of a Kubernetes CRD and of its structural schema.
//!
//! [`read`] reads YAML or JSON sources and returns [`Crd`]s in which every part has its position, so that a generator,
//! a validator or a fake API server can report the line of an error. It rejects what the API server rejects, and
//! reports all problems at once: [`Problems`] lists every [`Problem`] of every source.
//!
//! ```
//! use kube_structural_schema::{Source, read};
//! let result = read(&[Source::new("crd.yaml", "kind: ConfigMap\napiVersion: v1\n")]);
//! let problems = result.unwrap_err();
//! assert_eq!(problems.to_string(), "crd.yaml: no CustomResourceDefinition in any of the sources; pass a file or folder that contains one");
//! ```

#[cfg(feature = "instances")]
pub mod instances;

#[cfg(feature = "cel")]
mod cache;
#[cfg(feature = "cel")]
pub mod cel;
#[cfg(feature = "columns")]
pub mod columns;
mod crd;
#[cfg(feature = "cel")]
pub mod definition;
mod dns;
#[cfg(feature = "columns")]
pub mod jsonpath;
#[cfg(feature = "objects")]
pub mod object;
mod pattern;
pub mod pointer;
mod problem;
mod read;
mod schema;
mod structural;
pub mod yaml;

pub use crd::{Crd, Names, PrinterColumn, Scale, Scope, Subresources, Version, priority as version_priority};
pub use pattern::Pattern;
#[cfg(feature = "objects")]
pub use pattern::compile as compile_pattern;
pub use problem::{Note, Place, Problem, ProblemKind, Problems};
#[cfg(feature = "cel")]
pub use read::read_lenient;
pub use read::{Definitions, Source, read, read_accepted, read_document};
pub use schema::{Additional, Limits, ListType, Rule, Schema, Type};
pub use yaml::Position;
