//! Implementation and cost of functions.
//!
//! Source: <https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions>, `cel-go/ext`,
//! `apiserver/pkg/cel/library`.

use std::cmp::Ordering;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use super::function::Function as F;
use super::value::{Error, Result, Val, failed, no_overload};
use super::{format, library, lists, text, time};

pub(super) fn call<'v>(function: F, arguments: &[Val<'v>]) -> Result<'v> {
    match function {
        F::Equal => Ok(Val::Bool(arguments[0].equals(&arguments[1])?)),
        F::NotEqual => Ok(Val::Bool(!arguments[0].equals(&arguments[1])?)),
        F::Less | F::LessOrEqual | F::Greater | F::GreaterOrEqual => ordered(function, &arguments[0], &arguments[1]),
        F::In => contains(&arguments[0], &arguments[1]),
        F::Add | F::Subtract | F::Multiply | F::Divide | F::Modulo => {
            arithmetic(function, &arguments[0], &arguments[1])
        }
        F::Negate => match &arguments[0] {
            Val::Int(value) => {
                value.checked_neg().map_or_else(|| failed("integer overflow"), |value| Ok(Val::Int(value)))
            }
            Val::Double(value) => Ok(Val::Double(-value)),
            Val::Duration(value) => Ok(Val::Duration(-*value)),
            _ => no_overload(),
        },
        F::TypeNamed(name) => Ok(Val::Type(name)),
        F::Dyn => Ok(arguments[0].clone()),
        F::Type => Ok(Val::Type(arguments[0].type_name())),
        F::Int | F::Uint | F::Double | F::Text | F::Bool | F::Bytes | F::Duration | F::Timestamp => {
            convert(function, &arguments[0])
        }
        F::Size => match &arguments[0] {
            value @ (Val::Text(_) | Val::Bytes(_) | Val::List(_) | Val::Map(_)) => {
                Ok(Val::Int(i64::try_from(value.size()).unwrap_or(i64::MAX)))
            }
            _ => no_overload(),
        },
        F::FullYear
        | F::Month
        | F::DayOfMonth
        | F::Date
        | F::DayOfWeek
        | F::DayOfYear
        | F::Hours
        | F::Minutes
        | F::Seconds
        | F::Milliseconds => part_of_time(function, arguments),
        F::OptionalOf | F::OptionalNone | F::OptionalOfNonZero | F::HasValue | F::Value | F::Or | F::OrValue => {
            optional(function, arguments)
        }
        F::IndexOf | F::LastIndexOf if matches!(arguments[0], Val::List(_)) => lists::call(function, arguments),
        F::IsSorted
        | F::Sum
        | F::Min
        | F::Max
        | F::Includes
        | F::Distinct
        | F::Flatten
        | F::Range
        | F::Reverse
        | F::Slice
        | F::Sort
        | F::First
        | F::Last
        | F::SetContains
        | F::SetEquivalent
        | F::SetIntersects
        | F::Unwrap => lists::call(function, arguments),
        F::Library(function) => library::call(function, arguments),
        F::Format => format::call(arguments),
        _ => text::call(function, arguments),
    }
}

fn ordered<'v>(function: F, left: &Val<'v>, right: &Val<'v>) -> Result<'v> {
    let order = left.order(right)?;
    Ok(Val::Bool(match function {
        F::Less => order == Some(Ordering::Less),
        F::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        F::Greater => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }))
}

fn contains<'v>(value: &Val<'v>, container: &Val<'v>) -> Result<'v> {
    match container {
        Val::List(items) => Ok(Val::Bool(items.contains(value)?)),
        Val::Map(entries) => Ok(Val::Bool(entries.get(value)?.is_some())),
        _ => no_overload(),
    }
}

fn arithmetic<'v>(function: F, left: &Val<'v>, right: &Val<'v>) -> Result<'v> {
    match (left, right) {
        (Val::Int(a), Val::Int(b)) => integers(function, *a, *b).map(Val::Int),
        (Val::Uint(a), Val::Uint(b)) => unsigned(function, *a, *b).map(Val::Uint),
        (Val::Double(a), Val::Double(b)) => Ok(Val::Double(match function {
            F::Add => a + b,
            F::Subtract => a - b,
            F::Multiply => a * b,
            F::Divide => a / b,
            _ => return no_overload(),
        })),
        (Val::Text(a), Val::Text(b)) if function == F::Add => Ok(Val::text(format!("{a}{b}"))),
        (Val::Bytes(a), Val::Bytes(b)) if function == F::Add => Ok(Val::Bytes([&a[..], &b[..]].concat().into())),
        (Val::List(a), Val::List(b)) if function == F::Add => Ok(Val::List(a.plus(b)?)),
        (Val::Duration(a), Val::Duration(b)) => {
            let result = if function == F::Add { a.checked_add(*b) } else { a.checked_sub(*b) };
            match (function, result) {
                (F::Add | F::Subtract, Some(result)) => duration_in_range(result),
                (F::Add | F::Subtract, None) => failed("integer overflow"),
                _ => no_overload(),
            }
        }
        (Val::Timestamp(a), Val::Timestamp(b)) if function == F::Subtract => duration_in_range(a.duration_since(*b)),
        (Val::Timestamp(at), Val::Duration(by)) | (Val::Duration(by), Val::Timestamp(at)) => {
            let result = match (function, left) {
                (F::Add, _) => at.checked_add(*by),
                (F::Subtract, Val::Timestamp(_)) => at.checked_sub(*by),
                _ => return no_overload(),
            };
            result.map_or_else(|_| failed("timestamp overflow"), |at| Ok(Val::Timestamp(at)))
        }
        _ => no_overload(),
    }
}

fn duration_in_range<'v>(duration: SignedDuration) -> Result<'v> {
    match i64::try_from(duration.as_nanos()) {
        Ok(_) => Ok(Val::Duration(duration)),
        Err(_) => failed("integer overflow"),
    }
}

fn integers(function: F, a: i64, b: i64) -> std::result::Result<i64, Error> {
    let result = match function {
        F::Add => a.checked_add(b),
        F::Subtract => a.checked_sub(b),
        F::Multiply => a.checked_mul(b),
        F::Divide if b == 0 => return failed("division by zero"),
        F::Divide => a.checked_div(b),
        _ if b == 0 => return failed("modulus by zero"),
        _ => a.checked_rem(b),
    };
    result.map_or_else(|| failed("integer overflow"), Ok)
}

fn unsigned(function: F, a: u64, b: u64) -> std::result::Result<u64, Error> {
    let result = match function {
        F::Add => a.checked_add(b),
        F::Subtract => a.checked_sub(b),
        F::Multiply => a.checked_mul(b),
        F::Divide if b == 0 => return failed("division by zero"),
        F::Divide => a.checked_div(b),
        _ if b == 0 => return failed("modulus by zero"),
        _ => a.checked_rem(b),
    };
    result.map_or_else(|| failed("unsigned integer overflow"), Ok)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
fn convert<'v>(function: F, value: &Val<'v>) -> Result<'v> {
    let target = match function {
        F::Int => "int",
        F::Uint => "uint",
        F::Double => "double",
        F::Text => "string",
        F::Bool => "bool",
        F::Bytes => "bytes",
        F::Duration => "google.protobuf.Duration",
        _ => "google.protobuf.Timestamp",
    };
    let conversion_error = || failed(format!("type conversion error from '{}' to '{target}'", value.type_name()));
    match (function, value) {
        (F::Int, Val::Int(_))
        | (F::Uint, Val::Uint(_))
        | (F::Double, Val::Double(_))
        | (F::Text, Val::Text(_))
        | (F::Bool, Val::Bool(_))
        | (F::Bytes, Val::Bytes(_))
        | (F::Duration, Val::Duration(_))
        | (F::Timestamp, Val::Timestamp(_)) => Ok(value.clone()),
        (F::Int, Val::Uint(value)) => {
            i64::try_from(*value).map_or_else(|_| failed("integer overflow"), |value| Ok(Val::Int(value)))
        }
        (F::Int, Val::Double(value)) if value.abs() < 9.223_372_036_854_775e18 => Ok(Val::Int(*value as i64)),
        (F::Int, Val::Double(_)) => failed("integer overflow"),
        (F::Int, Val::Text(text)) => text.parse().map_or_else(|_| conversion_error(), |value| Ok(Val::Int(value))),
        (F::Int, Val::Timestamp(at)) => Ok(Val::Int(at.as_second())),
        (F::Int, Val::Duration(duration)) => Ok(Val::Int(duration.as_nanos() as i64)),
        (F::Uint, Val::Int(value)) => {
            u64::try_from(*value).map_or_else(|_| failed("unsigned integer overflow"), |value| Ok(Val::Uint(value)))
        }
        (F::Uint, Val::Double(value)) if (0.0..1.844_674_407_370_955e19).contains(value) => {
            Ok(Val::Uint(*value as u64))
        }
        (F::Uint, Val::Double(_)) => failed("unsigned integer overflow"),
        (F::Uint, Val::Text(text)) => text.parse().map_or_else(|_| conversion_error(), |value| Ok(Val::Uint(value))),
        (F::Double, Val::Int(value)) => Ok(Val::Double(*value as f64)),
        (F::Double, Val::Uint(value)) => Ok(Val::Double(*value as f64)),
        (F::Double, Val::Text(text)) => {
            text.parse().map_or_else(|_| conversion_error(), |value| Ok(Val::Double(value)))
        }
        (F::Text, Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::Double(_)) => Ok(Val::text(value.display())),
        (F::Text, Val::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Val::text(text.to_owned())),
            Err(_) => failed("invalid UTF-8 in bytes, cannot convert to string"),
        },
        (F::Text, Val::Object(object)) => object.text().map_or_else(conversion_error, |text| Ok(Val::text(text))),
        (F::Text, Val::Timestamp(at)) => Ok(Val::text(time::timestamp_text(*at))),
        (F::Text, Val::Duration(duration)) => Ok(Val::text(time::duration_text(*duration))),
        (F::Bool, Val::Text(text)) => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Val::Bool(false)),
            _ => conversion_error(),
        },
        (F::Bytes, Val::Text(text)) => Ok(Val::Bytes(text.as_bytes().into())),
        (F::Duration, Val::Text(text)) => {
            time::parse_go_duration(text).map_or_else(conversion_error, |duration| Ok(Val::Duration(duration)))
        }
        (F::Duration, Val::Int(nanoseconds)) => Ok(Val::Duration(SignedDuration::from_nanos(*nanoseconds))),
        (F::Timestamp, Val::Text(text)) => {
            time::parse_timestamp(text).map_or_else(conversion_error, |at| Ok(Val::Timestamp(at)))
        }
        (F::Timestamp, Val::Int(second)) => {
            Timestamp::from_second(*second).map_or_else(|_| failed("timestamp overflow"), |at| Ok(Val::Timestamp(at)))
        }
        _ => no_overload(),
    }
}

/// Returns the result of `string()`.
pub(super) fn as_text(value: &Val<'_>) -> std::result::Result<String, Error> {
    if let Val::Type(name) = value {
        return Ok((*name).to_owned());
    }
    match convert(F::Text, value)? {
        Val::Text(text) => Ok(text.into_owned()),
        _ => no_overload(),
    }
}

fn part_of_time<'v>(function: F, arguments: &[Val<'v>]) -> Result<'v> {
    let number = match arguments {
        [Val::Timestamp(at), zone @ ..] => {
            let at = match zone {
                [Val::Text(zone)] => time::civil_in(*at, zone)?,
                [] => time::civil(*at),
                _ => return no_overload(),
            };
            i64::from(match function {
                F::FullYear => i32::from(at.year()),
                F::Month => i32::from(at.month()) - 1,
                F::DayOfMonth => i32::from(at.day()) - 1,
                F::Date => i32::from(at.day()),
                F::DayOfWeek => i32::from(at.weekday().to_sunday_zero_offset()),
                F::DayOfYear => i32::from(at.day_of_year()) - 1,
                F::Hours => i32::from(at.hour()),
                F::Minutes => i32::from(at.minute()),
                F::Seconds => i32::from(at.second()),
                _ => i32::from(at.millisecond()),
            })
        }
        [Val::Duration(duration)] => match function {
            F::Hours => duration.as_hours(),
            F::Minutes => duration.as_mins(),
            F::Seconds => duration.as_secs(),
            F::Milliseconds => i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            _ => return no_overload(),
        },
        _ => return no_overload(),
    };
    Ok(Val::Int(number))
}

fn optional<'v>(function: F, arguments: &[Val<'v>]) -> Result<'v> {
    match (function, arguments) {
        (F::OptionalNone, _) => Ok(Val::Optional(None)),
        (F::OptionalOfNonZero, [value]) if value.is_zero() => Ok(Val::Optional(None)),
        (F::OptionalOf | F::OptionalOfNonZero, [value]) => Ok(Val::Optional(Some(Rc::new(value.clone())))),
        (F::HasValue, [Val::Optional(value)]) => Ok(Val::Bool(value.is_some())),
        (F::Value, [Val::Optional(Some(value))]) | (F::OrValue, [Val::Optional(Some(value)), _]) => {
            Ok((**value).clone())
        }
        (F::Value, [Val::Optional(None)]) => failed("optional.none() dereference"),
        (F::Or, [Val::Optional(None), other @ Val::Optional(_)]) | (F::OrValue, [Val::Optional(None), other]) => {
            Ok(other.clone())
        }
        (F::Or, [value @ Val::Optional(Some(_)), Val::Optional(_)]) => Ok(value.clone()),
        _ => no_overload(),
    }
}

/// Returns a tenth of a size, rounded up.
fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

/// Returns the cost of matching a text with a pattern of `pattern` characters.
pub(super) fn pattern_cost(text: &Val<'_>, pattern: u64) -> u64 {
    tenth(1 + text.size()) * pattern.div_ceil(4)
}

/// Returns the cost of a call.
pub(super) fn cost(function: F, arguments: &[Val<'_>], result: &Val<'_>) -> u64 {
    let size = |index: usize| arguments.get(index).map_or(0, Val::size);
    match function {
        F::Library(function) => library::cost(function, arguments),
        F::Equal | F::NotEqual if matches!(arguments[0], Val::Object(_)) => 1,
        F::Equal | F::NotEqual => tenth(size(0).min(size(1))),
        F::Less | F::LessOrEqual | F::Greater | F::GreaterOrEqual => match arguments[0] {
            Val::Text(_) | Val::Bytes(_) => tenth(size(0).min(size(1))),
            _ => 1,
        },
        F::In => match arguments[1] {
            Val::List(_) => size(1),
            _ => 1,
        },
        F::Add => match arguments[0] {
            Val::Text(_) | Val::Bytes(_) => tenth(size(0) + size(1)),
            _ => 1,
        },
        F::StartsWith | F::EndsWith => tenth(size(1)),
        F::Contains => tenth(size(0)) * tenth(size(1)),
        F::Matches | F::Find | F::FindAll => pattern_cost(&arguments[0], size(1)),
        F::LowerAscii | F::UpperAscii | F::Substring | F::Trim | F::Quote => tenth(size(0)),
        F::Replace | F::Split => (size(0) * 2).div_ceil(10),
        F::Join => (result.size() * 2).div_ceil(10),
        F::Bytes | F::Text if matches!(arguments[0], Val::Text(_) | Val::Bytes(_)) => tenth(size(0)),
        F::IsSorted | F::Sum | F::Min | F::Max | F::Includes | F::IndexOf | F::LastIndexOf => traversal(&arguments[0]),
        F::Dyn => 0,
        _ => 1,
    }
}

/// Returns the cost of traversing a value.
fn traversal(value: &Val<'_>) -> u64 {
    match value {
        Val::Text(text) => text.len() as u64 / 10,
        Val::Bytes(bytes) => bytes.len() as u64 / 10,
        Val::List(items) => items.all().unwrap_or_default().iter().map(traversal).sum(),
        Val::Map(entries) => {
            let of = |key: Val<'_>| traversal(&key) + 1;
            entries.keys().into_iter().map(of).sum()
        }
        _ => 1,
    }
}
