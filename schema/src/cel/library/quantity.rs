//! `quantity`.
//!
//! Source: `apimachinery/pkg/api/resource/quantity.go`.

use std::cmp::Ordering;
use std::rc::Rc;

use super::version::compared;
use super::{Library, Object};
use crate::cel::value::{Result, Val, failed, no_overload};

/// A number with a unit: `value` times ten to the power of `scale`. What is less than a billionth is rounded away from zero.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) struct Quantity {
    value: i128,
    scale: i32,
    /// Whether Kubernetes holds it as a decimal number, which it never takes for an integer.
    is_decimal: bool,
}

const WRONG: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";
/// The least unit, as a power of ten.
const NANO: i32 = -9;
/// So many digits fit into 64 bits whatever they are.
const DIGITS: i32 = 18;

/// What a suffix stands for.
enum Unit {
    Ten(i32),
    Two(u32),
}

fn unit(suffix: &str) -> Option<Unit> {
    Some(match suffix {
        "" => Unit::Ten(0),
        "n" => Unit::Ten(-9),
        "u" => Unit::Ten(-6),
        "m" => Unit::Ten(-3),
        "k" => Unit::Ten(3),
        "M" => Unit::Ten(6),
        "G" => Unit::Ten(9),
        "T" => Unit::Ten(12),
        "P" => Unit::Ten(15),
        "E" => Unit::Ten(18),
        "Ki" => Unit::Two(10),
        "Mi" => Unit::Two(20),
        "Gi" => Unit::Two(30),
        "Ti" => Unit::Two(40),
        "Pi" => Unit::Two(50),
        "Ei" => Unit::Two(60),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            Unit::Ten(
                digits.strip_prefix('+').unwrap_or(digits).parse::<i64>().ok()?.clamp(-1000, 1000).try_into().ok()?,
            )
        }
    })
}

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Quantity {
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, rest) = rest.split_at(digits);
        let (part, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
            None => ("", rest),
        };
        if text.is_empty() || !fits(suffix) {
            return Err(WRONG.to_owned());
        }
        let unit = unit(suffix).ok_or_else(|| SUFFIX.to_owned())?;
        let whole = whole.trim_start_matches('0');
        let count = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
        // More than any quantity that is kept can have: the rest is rounded up.
        let kept = &part[..part.len().min(20)];
        let number: i128 =
            format!("0{whole}{kept}").parse().map_err(|_| "unable to parse numeric part of quantity".to_owned())?;
        let mut quantity =
            Quantity { value: if negative { -number } else { number }, scale: -count(kept), is_decimal: false };
        let digits = count(whole).saturating_add(count(part));
        match unit {
            Unit::Ten(exponent) => {
                quantity.scale += exponent;
                quantity.is_decimal = digits > DIGITS || quantity.scale < NANO;
            }
            Unit::Two(exponent) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
                let precision = 15 - count(whole) - (exponent as f32 * 3.0 / 10.0) as i32 - 1;
                quantity.is_decimal = !part.is_empty() || precision < 0;
                quantity.value = quantity.value.saturating_mul(1_i128 << exponent);
            }
        }
        Ok(quantity.rounded())
    }

    /// Not finer than a billionth.
    fn rounded(mut self) -> Self {
        if self.scale < NANO {
            let (whole, rest) = match u32::try_from(NANO - self.scale).ok().and_then(power) {
                Some(by) => (self.value / by, self.value % by != 0),
                None => (0, self.value != 0),
            };
            self.value = if rest { whole + self.value.signum() } else { whole };
            self.scale = NANO;
        }
        self
    }

    /// The value in units of another scale, which is not greater.
    fn at(self, scale: i32) -> Option<i128> {
        self.value.checked_mul(power(u32::try_from(self.scale - scale).ok()?)?)
    }

    #[allow(clippy::cast_precision_loss)]
    fn float(self) -> f64 {
        self.value as f64 * 10_f64.powi(self.scale)
    }

    pub(super) fn compare(self, other: &Quantity) -> Ordering {
        let scale = self.scale.min(other.scale);
        match (self.at(scale), other.at(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.float().partial_cmp(&other.float()).unwrap_or(Ordering::Equal),
        }
    }

    fn integer(self) -> Option<i64> {
        if self.is_decimal || self.scale < 0 {
            return None;
        }
        self.at(0).and_then(|value| value.try_into().ok())
    }

    fn plus(self, other: Quantity) -> Option<Quantity> {
        if self.value == 0 && !self.is_decimal && !other.is_decimal {
            return Some(other);
        }
        let scale = self.scale.min(other.scale);
        let value = self.at(scale)?.checked_add(other.at(scale)?)?;
        let is_decimal = self.is_decimal || other.is_decimal || i64::try_from(value).is_err();
        Some(Quantity { value, scale, is_decimal })
    }
}

/// Whether a suffix has the form that one must have.
fn fits(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    rest.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn call<'v>(function: Library, quantity: Quantity, rest: &[Val<'v>]) -> Result<'v> {
    let other = match rest {
        [] => {
            return match function {
                Library::Sign => Ok(Val::Int(i64::from(i8::try_from(quantity.value.signum()).unwrap_or_default()))),
                Library::AsApproximateFloat => Ok(Val::Double(quantity.float())),
                Library::IsInteger => Ok(Val::Bool(quantity.integer().is_some())),
                Library::AsInteger => quantity
                    .integer()
                    .map_or_else(|| failed("cannot convert value to integer"), |value| Ok(Val::Int(value))),
                _ => no_overload(),
            };
        }
        [Val::Object(other)] => match &**other {
            Object::Quantity(other) => *other,
            _ => return no_overload(),
        },
        [Val::Int(value)] if matches!(function, Library::Add | Library::Subtract) => {
            Quantity { value: i128::from(*value), scale: 0, is_decimal: false }
        }
        _ => return no_overload(),
    };
    let made = match function {
        Library::Add => quantity.plus(other),
        Library::Subtract => quantity.plus(Quantity { value: -other.value, ..other }),
        _ => return compared(function, quantity.compare(&other)),
    };
    let made = made.map(|made| Val::Object(Rc::new(Object::Quantity(made))));
    made.map_or_else(|| failed("the quantity is too large"), Ok)
}
