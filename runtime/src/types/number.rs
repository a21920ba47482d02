//! A JSON number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that keeps its form: integers stay integers, floats stay floats, and every digit that the API server stores
/// (64-bit integers and floats) is preserved.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(serde_json::Number);

/// An error for NaN and the infinities, which JSON cannot represent.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a valid JSON number")]
pub struct NonFiniteFloat(pub f64);

impl Number {
    /// Returns the number as an `i64`, if it is an integer within its range.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    /// Returns the number as a float. Integers beyond 2^53 are rounded.
    pub fn as_f64(&self) -> f64 {
        self.0.as_f64().unwrap_or(f64::NAN)
    }
}

impl Default for Number {
    fn default() -> Self {
        Number(0.into())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => { $(
        impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                Number(number.into())
            }
        }
    )* };
}

from_integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl TryFrom<f64> for Number {
    type Error = NonFiniteFloat;

    fn try_from(number: f64) -> Result<Self, NonFiniteFloat> {
        serde_json::Number::from_f64(number).map(Number).ok_or(NonFiniteFloat(number))
    }
}

impl From<serde_json::Number> for Number {
    fn from(number: serde_json::Number) -> Self {
        Number(number)
    }
}

impl From<Number> for serde_json::Number {
    fn from(number: Number) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_form_round_trip() {
        for text in [
            "0",
            "-1",
            "9007199254740993",
            "18446744073709551615",
            "1.5",
            "0.1",
            "1.0",
            "-0.0",
            "5e-324",
            "1.7976931348623157e308",
        ] {
            let number: Number = serde_json::from_str(text).unwrap();
            let written = serde_json::to_string(&number).unwrap();
            // An exponent may be written in another way, but it is the same number of the same form.
            let (before, after): (serde_json::Value, serde_json::Value) =
                (serde_json::from_str(text).unwrap(), serde_json::from_str(&written).unwrap());
            assert_eq!(before, after, "{text} was written as {written}");
        }
    }
}
