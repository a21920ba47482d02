//! Names of a definition.

use serde_json::Value;

use super::props::Props;
use crate::object::{FieldError, Path, names};

/// Returns the error of `metadata.name`, in addition to the syntax of names.
pub fn required_name(definition: &Value) -> Option<String> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let required = format!("{}.{}", text("/spec/names/plural"), text("/spec/group"));
    (text("/metadata/name") != required).then(|| "must be spec.names.plural+\".\"+spec.group".to_owned())
}

/// Validates accepted names.
pub(super) fn accepted(definition: &Value) -> Vec<FieldError> {
    let status = Props(definition.get("status").unwrap_or(&Value::Null));
    let Some(accepted) = status.child("acceptedNames") else { return Vec::new() };
    let path = Path::part("status");
    names_of(accepted, &path.field("acceptedNames"))
}

/// Validates the syntax of names; missing names are not reported.
///
/// Source: `ValidateCustomResourceDefinitionNames`.
pub(super) fn names_of(names: Props<'_>, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, is_kind) in [("plural", false), ("singular", false), ("kind", true), ("listKind", true)] {
        let text = names.text(name);
        let invalid = if is_kind { names::label_1035(&text.to_lowercase()) } else { names::label_1035(text) };
        if !text.is_empty() && !invalid.is_empty() {
            let case = if is_kind { "may have mixed case, but should otherwise match: " } else { "" };
            errors.push(FieldError::invalid(path.field(name).text(), text, format!("{case}{}", invalid.join(","))));
        }
    }
    errors.extend(labels(names, "shortNames", path));
    let (kind, list_kind) = (names.text("kind"), names.text("listKind"));
    if !kind.is_empty() && kind == list_kind {
        let field = path.field("listKind").text();
        errors.push(FieldError::invalid(field, list_kind, "kind and listKind may not be the same"));
    }
    errors.extend(labels(names, "categories", path));
    errors
}

fn labels(names: Props<'_>, name: &str, path: &Path<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, label) in names.texts(name).enumerate() {
        let invalid = names::label_1035(label);
        if !invalid.is_empty() {
            errors.push(FieldError::invalid(path.field(name).item(index).text(), label, invalid.join(",")));
        }
    }
    errors
}
