//! `x-kubernetes-int-or-string`

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

/// A 64-bit integer, or a string such as `25%`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// An integer.
    Int(i64),
    /// A string.
    String(String),
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through a `Value`: with `arbitrary_precision`, `deserialize_any` passes a number as a map.
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(IntOrString::String(text)),
            Value::Number(number) => number
                .as_i64()
                .map(IntOrString::Int)
                .ok_or_else(|| D::Error::custom(format!("{number} is not a 64-bit integer"))),
            other => Err(D::Error::custom(format!("expected an integer or a string, found {other}"))),
        }
    }
}

impl Default for IntOrString {
    fn default() -> Self {
        IntOrString::Int(0)
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(number) => number.fmt(out),
            IntOrString::String(text) => text.fmt(out),
        }
    }
}

impl From<i32> for IntOrString {
    fn from(number: i32) -> Self {
        IntOrString::Int(number.into())
    }
}

impl From<i64> for IntOrString {
    fn from(number: i64) -> Self {
        IntOrString::Int(number)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        IntOrString::String(text.to_owned())
    }
}

impl From<String> for IntOrString {
    fn from(text: String) -> Self {
        IntOrString::String(text)
    }
}

impl From<k8s_openapi::apimachinery::pkg::util::intstr::IntOrString> for IntOrString {
    fn from(other: k8s_openapi::apimachinery::pkg::util::intstr::IntOrString) -> Self {
        match other {
            k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(number) => number.into(),
            k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String(text) => text.into(),
        }
    }
}

/// Built-in kinds have 32-bit integers (`intstr.IntOrString` of `k8s.io/apimachinery`). A larger number is converted to a
/// string, so that it is not lost; the API server rejects that string where it expects a name or a percentage.
impl From<IntOrString> for k8s_openapi::apimachinery::pkg::util::intstr::IntOrString {
    fn from(other: IntOrString) -> Self {
        match other {
            IntOrString::Int(number) => {
                i32::try_from(number).map_or_else(|_| Self::String(number.to_string()), Self::Int)
            }
            IntOrString::String(text) => Self::String(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_and_strings_round_trip() {
        for value in [json!(0), json!(-1), json!(i64::MAX), json!(""), json!("25%"), json!("1")] {
            let field: IntOrString = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(field).unwrap(), value);
        }
        assert!(serde_json::from_value::<IntOrString>(json!(1.5)).is_err());
        assert!(serde_json::from_value::<IntOrString>(json!(null)).is_err());
    }
}
