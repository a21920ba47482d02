//! The messages of types whose encoding is code.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/{time,micro_time}_proto.go`, `pkg/api/resource/generated.proto`,
//! `pkg/util/intstr/generated.proto`, `pkg/runtime/generated.proto`, and `apiextensions/v1/generated.proto`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::{Fields, Wire, Writer};
use crate::catalogue::Special;
use crate::json;

/// Decodes a message; the zero value is null.
pub(super) fn decode(kind: Special, bytes: &[u8]) -> Option<Value> {
    Some(match kind {
        Special::Time => time(bytes, "%Y-%m-%dT%H:%M:%SZ")?,
        Special::MicroTime => time(bytes, "%Y-%m-%dT%H:%M:%S.%6fZ")?,
        Special::Quantity => text(bytes, 1)?.into(),
        Special::IntOrString => {
            if number(bytes, 1)? == 0 {
                let value = number(bytes, 2)?.cast_signed();
                value.into()
            } else {
                text(bytes, 3)?.into()
            }
        }
        Special::Duration => go_duration(number(bytes, 1)?.cast_signed()).into(),
        Special::Raw => match field(bytes, 1).ok()? {
            None | Some([]) => Value::Null,
            Some(text) => json::read(text).ok()?.0,
        },
    })
}

/// Writes a message; null is the zero value.
pub(super) fn encode(kind: Special, value: &Value, out: &mut Writer) {
    match kind {
        Special::Time | Special::MicroTime => {
            let Some(time) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else { return };
            out.number(1, time.as_second().cast_unsigned());
            let nanos = if kind == Special::MicroTime { i64::from(time.subsec_nanosecond()) } else { 0 };
            out.number(2, nanos.cast_unsigned());
        }
        Special::Quantity => out.bytes(1, value.as_str().unwrap_or("0").as_bytes()),
        Special::IntOrString => {
            out.number(1, u64::from(value.is_string()));
            out.number(2, value.as_i64().unwrap_or_default().cast_unsigned());
            out.bytes(3, value.as_str().unwrap_or_default().as_bytes());
        }
        Special::Duration => out.number(1, nanoseconds(value.as_str().unwrap_or_default()).cast_unsigned()),
        Special::Raw if value.is_null() => {}
        Special::Raw => out.bytes(1, &json::write(value)),
    }
}

/// Returns the last value of a field, if there is one.
///
/// # Errors
/// Returns an error if the message is malformed.
pub(super) fn field(bytes: &[u8], wanted: u64) -> Result<Option<&[u8]>, Malformed> {
    let mut found = None;
    for read in Fields::new(bytes) {
        match read.ok_or(Malformed)? {
            (number, Wire::Bytes(bytes)) if number == wanted => found = Some(bytes),
            _ => {}
        }
    }
    Ok(found)
}

/// A message that is not valid.
#[derive(Debug)]
pub(super) struct Malformed;

fn text(bytes: &[u8], wanted: u64) -> Option<String> {
    String::from_utf8(field(bytes, wanted).ok()?.unwrap_or_default().to_vec()).ok()
}

pub(super) fn number(bytes: &[u8], wanted: u64) -> Option<u64> {
    let mut found = 0;
    for read in Fields::new(bytes) {
        match read? {
            (number, Wire::Number(value)) if number == wanted => found = value,
            _ => {}
        }
    }
    Some(found)
}

/// Decodes a time; null if it is zero.
fn time(bytes: &[u8], format: &str) -> Option<Value> {
    if bytes.is_empty() {
        return Some(Value::Null);
    }
    let (seconds, nanos) = (number(bytes, 1)?.cast_signed(), number(bytes, 2)?.cast_signed());
    let time = Timestamp::new(seconds, i32::try_from(nanos).ok()?).ok()?;
    Some(json!(time.strftime(format).to_string()))
}

/// Returns a duration in nanoseconds as Go prints it.
fn go_duration(nanos: i64) -> String {
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let (seconds, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let fraction =
        if fraction == 0 { String::new() } else { format!(".{fraction:09}").trim_end_matches('0').to_owned() };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}{fraction}s"),
        (0, _) => format!("{sign}{minutes}m{seconds}{fraction}s"),
        _ => format!("{sign}{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

/// Returns the nanoseconds of a duration such as `1h30m`; 0 if it is not one.
fn nanoseconds(text: &str) -> i64 {
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, after) = rest.split_at(digits);
        let letters = after.len() - after.trim_start_matches(char::is_alphabetic).len();
        let (unit, after) = after.split_at(letters);
        let Ok(number) = number.parse::<f64>() else { return 0 };
        sum += number
            * match unit {
                "h" => 3600e9,
                "m" => 60e9,
                "s" => 1e9,
                "ms" => 1e6,
                "us" | "µs" => 1e3,
                "ns" => 1.0,
                _ => return 0,
            };
        rest = after;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let nanos = sum as i64;
    if negative { -nanos } else { nanos }
}
