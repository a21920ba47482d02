//! Validation of numbers.
//!
//! Source: `kube-openapi/pkg/validation/validate/validator.go`, `values.go`; `go-openapi/swag/conv`.

use serde_json::{Number, Value};

use super::error::ErrorKind;
use super::go;
use super::outcome::{Failure, Outcome};
use super::path::Path;
use crate::schema::{Schema, Type};

/// The greatest integer below which floats are exact integers.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// Returns whether the API server accepts a float as an integer: within a relative distance of 1e-9.
// Exact comparison: an integral float equals its rounded value.
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
        let is_valid = checker.in_range(factor, "MultipleOf", outcome);
        checker.multiple_of(factor, is_valid, outcome);
    }
    if let Some(min) = &limits.minimum {
        let is_valid = checker.in_range(min, "Minimum boundary", outcome);
        let relation = if limits.exclusive_minimum { "greater than" } else { "greater than or equal to" };
        checker.bound(
            min,
            is_valid,
            relation,
            |order| order.is_gt() || (order.is_eq() && !limits.exclusive_minimum),
            outcome,
        );
    }
    if let Some(max) = &limits.maximum {
        let is_valid = checker.in_range(max, "Maximum boundary", outcome);
        let relation = if limits.exclusive_maximum { "less than" } else { "less than or equal to" };
        checker.bound(
            max,
            is_valid,
            relation,
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
    /// Checks that a number is in the range of the schema's type and format.
    fn in_range(&self, number: &Number, subject: &str, outcome: &mut Outcome) -> bool {
        // Not checked if the schema allows two types.
        let type_ = if self.schema.int_or_string { None } else { self.schema.type_ };
        let format = self.schema.format.as_deref();
        let integer = || match number.as_i64() {
            Some(integer) => Some(integer),
            None => number.as_f64().and_then(integral),
        };
        let (name, format, is_valid) = match (type_, format) {
            (Some(Type::Integer), Some("int32")) => {
                ("integer", format, integer().is_some_and(|integer| i32::try_from(integer).is_ok()))
            }
            (Some(Type::Integer), Some("int64")) => ("integer", format, integer().is_some()),
            (Some(Type::Integer), _) => ("integer", None, integer().is_some()),
            (Some(Type::Number), Some("float")) => {
                ("number", format, number.as_f64().is_some_and(|float| float.abs() <= F32_OVERFLOW))
            }
            _ => return true,
        };
        if !is_valid {
            let with_format = format.map_or("(default format)".to_owned(), |format| format!("with format {format}"));
            let path = self.path.dotted();
            outcome
                .fail(Failure::for_object(format!("{subject} value must be of type {name} {with_format} in {path}")));
        }
        is_valid
    }

    /// Fails with the number, formatted as it was compared.
    fn fail(&self, as_integer: bool, message: &str, outcome: &mut Outcome) {
        let number = if as_integer { Value::Number(self.number.clone()) } else { float(self.number).into() };
        outcome.fail(Failure::for_value(ErrorKind::Invalid, self.path, number, message));
    }

    /// Compares integers as integers, with a truncated limit, if the limit is in the range of the type.
    fn bound(
        &self,
        limit: &Number,
        limit_in_range: bool,
        relation: &str,
        is_satisfied: impl Fn(std::cmp::Ordering) -> bool,
        outcome: &mut Outcome,
    ) {
        let integer = self.number.as_i64().filter(|_| limit_in_range);
        let (order, displayed) = if let Some(integer) = integer {
            let limit = truncate(limit);
            (Some(integer.cmp(&limit)), limit.to_string())
        } else {
            let (float, limit) = (float(self.number), float(limit));
            (float.partial_cmp(&limit), go::general(limit))
        };
        if order.is_some_and(|order| !is_satisfied(order)) {
            self.fail(integer.is_some(), &format!("should be {relation} {displayed}"), outcome);
        }
    }

    fn multiple_of(&self, factor: &Number, factor_in_range: bool, outcome: &mut Outcome) {
        let integer = self.number.as_i64().filter(|_| factor_in_range);
        let (factor, is_multiple) = if let Some(integer) = integer {
            let factor = truncate(factor);
            (Number::from(factor), factor > 0 && integer % factor == 0)
        } else {
            let (float, as_float) = (float(self.number), float(factor));
            let multiple = if as_float < 1.0 { 1.0 / as_float * float } else { float / as_float };
            (Number::from_f64(as_float).unwrap_or_else(|| factor.clone()), is_integer(multiple))
        };
        let (positive, displayed) = (float(&factor) > 0.0, go::number(&factor));
        if !positive {
            let name = self.path.dotted();
            let message = format!("factor MultipleOf declared for {name} must be positive: {displayed}");
            outcome.fail(Failure::for_schema(self.path, factor.into(), message));
        } else if !is_multiple {
            self.fail(integer.is_some(), &format!("should be a multiple of {displayed}"), outcome);
        }
    }
}

/// Floats from here on overflow when rounded to 32 bits.
const F32_OVERFLOW: f64 = 3.402_823_567_797_336_6e38;

/// Converts a float without fraction to an integer.
#[allow(clippy::cast_possible_truncation)]
fn integral(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && (-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&float))
        .then_some(float as i64)
}

/// Truncates a limit to an integer.
#[allow(clippy::cast_possible_truncation)]
fn truncate(limit: &Number) -> i64 {
    limit.as_i64().unwrap_or_else(|| float(limit) as i64)
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}
