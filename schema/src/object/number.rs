//! Numbers against their limits.
//!
//! Source: `kube-openapi/pkg/validation/validate/validator.go`, `values.go`; `go-openapi/swag/conv`.

use serde_json::{Number, Value};

use super::error::ErrorKind;
use super::go;
use super::outcome::{Failure, Outcome};
use super::path::Path;
use crate::schema::{Schema, Type};

/// The greatest integer that every smaller float can tell from its neighbours.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// Whether a float is taken for an integer: within a billionth of one.
// An integer is equal to what it is rounded to, not merely near.
#[allow(clippy::float_cmp)]
pub(super) fn is_integer(float: f64) -> bool {
    if !float.is_finite() || !(-MAX_SAFE..=MAX_SAFE).contains(&float) {
        return false;
    }
    let rounded = float.round();
    float == rounded || (rounded != 0.0 && (float - rounded).abs() < 1e-9 * rounded.abs())
}

pub(super) fn check(schema: &Schema, number: &Number, path: &Path<'_>, outcome: &mut Outcome) {
    let limits = &schema.limits;
    let checker = Checker { schema, number, path };
    checker.in_range(number, "Checked", outcome);
    if let Some(factor) = &limits.multiple_of {
        let fits = checker.in_range(factor, "MultipleOf", outcome);
        checker.multiple_of(factor, fits, outcome);
    }
    if let Some(least) = &limits.minimum {
        let fits = checker.in_range(least, "Minimum boundary", outcome);
        let words = if limits.exclusive_minimum { "greater than" } else { "greater than or equal to" };
        checker.bound(
            least,
            fits,
            words,
            |order| order.is_gt() || (order.is_eq() && !limits.exclusive_minimum),
            outcome,
        );
    }
    if let Some(most) = &limits.maximum {
        let fits = checker.in_range(most, "Maximum boundary", outcome);
        let words = if limits.exclusive_maximum { "less than" } else { "less than or equal to" };
        checker.bound(
            most,
            fits,
            words,
            |order| order.is_lt() || (order.is_eq() && !limits.exclusive_maximum),
            outcome,
        );
    }
    outcome.matched += 1;
}

struct Checker<'c> {
    schema: &'c Schema,
    number: &'c Number,
    path: &'c Path<'c>,
}

impl Checker<'_> {
    /// Whether the type and format can hold a number.
    fn in_range(&self, number: &Number, what: &str, outcome: &mut Outcome) -> bool {
        // Where two types are possible, neither is looked at.
        let type_ = if self.schema.int_or_string { None } else { self.schema.type_ };
        let format = self.schema.format.as_deref();
        let integer = || match number.as_i64() {
            Some(integer) => Some(integer),
            None => number.as_f64().and_then(whole),
        };
        let (name, format, fits) = match (type_, format) {
            (Some(Type::Integer), Some("int32")) => {
                ("integer", format, integer().is_some_and(|integer| i32::try_from(integer).is_ok()))
            }
            (Some(Type::Integer), Some("int64")) => ("integer", format, integer().is_some()),
            (Some(Type::Integer), _) => ("integer", None, integer().is_some()),
            (Some(Type::Number), Some("float")) => {
                ("number", format, number.as_f64().is_some_and(|float| float.abs() <= BEYOND_F32))
            }
            _ => return true,
        };
        if !fits {
            let of = format.map_or("(default format)".to_owned(), |format| format!("with format {format}"));
            let path = self.path.dotted();
            outcome.fail(Failure::of_whole(format!("{what} value must be of type {name} {of} in {path}")));
        }
        fits
    }

    /// Compared as a float, the number is shown as one.
    fn fail(&self, as_integer: bool, what: &str, outcome: &mut Outcome) {
        let number = if as_integer { Value::Number(self.number.clone()) } else { float(self.number).into() };
        outcome.fail(Failure::of_value(ErrorKind::Invalid, self.path, number, what));
    }

    /// Integers are compared as integers, with the limit cut to one, where the type can hold the limit.
    fn bound(
        &self,
        limit: &Number,
        fits: bool,
        words: &str,
        holds: impl Fn(std::cmp::Ordering) -> bool,
        outcome: &mut Outcome,
    ) {
        let integer = self.number.as_i64().filter(|_| fits);
        let (order, shown) = if let Some(integer) = integer {
            let limit = cut(limit);
            (Some(integer.cmp(&limit)), limit.to_string())
        } else {
            let (float, limit) = (float(self.number), float(limit));
            (float.partial_cmp(&limit), go::general(limit))
        };
        if order.is_some_and(|order| !holds(order)) {
            self.fail(integer.is_some(), &format!("should be {words} {shown}"), outcome);
        }
    }

    fn multiple_of(&self, factor: &Number, fits: bool, outcome: &mut Outcome) {
        let integer = self.number.as_i64().filter(|_| fits);
        let (factor, is_multiple) = if let Some(integer) = integer {
            let factor = cut(factor);
            (Number::from(factor), factor > 0 && integer % factor == 0)
        } else {
            let (float, as_float) = (float(self.number), float(factor));
            let multiple = if as_float < 1.0 { 1.0 / as_float * float } else { float / as_float };
            (Number::from_f64(as_float).unwrap_or_else(|| factor.clone()), is_integer(multiple))
        };
        let (positive, shown) = (float(&factor) > 0.0, go::number(&factor));
        if !positive {
            let name = self.path.dotted();
            let message = format!("factor MultipleOf declared for {name} must be positive: {shown}");
            outcome.fail(Failure::of_schema(self.path, factor.into(), message));
        } else if !is_multiple {
            self.fail(integer.is_some(), &format!("should be a multiple of {shown}"), outcome);
        }
    }
}

/// From here on a float rounds to no 32-bit float.
const BEYOND_F32: f64 = 3.402_823_567_797_336_6e38;

/// A float without fraction as an integer.
#[allow(clippy::cast_possible_truncation)]
fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && (-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&float))
        .then_some(float as i64)
}

/// A limit as an integer, what is behind the point cut off.
#[allow(clippy::cast_possible_truncation)]
fn cut(limit: &Number) -> i64 {
    limit.as_i64().unwrap_or_else(|| float(limit) as i64)
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}
