//! Fields in `allOf`, `anyOf`, `oneOf` and `not` have to be defined outside of them.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/complete.go`.

use super::props::Props;
use crate::object::{FieldError, Path};

/// Checks the value validations of a root schema against its structure.
pub(super) fn validate(root: Props<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let root_path = path.text();
    logical_keywords(root, Place { schema: root, path: &root_path, inner: &root_path }, errors);
}

/// A schema, its path, and the path of the value validation compared with it.
#[derive(Clone, Copy)]
struct Place<'p, 'd> {
    schema: Props<'d>,
    path: &'p str,
    inner: &'p str,
}

fn logical_keywords(validation: Props<'_>, place: Place<'_, '_>, errors: &mut Vec<FieldError>) {
    let mut each = |inner: Props<'_>, step: String| {
        let inner_path = format!("{}.{step}", place.inner);
        nested(inner, Place { inner: &inner_path, ..place }, errors);
    };
    if let Some(not) = validation.child("not") {
        each(not, "not".to_owned());
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        for (index, inner) in validation.schemas(name).enumerate() {
            each(inner, format!("{name}[{index}]"));
        }
    }
}

fn nested(validation: Props<'_>, place: Place<'_, '_>, errors: &mut Vec<FieldError>) {
    logical_keywords(validation, place, errors);
    if let Some(items) = validation.item() {
        below(items, place.schema.item(), place, "items", errors);
    }
    for (name, inner) in validation.properties() {
        below(inner, place.schema.property(name), place, &format!("properties[{name}]"), errors);
    }
}

fn below(
    validation: Props<'_>,
    schema: Option<Props<'_>>,
    place: Place<'_, '_>,
    step: &str,
    errors: &mut Vec<FieldError>,
) {
    let (path, inner) = (format!("{}.{step}", place.path), format!("{}.{step}", place.inner));
    match schema {
        Some(schema) => nested(validation, Place { schema, path: &path, inner: &inner }, errors),
        None => errors.push(FieldError::required(path, format!("because it is defined in {inner}"))),
    }
}
