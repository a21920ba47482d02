//! Operations on values with a shape.

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod fields;
pub(crate) mod merge;
pub(crate) mod reconcile;
pub(crate) mod remove;

use serde_json::{Map, Value};

use crate::shape::Scalar;

/// Returns the fields of an object; null has none.
pub(crate) fn fields(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

/// Returns the items of a list; null has none.
pub(crate) fn items(value: Option<&Value>) -> Option<&[Value]> {
    value.and_then(Value::as_array).map(Vec::as_slice)
}

/// Returns the names that either object has, in order.
pub(crate) fn names<'v>(one: Option<&'v Map<String, Value>>, other: Option<&'v Map<String, Value>>) -> Vec<&'v String> {
    let mut names: Vec<&String> = one.into_iter().flatten().map(|(name, _)| name).collect();
    let new = other.into_iter().flatten().map(|(name, _)| name);
    names.extend(new.filter(|name| one.is_none_or(|one| !one.contains_key(*name))));
    names
}

/// Returns whether a scalar has its type; null has every type.
pub(crate) fn is_scalar(scalar: Scalar, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(_) => matches!(scalar, Scalar::Numeric | Scalar::Untyped),
        Value::String(_) => matches!(scalar, Scalar::String | Scalar::Untyped),
        Value::Bool(_) => matches!(scalar, Scalar::Boolean | Scalar::Untyped),
        Value::Array(_) | Value::Object(_) => false,
    }
}
