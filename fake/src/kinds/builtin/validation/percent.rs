//! Numbers that can also be percentages, such as `maxUnavailable`.
//!
//! Source: `kubernetes/pkg/apis/apps/validation/validation.go`.

use serde_json::Value;

use super::field::{Errors, Field};
use super::names;

/// Validates a number or percentage.
pub(super) fn non_negative(field: &Field<'_>, errors: &mut Errors) {
    if field.value.is_string() {
        field.check(errors, names::percent);
    } else {
        field.non_negative(errors);
    }
}

/// Validates that a percentage is at most 100.
pub(super) fn at_most_100(field: &Field<'_>, errors: &mut Errors) {
    if percentage(field.value).is_some_and(|value| value > 100) {
        field.invalid(errors, "must not be greater than 100%");
    }
}

/// Whether a number or percentage is zero.
pub(super) fn is_zero(field: &Field<'_>) -> bool {
    match field.value {
        Value::String(text) => percentage(field.value).or(text.parse().ok()).unwrap_or_default() == 0,
        _ => field.number() == 0,
    }
}

fn percentage(value: &Value) -> Option<u64> {
    let text = value.as_str()?;
    let digits = text.strip_suffix('%')?;
    names::percent(text).is_empty().then(|| digits.parse().unwrap_or(u64::MAX))
}
