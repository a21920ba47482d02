//! Printer columns, subresources and selectable fields of a version.

use serde_json::Value;

use super::field_path;
use super::props::Props;
use crate::object::{FieldError, Path};

const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// The maximum number of selectable fields.
pub(super) const MAX_SELECTABLE_FIELDS: usize = 8;

/// Source: `ValidateCustomResourceColumnDefinition`.
pub(super) fn columns(columns: &[Value], path: &Path<'_>) -> Vec<FieldError> {
    let path = path.field("additionalPrinterColumns");
    let each = columns.iter().enumerate();
    each.flat_map(|(index, column)| self::column(Props(column), &path.item(index))).collect()
}

fn column(column: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if column.text("name").is_empty() {
        errors.push(FieldError::required(path.field("name").text(), ""));
    }
    let (type_, format, json_path) = (column.type_(), column.text("format"), column.text("jsonPath"));
    let types = || format!("must be one of {}", COLUMN_TYPES.join(","));
    if type_.is_empty() {
        errors.push(FieldError::required(path.field("type").text(), types()));
    } else if !COLUMN_TYPES.contains(&type_) {
        errors.push(FieldError::invalid(path.field("type").text(), type_, types()));
    }
    if !format.is_empty() && !COLUMN_FORMATS.contains(&format) {
        let detail = format!("must be one of {}", COLUMN_FORMATS.join(","));
        errors.push(FieldError::invalid(path.field("format").text(), format, detail));
    }
    let field = path.field("JSONPath");
    if json_path.is_empty() {
        errors.push(FieldError::required(field.text(), ""));
    } else {
        errors.extend(simple_json_path(json_path, &field));
    }
    errors
}

/// Source: `ValidateCustomResourceDefinitionSubresources`.
pub(super) fn subresources(subresources: Option<Props<'_>>, path: &Path<'_>) -> Vec<FieldError> {
    let Some(scale) = subresources.and_then(|subresources| subresources.child("scale")) else { return Vec::new() };
    let path = path.field("subresources");
    let mut errors = Vec::new();
    for (name, field, prefix, detail) in [
        ("specReplicasPath", "scale.specReplicasPath", ".spec.", "should be a json path under .spec"),
        ("statusReplicasPath", "scale.statusReplicasPath", ".status.", "should be a json path under .status"),
    ] {
        let text = scale.text(name);
        let field = path.field(field);
        if text.is_empty() {
            errors.push(FieldError::required(field.text(), ""));
            continue;
        }
        let invalid = simple_json_path(text, &field);
        if invalid.is_empty() && !text.starts_with(prefix) {
            errors.push(FieldError::invalid(field.text(), text, detail));
        }
        errors.extend(invalid);
    }
    let selector = scale.text("labelSelectorPath");
    if !selector.is_empty() {
        let field = path.field("scale.labelSelectorPath");
        let invalid = simple_json_path(selector, &field);
        if invalid.is_empty() && !selector.starts_with(".spec.") && !selector.starts_with(".status.") {
            let detail = "should be a json path under either .spec or .status";
            errors.push(FieldError::invalid(field.text(), selector, detail));
        }
        errors.extend(invalid);
    }
    errors
}

/// Source: `validateSimpleJSONPath`.
fn simple_json_path(text: &str, path: &Path<'_>) -> Vec<FieldError> {
    if text.starts_with('.') {
        return Vec::new();
    }
    vec![FieldError::invalid(path.text(), text, "must be a simple json path starting with .")]
}

/// Source: `ValidateCustomResourceSelectableFields`.
pub(super) fn selectable_fields(
    fields: &[Value],
    schema: Props<'_>,
    path: &Path<'_>,
    too_many_allowed: bool,
) -> Vec<FieldError> {
    let path = path.field("selectableFields");
    let mut errors = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let item = path.item(index);
        let at = item.field("jsonPath");
        let json_path = Props(field).text("jsonPath");
        if json_path.is_empty() {
            errors.push(FieldError::required(at.text(), ""));
            continue;
        }
        let found = match field_path::resolve(json_path, Some(schema), false) {
            Ok(found) => found,
            Err(error) => {
                errors.push(FieldError::invalid(at.text(), json_path, format!("is an invalid path: {error}")));
                continue;
            }
        };
        if found.path.split(['.', '[']).next() == Some("metadata") {
            errors.push(FieldError::invalid(at.text(), json_path, "must not point to fields in metadata"));
        }
        let type_ = found.schema.map_or("", Props::type_);
        if !matches!(type_, "string" | "boolean" | "integer") {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
            errors.push(FieldError::invalid(at.text(), json_path, detail));
        }
        if seen.contains(&found.path) {
            errors.push(FieldError::duplicate(at.text(), json_path));
        } else {
            seen.push(found.path);
        }
    }
    if seen.len() > MAX_SELECTABLE_FIELDS && !too_many_allowed {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        errors.push(FieldError::too_many(path.text(), count(seen.len()), count(MAX_SELECTABLE_FIELDS)));
    }
    errors
}
