//! Validation of a `CustomResourceDefinition` as in the API server, on create and update.
//!
//! The input is the definition as JSON, `apiextensions.k8s.io/v1`, after [`decode`] and [`set_defaults`]. The API
//! server first converts it to its internal type: therefore errors name `spec.validation` if all versions share one
//! schema.
//!
//! Not covered: metadata in the defaults of embedded resources.
//!
//! Source: `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.

mod approval;
mod columns;
mod completeness;
mod conversion;
mod costs;
mod decode;
mod defaulting;
mod defaults;
mod display;
mod equality;
mod field_path;
mod fields;
mod internal;
mod lists;
mod names;
mod normalize;
mod openapi;
mod options;
mod props;
mod ratchet;
mod rule_scope;
mod rules;
mod scope;
mod spec;
mod structural;
mod warnings;

use serde_json::Value;

pub use self::approval::approval;
pub use self::decode::decode;
pub use self::defaulting::set_defaults;
pub use self::equality::is_zero;
pub(crate) use self::fields::{SCHEMA, Shape, Struct};
use self::internal::Spec;
pub use self::names::required_name;
pub use self::normalize::normalize;
use self::options::Options;
pub use self::options::{CheckResources, any_resource};
pub(crate) use self::props::TYPES;
use crate::object::FieldError;

/// Validates a new definition, including `status`, except `metadata`.
pub fn validate(definition: &Value, resources: CheckResources) -> Vec<FieldError> {
    validate_new(definition, &Options::strict(resources))
}

/// Validates a new definition that may lack a storage version, or have several: that of one of its sources.
pub(crate) fn validate_source(definition: &Value) -> Vec<FieldError> {
    validate_new(definition, &Options { storage_version: false, ..Options::strict(any_resource) })
}

fn validate_new(definition: &Value, options: &Options) -> Vec<FieldError> {
    let spec = Spec::new(definition);
    let mut errors = spec::validate(&spec, options);
    errors.extend(validate_status_fields(definition, &spec));
    errors.extend(spec::approval(definition, None));
    errors.extend(spec::preserve_unknown_fields(&spec, None));
    errors
}

/// Validates an update of a definition. Values that were stored before a check existed are allowed.
pub fn validate_update(definition: &Value, old: &Value, resources: CheckResources) -> Vec<FieldError> {
    let (spec, old_spec) = (Spec::new(definition), Spec::new(old));
    let options = ratchet::options(&spec, &old_spec, old, resources);
    let mut errors = spec::validate_update(&spec, &old_spec, &options);
    errors.extend(validate_status_fields(definition, &spec));
    errors.extend(spec::approval(definition, Some(old)));
    errors.extend(spec::preserve_unknown_fields(&spec, Some(&old_spec)));
    errors
}

/// Validates the status of a definition after a write to `/status`.
pub fn validate_status(definition: &Value) -> Vec<FieldError> {
    names::accepted(definition)
}

/// Returns warnings about a definition; on update only those that the old definition does not have.
pub fn warnings(definition: &Value, old: Option<&Value>) -> Vec<String> {
    warnings::warnings(&Spec::new(definition), old.map(Spec::new).as_ref())
}

fn validate_status_fields(definition: &Value, spec: &Spec<'_>) -> Vec<FieldError> {
    let mut errors = names::accepted(definition);
    errors.extend(spec::stored_versions(definition, spec));
    errors
}
