//! Comparisons in filters.
//!
//! Source: `client-go/third_party/forked/golang/template/funcs.go`.

use std::cmp::Ordering;

use serde_json::Value;

use super::JsonPathError;

/// A value that can be compared. Integers and floats are different types.
enum Basic<'v> {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'v str),
}

impl<'v> Basic<'v> {
    fn new(value: &'v Value) -> Result<Self, JsonPathError> {
        match value {
            Value::Bool(value) => Ok(Basic::Bool(*value)),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Ok(Basic::Integer(integer)),
                None => number.as_f64().map(Basic::Float).ok_or_else(wrong_type),
            },
            Value::String(text) => Ok(Basic::Text(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(wrong_type()),
        }
    }
}

fn wrong_type() -> JsonPathError {
    JsonPathError::new("invalid type for comparison")
}

/// Evaluates a comparison.
pub(super) fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, JsonPathError> {
    let is_wanted = match operator {
        "==" => Ordering::is_eq,
        "!=" => Ordering::is_ne,
        "<" => Ordering::is_lt,
        "<=" => Ordering::is_le,
        ">" => Ordering::is_gt,
        ">=" => Ordering::is_ge,
        _ => return Err(JsonPathError::new(format!("unrecognized filter operator {operator}"))),
    };
    let order = match (Basic::new(left)?, Basic::new(right)?) {
        (Basic::Bool(left), Basic::Bool(right)) if matches!(operator, "==" | "!=") => left.cmp(&right),
        (Basic::Bool(_), Basic::Bool(_)) => return Err(wrong_type()),
        (Basic::Integer(left), Basic::Integer(right)) => left.cmp(&right),
        (Basic::Float(left), Basic::Float(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Less),
        (Basic::Text(left), Basic::Text(right)) => left.cmp(right),
        _ => return Err(JsonPathError::new("incompatible types for comparison")),
    };
    Ok(is_wanted(order))
}
