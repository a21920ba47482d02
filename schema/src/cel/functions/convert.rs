//! Conversions between types.

use jiff::SignedDuration;

use crate::cel::time;
use crate::cel::value::{Error, Result, Val, failed, no_overload};

fn conversion_error<'v>(value: &Val<'_>, target: &str) -> Result<'v> {
    failed(format!("type conversion error from '{}' to '{target}'", value.type_name()))
}

pub(super) fn to_bool<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Bool(_) => Ok(value.clone()),
        value @ Val::Text(text) => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Val::Bool(false)),
            _ => conversion_error(value, "bool"),
        },
        _ => no_overload(),
    }
}

pub(super) fn to_bytes<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Bytes(_) => Ok(value.clone()),
        Val::Text(text) => Ok(Val::Bytes(text.as_bytes().into())),
        _ => no_overload(),
    }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn to_double<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Double(_) => Ok(value.clone()),
        Val::Int(value) => Ok(Val::Double(*value as f64)),
        Val::Uint(value) => Ok(Val::Double(*value as f64)),
        value @ Val::Text(text) => {
            text.parse().map_or_else(|_| conversion_error(value, "double"), |value| Ok(Val::Double(value)))
        }
        _ => no_overload(),
    }
}

pub(super) fn to_duration<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Duration(_) => Ok(value.clone()),
        Val::Int(nanoseconds) => Ok(Val::Duration(SignedDuration::from_nanos(*nanoseconds))),
        value @ Val::Text(text) => time::parse_go_duration(text).map_or_else(
            || conversion_error(value, "google.protobuf.Duration"),
            |duration| Ok(Val::Duration(duration)),
        ),
        _ => no_overload(),
    }
}

#[allow(clippy::cast_possible_truncation)]
pub(super) fn to_int<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Int(_) => Ok(value.clone()),
        Val::Uint(value) => {
            i64::try_from(*value).map_or_else(|_| failed("integer overflow"), |value| Ok(Val::Int(value)))
        }
        Val::Double(value) if value.abs() < 9.223_372_036_854_775e18 => Ok(Val::Int(*value as i64)),
        Val::Double(_) => failed("integer overflow"),
        value @ Val::Text(text) => {
            text.parse().map_or_else(|_| conversion_error(value, "int"), |value| Ok(Val::Int(value)))
        }
        Val::Timestamp(at) => Ok(Val::Int(at.as_second())),
        Val::Duration(duration) => Ok(Val::Int(duration.as_nanos() as i64)),
        _ => no_overload(),
    }
}

pub(super) fn to_string<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Text(_) => Ok(value.clone()),
        value @ (Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::Double(_)) => Ok(Val::text(value.display())),
        Val::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Val::text(text.to_owned())),
            Err(_) => failed("invalid UTF-8 in bytes, cannot convert to string"),
        },
        value @ Val::Object(object) => {
            object.text().map_or_else(|| conversion_error(value, "string"), |text| Ok(Val::text(text)))
        }
        Val::Timestamp(at) => Ok(Val::text(time::timestamp_text(*at))),
        Val::Duration(duration) => Ok(Val::text(time::duration_text(*duration))),
        _ => no_overload(),
    }
}

/// Returns the text of a value for `format`: as [`to_string`], or the name of a type.
pub(super) fn text(value: &Val<'_>) -> std::result::Result<String, Error> {
    if let Val::Type(name) = value {
        return Ok((*name).to_owned());
    }
    match to_string(std::slice::from_ref(value))? {
        Val::Text(text) => Ok(text.into_owned()),
        _ => no_overload(),
    }
}

pub(super) fn to_timestamp<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Timestamp(_) => Ok(value.clone()),
        value @ Val::Text(text) => time::parse_timestamp(text)
            .map_or_else(|| conversion_error(value, "google.protobuf.Timestamp"), |at| Ok(Val::Timestamp(at))),
        Val::Int(second) => {
            time::of_seconds(*second).map_or_else(|| failed("timestamp overflow"), |at| Ok(Val::Timestamp(at)))
        }
        _ => no_overload(),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn to_uint<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match &arguments[0] {
        value @ Val::Uint(_) => Ok(value.clone()),
        Val::Int(value) => {
            u64::try_from(*value).map_or_else(|_| failed("unsigned integer overflow"), |value| Ok(Val::Uint(value)))
        }
        Val::Double(value) if (0.0..1.844_674_407_370_955e19).contains(value) => Ok(Val::Uint(*value as u64)),
        Val::Double(_) => failed("unsigned integer overflow"),
        value @ Val::Text(text) => {
            text.parse().map_or_else(|_| conversion_error(value, "uint"), |value| Ok(Val::Uint(value)))
        }
        _ => no_overload(),
    }
}
