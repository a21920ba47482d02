//! Who owns which field of an object, and how server-side apply merges.
//!
//! [`Set`] is a set of paths, as `fieldsV1` has it. [`FieldManager`] does what the API server does to `metadata.managedFields`
//! with each write, and merges what is applied. The structural schema of a kind says what is one piece and what has parts.
//!
//! Source: KEP-555, `structured-merge-diff` and `apimachinery/pkg/util/managedfields`.

mod managed;
mod manager;
mod path;
mod scale;
mod set;
mod shape;
mod updater;
mod value;

pub use managed::{BadManagedFields, Manager, Operation};
pub use manager::{ApplyError, FieldManager, Versions};
pub use path::{NoPathElement, PathElement};
pub use scale::Replicas;
pub use set::{Set, text};
pub use updater::Conflict;
pub use value::check::ShapeErrors;
pub use value::compare::Comparison;

use kube_structural_schema::Schema;
use serde_json::Value;

/// The paths of an object of a kind: what an applier owns who sends it.
pub fn field_set(schema: &Schema, object: &Value) -> Set {
    value::fields::field_set(shape::Shape::root(schema), object)
}

/// What has changed between two objects of a kind.
pub fn compare(schema: &Schema, old: &Value, new: &Value) -> Comparison {
    value::compare::compare(shape::Shape::root(schema), old, new)
}

/// The parts of an object that a set names, such as what one manager owns of it.
pub fn extract(schema: &Schema, object: &Value, paths: &Set) -> Value {
    value::remove::only(shape::Shape::root(schema), object, paths)
}
