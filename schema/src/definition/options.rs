//! Options of the validation of definitions.

use serde_json::Value;

use crate::object::FieldError;
use crate::schema::Schema;

/// Validates the type and the metadata of resources in a value at a path of a schema.
pub type CheckResources = fn(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError>;

/// Accepts every resource in a default.
pub fn any_resource(_: &Schema, _: &Value, _: &str) -> Vec<FieldError> {
    Vec::new()
}

/// Source: `validationOptions`.
pub(super) struct Options {
    /// Whether a version of `ConversionReview` that the API server supports is required.
    pub(super) known_review_version: bool,
    /// Whether scope and kind are immutable.
    pub(super) immutable_names: bool,
    /// Whether there must be exactly one storage version.
    pub(super) storage_version: bool,
    /// Whether every version requires a schema.
    pub(super) schema: bool,
    /// Whether types have to be known.
    pub(super) types: bool,
    /// Whether schemas have to be structural.
    pub(super) structural: bool,
    /// Whether defaults must not have unknown fields.
    pub(super) pruned_defaults: bool,
    /// Whether items of sets have to be atomic.
    pub(super) atomic_sets: bool,
    /// Whether items and keys of sets and associative lists are checked.
    pub(super) list_keys: bool,
    /// The versions that may have too many selectable fields; `""` is the whole definition.
    pub(super) too_many_selectable_fields: Vec<String>,
    /// Rules that were stored before: they may call more functions.
    pub(super) stored_rules: Vec<String>,
    /// Message expressions that were stored before.
    pub(super) stored_message_expressions: Vec<String>,
    /// The versions whose schema does not change: the cost of each expression is not limited.
    pub(super) unchanged_schemas: Vec<String>,
    /// The validation of resources in defaults.
    pub(super) resources: CheckResources,
}

impl Options {
    /// Returns the options for a new definition.
    pub(super) fn strict(resources: CheckResources) -> Self {
        Options {
            known_review_version: true,
            immutable_names: false,
            storage_version: true,
            schema: true,
            types: true,
            structural: true,
            pruned_defaults: true,
            atomic_sets: true,
            list_keys: true,
            too_many_selectable_fields: Vec::new(),
            stored_rules: Vec::new(),
            stored_message_expressions: Vec::new(),
            unchanged_schemas: Vec::new(),
            resources,
        }
    }
}
