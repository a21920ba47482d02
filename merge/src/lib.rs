//! Ownership of the fields of an object, and the merge of server-side apply.
//!
//! [`Set`] is a set of field paths, in the format of `fieldsV1`. [`FieldManager`] updates `metadata.managedFields` on
//! each write as the API server does, and merges applied configurations. The structural schema of a kind defines which
//! values are atomic and which are granular.
//!
//! Source: KEP-555, `structured-merge-diff` and `apimachinery/pkg/util/managedfields`.

mod error;
mod last_applied;
mod managed;
mod manager;
mod path;
mod scale;
mod set;
mod shape;
mod updater;
mod value;
mod versions;

pub use error::{ApplyError, Conflict};
pub use managed::{InvalidManagedFields, Manager, Operation};
pub use manager::FieldManager;
pub use path::{InvalidPathElement, PathElement};
pub use scale::ReplicasPaths;
pub use set::{Set, format_path};
pub use value::check::ShapeErrors;
pub use value::compare::Comparison;
pub use versions::Versions;

use kube_structural_schema::Schema;
use serde_json::Value;

/// Returns the paths of an object of a kind: the fields that its applier owns.
pub fn field_set(schema: &Schema, object: &Value) -> Set {
    value::fields::field_set(shape::Shape::root(schema), object)
}

/// Returns the changes between two objects of a kind.
pub fn compare(schema: &Schema, old: &Value, new: &Value) -> Comparison {
    value::compare::compare(shape::Shape::root(schema), old, new)
}

/// Returns the fields of an object that a set names, such as the fields of one manager.
pub fn extract(schema: &Schema, object: &Value, paths: &Set) -> Value {
    value::remove::only(shape::Shape::root(schema), object, paths)
}
