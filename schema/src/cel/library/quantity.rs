//! The type `kubernetes.Quantity`.
//!
//! Source: `apimachinery/pkg/api/resource/quantity.go`.

use std::cmp::Ordering;

/// A quantity: `value` times ten to the power of `scale`. Fractions of a billionth are rounded away from zero.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) struct Quantity {
    value: i128,
    scale: i32,
    /// Whether Kubernetes stores it as a decimal, which is never an integer.
    is_decimal: bool,
}

const FORMAT_ERROR: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR: &str = "unable to parse quantity's suffix";
/// The smallest unit, as a power of ten.
const NANO: i32 = -9;
/// The number of decimal digits that always fit into 64 bits.
const DIGITS: i32 = 18;

/// The unit of a suffix.
enum Unit {
    Decimal(i32),
    Binary(u32),
}

fn unit(suffix: &str) -> Option<Unit> {
    Some(match suffix {
        "" => Unit::Decimal(0),
        "n" => Unit::Decimal(-9),
        "u" => Unit::Decimal(-6),
        "m" => Unit::Decimal(-3),
        "k" => Unit::Decimal(3),
        "M" => Unit::Decimal(6),
        "G" => Unit::Decimal(9),
        "T" => Unit::Decimal(12),
        "P" => Unit::Decimal(15),
        "E" => Unit::Decimal(18),
        "Ki" => Unit::Binary(10),
        "Mi" => Unit::Binary(20),
        "Gi" => Unit::Binary(30),
        "Ti" => Unit::Binary(40),
        "Pi" => Unit::Binary(50),
        "Ei" => Unit::Binary(60),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            Unit::Decimal(
                digits.strip_prefix('+').unwrap_or(digits).parse::<i64>().ok()?.clamp(-1000, 1000).try_into().ok()?,
            )
        }
    })
}

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Quantity {
    pub(in crate::cel) fn parse(text: &str) -> std::result::Result<Self, String> {
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (integer, rest) = rest.split_at(digits);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
            None => ("", rest),
        };
        if text.is_empty() || !is_suffix(suffix) {
            return Err(FORMAT_ERROR.to_owned());
        }
        let unit = unit(suffix).ok_or_else(|| SUFFIX_ERROR.to_owned())?;
        let integer = integer.trim_start_matches('0');
        let count = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
        // Longer than the fraction of any representable quantity: the rest is rounded up.
        let kept = &fraction[..fraction.len().min(20)];
        let number: i128 =
            format!("0{integer}{kept}").parse().map_err(|_| "unable to parse numeric part of quantity".to_owned())?;
        let mut quantity =
            Quantity { value: if negative { -number } else { number }, scale: -count(kept), is_decimal: false };
        let digits = count(integer).saturating_add(count(fraction));
        match unit {
            Unit::Decimal(exponent) => {
                quantity.scale += exponent;
                quantity.is_decimal = digits > DIGITS || quantity.scale < NANO;
            }
            Unit::Binary(exponent) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
                let precision = 15 - count(integer) - (exponent as f32 * 3.0 / 10.0) as i32 - 1;
                quantity.is_decimal = !fraction.is_empty() || precision < 0;
                quantity.value = quantity.value.saturating_mul(1_i128 << exponent);
            }
        }
        Ok(quantity.rounded())
    }

    /// Rounds to billionths.
    fn rounded(mut self) -> Self {
        if self.scale < NANO {
            let (quotient, rest) = match u32::try_from(NANO - self.scale).ok().and_then(power) {
                Some(by) => (self.value / by, self.value % by != 0),
                None => (0, self.value != 0),
            };
            self.value = if rest { quotient + self.value.signum() } else { quotient };
            self.scale = NANO;
        }
        self
    }

    /// Returns the value in another scale, which must not be greater.
    fn at(self, scale: i32) -> Option<i128> {
        self.value.checked_mul(power(u32::try_from(self.scale - scale).ok()?)?)
    }

    /// Returns -1, 0 or 1.
    pub(in crate::cel) fn sign(self) -> i64 {
        i64::from(self.value > 0) - i64::from(self.value < 0)
    }

    pub(in crate::cel) fn negated(self) -> Quantity {
        Quantity { value: -self.value, ..self }
    }

    #[allow(clippy::cast_precision_loss)]
    pub(in crate::cel) fn float(self) -> f64 {
        self.value as f64 * 10_f64.powi(self.scale)
    }

    pub(in crate::cel) fn compare(self, other: &Quantity) -> Ordering {
        let scale = self.scale.min(other.scale);
        match (self.at(scale), other.at(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.float().partial_cmp(&other.float()).unwrap_or(Ordering::Equal),
        }
    }

    pub(in crate::cel) fn integer(self) -> Option<i64> {
        if self.is_decimal || self.scale < 0 {
            return None;
        }
        self.at(0).and_then(|value| value.try_into().ok())
    }

    pub(in crate::cel) fn plus(self, other: Quantity) -> Option<Quantity> {
        if self.value == 0 && !self.is_decimal && !other.is_decimal {
            return Some(other);
        }
        let scale = self.scale.min(other.scale);
        let value = self.at(scale)?.checked_add(other.at(scale)?)?;
        let is_decimal = self.is_decimal || other.is_decimal || i64::try_from(value).is_err();
        Some(Quantity { value, scale, is_decimal })
    }
}

impl From<i64> for Quantity {
    fn from(value: i64) -> Self {
        Quantity { value: value.into(), scale: 0, is_decimal: false }
    }
}

/// Returns whether a suffix is syntactically valid.
fn is_suffix(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    rest.bytes().all(|byte| byte.is_ascii_digit())
}
