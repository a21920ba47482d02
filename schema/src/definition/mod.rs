//! Validation of a `CustomResourceDefinition`: what the API server reports when one is created or changed.
//!
//! The input is the definition as JSON, `apiextensions.k8s.io/v1`, after Go has decoded it: fields have their types, and
//! the defaults of `apiextensions/v1/defaults.go` are set. The API server first converts it to its internal form, which is why
//! errors name `spec.validation` where all versions share one schema.
//!
//! Not covered: type checks and cost estimates of CEL expressions, which need cel-go's checker, and metadata in the defaults of
//! embedded resources.
//!
//! Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.

mod approval;
mod columns;
mod completeness;
mod conversion;
mod decode;
mod defaulting;
mod defaults;
mod equality;
mod field_path;
mod fields;
mod internal;
mod lists;
mod names;
mod openapi;
mod props;
mod ratchet;
mod rules;
mod shown;
mod spec;
mod structural;
mod warnings;
mod written;

use serde_json::Value;

pub use self::approval::approval;
pub use self::decode::decode;
pub use self::defaulting::set_defaults;
pub use self::equality::is_zero;
use self::internal::Spec;
pub use self::names::required_name;
use self::ratchet::Options;
pub use self::written::as_written;
use crate::object::FieldError;
use crate::schema::Schema;

/// Checks the type and the metadata of resources in a value, which stands at a path of a schema.
pub type CheckResources = fn(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError>;

/// Takes every resource in a default for valid.
pub fn any_resource(_: &Schema, _: &Value, _: &str) -> Vec<FieldError> {
    Vec::new()
}

/// Validates a new definition, `status` included and `metadata` excluded.
pub fn validate(definition: &Value, resources: CheckResources) -> Vec<FieldError> {
    let spec = Spec::new(definition);
    let mut errors = spec::validate(&spec, &Options::strict(resources));
    errors.extend(of_status(definition, &spec));
    errors.extend(spec::approval(definition, None));
    errors.extend(spec::preserve_unknown_fields(&spec, None));
    errors
}

/// Validates a definition that replaces another. What was stored before a check existed may stay.
pub fn validate_update(definition: &Value, old: &Value, resources: CheckResources) -> Vec<FieldError> {
    let (spec, old_spec) = (Spec::new(definition), Spec::new(old));
    let options = Options::of_update(&spec, &old_spec, old, resources);
    let mut errors = spec::validate_update(&spec, &old_spec, &options);
    errors.extend(of_status(definition, &spec));
    errors.extend(spec::approval(definition, Some(old)));
    errors.extend(spec::preserve_unknown_fields(&spec, Some(&old_spec)));
    errors
}

/// Validates the status of a definition after a write to `/status`.
pub fn validate_status(definition: &Value) -> Vec<FieldError> {
    names::accepted(definition)
}

/// Warnings about a definition; on update only those that the old one does not get.
pub fn warnings(definition: &Value, old: Option<&Value>) -> Vec<String> {
    warnings::of(&Spec::new(definition), old.map(Spec::new).as_ref())
}

fn of_status(definition: &Value, spec: &Spec<'_>) -> Vec<FieldError> {
    let mut errors = names::accepted(definition);
    errors.extend(spec::stored_versions(definition, spec));
    errors
}
