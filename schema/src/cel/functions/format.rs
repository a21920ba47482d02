//! `'%s is %d'.format([…])`.
//!
//! Source: `cel-go/ext/formatting.go`, with American English for numbers, as the API server has it.

use std::fmt::Write;

use super::convert::text;
use crate::cel::value::{Error, Result, Val, failed, no_overload};
use crate::object::go;

/// The number of digits after the point by default.
const PRECISION: usize = 6;
/// The maximum number of digits after the point.
const MAX_PRECISION: usize = 1000;

type Text = std::result::Result<String, Error>;

pub(super) fn call<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::Text(format), Val::List(values)] = arguments else { return no_overload() };
    let values = values.all()?;
    let mut out = String::new();
    let mut rest = format.as_ref();
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let Some(value) = values.get(next) else { return failed(format!("index {next} out of range")) };
        let (precision, after) = precision(after)?;
        let Some(clause) = after.chars().next() else { return failed("unexpected end of string") };
        out.push_str(&clause_text(clause, precision, value)?);
        rest = &after[clause.len_utf8()..];
        next += 1;
    }
    out.push_str(rest);
    Ok(Val::text(out))
}

fn precision(text: &str) -> std::result::Result<(Option<usize>, &str), Error> {
    let Some(rest) = text.strip_prefix('.') else { return Ok((None, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((Some(precision), rest)),
        _ => failed("error while parsing precision: invalid precision"),
    }
}

fn clause_text(clause: char, precision: Option<usize>, value: &Val<'_>) -> Text {
    let precision = precision.unwrap_or(PRECISION);
    let unsupported = |clause: &str, types: &str| {
        failed(format!(
            "error during formatting: {clause} clause can only be used on {types}, was given {}",
            value.type_name()
        ))
    };
    match (clause, value) {
        ('s', value) => plain(value),
        ('d', Val::Int(_) | Val::Uint(_)) => Ok(value.display()),
        ('d', _) => unsupported("decimal", "integers"),
        ('f' | 'e', _) => {
            let number = match value {
                Val::Double(number) => *number,
                Val::Text(text) if text == "NaN" => f64::NAN,
                Val::Text(text) if text == "Infinity" => f64::INFINITY,
                Val::Text(text) if text == "-Infinity" => f64::NEG_INFINITY,
                _ if clause == 'f' => return unsupported("fixed-point", "doubles"),
                _ => return unsupported("scientific", "doubles"),
            };
            Ok(if clause == 'f' { fixed(number, precision) } else { scientific(number, precision) })
        }
        ('b', Val::Int(number)) => Ok(signed(*number, |number| format!("{number:b}"))),
        ('b', Val::Uint(number)) => Ok(format!("{number:b}")),
        ('b', Val::Bool(value)) => Ok(u8::from(*value).to_string()),
        ('b', _) => unsupported("binary", "integers and bools"),
        ('o', Val::Int(number)) => Ok(signed(*number, |number| format!("{number:o}"))),
        ('o', Val::Uint(number)) => Ok(format!("{number:o}")),
        ('o', _) => unsupported("octal", "integers"),
        ('x' | 'X', _) => {
            let text = match value {
                Val::Int(number) => signed(*number, |number| format!("{number:x}")),
                Val::Uint(number) => format!("{number:x}"),
                Val::Text(text) => hex(text.as_bytes()),
                Val::Bytes(bytes) => hex(bytes),
                _ => return unsupported("hex", "integers, byte buffers, and strings"),
            };
            Ok(if clause == 'X' { text.to_uppercase() } else { text })
        }
        (other, _) => failed(format!("could not parse formatting clause: unrecognized formatting clause \"{other}\"")),
    }
}

fn signed(number: i64, digits: impl Fn(u64) -> String) -> String {
    let text = digits(number.unsigned_abs());
    if number < 0 { format!("-{text}") } else { text }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Formats a value for `%s`.
fn plain(value: &Val<'_>) -> Text {
    match value {
        Val::Null => Ok("null".to_owned()),
        Val::List(items) => list(&items.all()?),
        Val::Map(_) => map(value),
        Val::Int(_)
        | Val::Uint(_)
        | Val::Double(_)
        | Val::Bool(_)
        | Val::Text(_)
        | Val::Bytes(_)
        | Val::Timestamp(_)
        | Val::Duration(_)
        | Val::Type(_) => text(value),
        other => failed(format!(
            "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given {}",
            other.type_name()
        )),
    }
}

/// Formats a nested value, as in an expression.
fn quoted(value: &Val<'_>) -> Text {
    Ok(match value {
        Val::Text(text) => go::quoted(text),
        Val::Bytes(_) => format!("b{}", go::quoted(&text(value)?)),
        Val::Timestamp(_) => format!("timestamp({})", go::quoted(&text(value)?)),
        Val::Duration(_) => format!("duration({})", go::quoted(&text(value)?)),
        Val::Double(number) if number.is_nan() => "\"NaN\"".to_owned(),
        Val::Double(number) if number.is_infinite() => if *number > 0.0 { "\"+Inf\"" } else { "\"-Inf\"" }.to_owned(),
        Val::Double(number) => format!("{number:.PRECISION$}"),
        Val::Optional(_) | Val::Object(_) | Val::Unknown(_) => {
            return failed(format!("no formatting function for {}", value.type_name()));
        }
        other => plain(other)?,
    })
}

fn list(items: &[Val<'_>]) -> Text {
    let items = items.iter().map(quoted).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", items.join(", ")))
}

fn map(value: &Val<'_>) -> Text {
    let Val::Map(entries) = value else { return no_overload() };
    let mut pairs = Vec::new();
    for key in entries.keys() {
        let value = entries.get(&key)?.unwrap_or(Val::Null);
        pairs.push((quoted(&key)?, quoted(&value)?));
    }
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Ok(format!("{{{}}}", pairs.join(", ")))
}

fn not_finite(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("∞"),
        f64::NEG_INFINITY => Some("-∞"),
        _ => None,
    }
}

/// Formats a number with grouped digits.
fn fixed(number: f64, precision: usize) -> String {
    if let Some(text) = not_finite(number) {
        return text.to_owned();
    }
    let text = format!("{:.precision$}", number.abs());
    let (integer, fraction) =
        text.split_once('.').map_or((text.as_str(), ""), |(integer, fraction)| (integer, fraction));
    let mut grouped = String::new();
    for (index, digit) in integer.chars().enumerate() {
        if index > 0 && (integer.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

/// Formats a number like `1.052033×10⁰³`. The API server uses the precision as the width.
fn scientific(number: f64, width: usize) -> String {
    if let Some(text) = not_finite(number) {
        return text.to_owned();
    }
    let text = format!("{number:.PRECISION$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(("", exponent), |digits| ("⁻", digits));
    let raised: String = format!("{digits:0>2}")
        .chars()
        .filter_map(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10)? as usize))
        .collect();
    format!("{:>width$}", format!("{mantissa}×10{sign}{raised}"))
}
