//! A JSON number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that stays as it was written: integers stay integers, floats stay floats, and no digit is lost that the API
/// server keeps (it stores 64-bit integers and floats).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(serde_json::Number);

/// NaN and the infinities are no JSON numbers.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is no JSON number")]
pub struct NotANumber(pub f64);

impl Number {
    /// The number as an integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    /// The number as a float. Integers beyond 2^53 are rounded.
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
    type Error = NotANumber;

    fn try_from(number: f64) -> Result<Self, NotANumber> {
        serde_json::Number::from_f64(number).map(Number).ok_or(NotANumber(number))
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
    fn every_form_comes_back_as_it_was() {
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
