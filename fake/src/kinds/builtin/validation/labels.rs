//! Labels and selectors.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/validation/validation.go`.

use kube_structural_schema::object::names;
use serde_json::{Map, Value};

use super::field::{Errors, Field};

pub(super) const NO_MATCH: &str = "`selector` does not match template `labels`";

/// Validates labels. Errors name the map as a whole.
pub(super) fn labels(field: &Field<'_>, errors: &mut Errors) {
    for (key, value) in field.value.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        for detail in names::qualified_name(key) {
            field.invalid_as(errors, key.as_str(), detail);
        }
        for detail in names::label_value(value) {
            field.invalid_as(errors, value, detail);
        }
    }
}

/// Validates annotations.
pub(super) fn annotations(field: &Field<'_>, errors: &mut Errors) {
    const MAX: usize = 256 * 1024;
    let mut size = 0;
    for (key, value) in field.value.as_object().into_iter().flatten() {
        for detail in names::qualified_name(&key.to_lowercase()) {
            field.invalid_as(errors, key.as_str(), detail);
        }
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > MAX {
        field.too_long(errors, i64::try_from(MAX).unwrap_or(i64::MAX));
    }
}

/// Validates a selector, if there is one.
pub(super) fn selector(field: &Field<'_>, errors: &mut Errors) {
    labels(&field.at("matchLabels"), errors);
    for requirement in field.items("matchExpressions") {
        let values = requirement.at("values");
        match requirement.at("operator").text() {
            "In" | "NotIn" if values.is_empty() => {
                values.required(errors, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                values.forbidden(errors, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => requirement.at("operator").invalid_text(errors, "not a valid selector operator"),
        }
        requirement.at("key").check(errors, names::qualified_name);
        requirement.items("values").for_each(|value| value.check(errors, names::label_value));
    }
}

/// Whether a selector exists and selects all objects.
pub(super) fn selects_all(selector: &Value) -> bool {
    let is_empty = |name: &str| match selector.get(name) {
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        _ => true,
    };
    selector.is_object() && is_empty("matchLabels") && is_empty("matchExpressions")
}

/// Whether a selector matches labels; `None` if the selector cannot be evaluated.
pub(crate) fn matches(selector: &Value, labels: &Value) -> Option<bool> {
    if selector.is_null() {
        return Some(false);
    }
    let empty = Map::new();
    let labels = labels.as_object().unwrap_or(&empty);
    let mut matches = true;
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        if !names::qualified_name(key).is_empty() || !names::label_value(value.as_str().unwrap_or_default()).is_empty()
        {
            return None;
        }
        matches &= labels.get(key) == Some(value);
    }
    for requirement in selector["matchExpressions"].as_array().into_iter().flatten() {
        let values = requirement["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        let key = requirement["key"].as_str().unwrap_or_default();
        if !names::qualified_name(key).is_empty() {
            return None;
        }
        let found = labels.get(key);
        let is_one = found.is_some_and(|value| values.contains(value));
        matches &= match (requirement["operator"].as_str().unwrap_or_default(), values.is_empty()) {
            ("In", false) => is_one,
            ("NotIn", false) => !is_one,
            ("Exists", true) => found.is_some(),
            ("DoesNotExist", true) => found.is_none(),
            _ => return None,
        };
    }
    Some(matches)
}

/// Reports a template whose labels a selector does not match.
pub(super) fn template_matches(spec: &Field<'_>, selector: &Value, errors: &mut Errors) {
    let labels = spec.at("template.metadata.labels");
    if matches(selector, labels.value) == Some(false) {
        labels.invalid(errors, NO_MATCH);
    }
}
