//! Operators, and functions of several unrelated types.

use std::cmp::Ordering;

use jiff::SignedDuration;

use crate::cel::library::Object;
use crate::cel::value::{Result, Val, failed, no_overload};

/// Compares two values; values without order, such as NaN, do not satisfy any condition.
pub(super) fn ordered<'v>(arguments: &[Val<'v>], condition: fn(Ordering) -> bool) -> Result<'v> {
    let [left, right] = arguments else { return no_overload() };
    Ok(Val::Bool(left.order(right)?.is_some_and(condition)))
}

pub(super) fn contains<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [value, Val::List(items)] => Ok(Val::Bool(items.contains(value)?)),
        [key, Val::Map(entries)] => Ok(Val::Bool(entries.get(key)?.is_some())),
        _ => no_overload(),
    }
}

pub(super) fn add<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(a), Val::Int(b)] => int(a.checked_add(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_add(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a + b)),
        [Val::Text(a), Val::Text(b)] => Ok(Val::text(format!("{a}{b}"))),
        [Val::Bytes(a), Val::Bytes(b)] => Ok(Val::Bytes([&a[..], &b[..]].concat().into())),
        [Val::List(a), Val::List(b)] => Ok(Val::List(a.plus(b)?)),
        [Val::Duration(a), Val::Duration(b)] => duration(a.checked_add(*b)),
        [Val::Timestamp(at), Val::Duration(by)] | [Val::Duration(by), Val::Timestamp(at)] => {
            at.checked_add(*by).map_or_else(|_| failed("timestamp overflow"), |at| Ok(Val::Timestamp(at)))
        }
        _ => no_overload(),
    }
}

pub(super) fn subtract<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(a), Val::Int(b)] => int(a.checked_sub(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_sub(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a - b)),
        [Val::Duration(a), Val::Duration(b)] => duration(a.checked_sub(*b)),
        [Val::Timestamp(a), Val::Timestamp(b)] => duration(Some(a.duration_since(*b))),
        [Val::Timestamp(at), Val::Duration(by)] => {
            at.checked_sub(*by).map_or_else(|_| failed("timestamp overflow"), |at| Ok(Val::Timestamp(at)))
        }
        _ => no_overload(),
    }
}

pub(super) fn multiply<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(a), Val::Int(b)] => int(a.checked_mul(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_mul(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a * b)),
        _ => no_overload(),
    }
}

pub(super) fn divide<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => failed("division by zero"),
        [Val::Int(a), Val::Int(b)] => int(a.checked_div(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_div(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a / b)),
        _ => no_overload(),
    }
}

pub(super) fn modulo<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => failed("modulus by zero"),
        [Val::Int(a), Val::Int(b)] => int(a.checked_rem(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_rem(*b)),
        _ => no_overload(),
    }
}

pub(super) fn negate<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Int(value)] => int(value.checked_neg()),
        [Val::Double(value)] => Ok(Val::Double(-value)),
        [Val::Duration(value)] => Ok(Val::Duration(-*value)),
        _ => no_overload(),
    }
}

fn int<'v>(result: Option<i64>) -> Result<'v> {
    result.map_or_else(|| failed("integer overflow"), |result| Ok(Val::Int(result)))
}

fn uint<'v>(result: Option<u64>) -> Result<'v> {
    result.map_or_else(|| failed("unsigned integer overflow"), |result| Ok(Val::Uint(result)))
}

/// Returns a duration if it has less than 64 bits of nanoseconds.
fn duration<'v>(result: Option<SignedDuration>) -> Result<'v> {
    let in_range = result.filter(|duration| i64::try_from(duration.as_nanos()).is_ok());
    in_range.map_or_else(|| failed("integer overflow"), |duration| Ok(Val::Duration(duration)))
}

/// Compares two quantities or two versions.
pub(super) fn compare_objects<'v>(arguments: &[Val<'v>], result: fn(Ordering) -> Val<'v>) -> Result<'v> {
    let [Val::Object(left), Val::Object(right)] = arguments else { return no_overload() };
    match (&**left, &**right) {
        (Object::Quantity(left), Object::Quantity(right)) => Ok(result(left.compare(right))),
        (Object::Version(left), Object::Version(right)) => Ok(result(left.cmp_precedence(right))),
        _ => no_overload(),
    }
}
