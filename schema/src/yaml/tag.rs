//! Resolution of scalars with tags.

use std::borrow::Cow;

use super::YamlError;
use super::scalar::{Resolved, resolve};

const PREFIX: &[u8] = b"tag:yaml.org,2002:";
pub(super) const MERGE: &[u8] = b"tag:yaml.org,2002:merge";

/// Resolves a scalar with a tag. Unknown tags resolve to text, as in go-yaml.
pub(super) fn resolve_tagged<'t>(tag: &[u8], text: Cow<'t, str>) -> Result<Resolved<'t>, YamlError> {
    let value = text.clone();
    let mismatch = || YamlError::Tag {
        tag: format!("!!{}", String::from_utf8_lossy(tag.strip_prefix(PREFIX).unwrap_or(tag))),
        found: implicit_tag(&value),
        value: value.to_string(),
    };
    match tag.strip_prefix(PREFIX) {
        Some(b"bool") => Some(resolve(text)).filter(|value| matches!(value, Resolved::Bool(_))),
        Some(b"null") => Some(resolve(text)).filter(|value| matches!(value, Resolved::Null)),
        Some(b"int") => Some(resolve(text)).filter(|value| matches!(value, Resolved::Int(_) | Resolved::Uint(_))),
        Some(b"float") => match resolve(text) {
            #[expect(clippy::cast_precision_loss, reason = "the tag requires a float")]
            Resolved::Int(value) => Some(Resolved::Float(value as f64)),
            value @ Resolved::Float(_) => Some(value),
            _ => None,
        },
        Some(b"timestamp") => is_timestamp(&text).then_some(Resolved::Text(text)),
        Some(b"binary") => {
            let bytes = base64(text.as_bytes()).ok_or_else(mismatch)?;
            Some(Resolved::Text(Cow::Owned(decode_lossy(&bytes))))
        }
        _ => Some(Resolved::Text(text)),
    }
    .ok_or_else(mismatch)
}

/// Returns the tag of a scalar without an explicit tag.
fn implicit_tag(text: &str) -> &'static str {
    match resolve(Cow::Borrowed(text)) {
        Resolved::Bool(_) => "!!bool",
        Resolved::Null => "!!null",
        Resolved::Int(_) | Resolved::Uint(_) => "!!int",
        Resolved::Float(_) => "!!float",
        Resolved::Text(_) if text == "<<" => "!!merge",
        Resolved::Text(_) if is_timestamp(text) => "!!timestamp",
        Resolved::Text(_) => "!!str",
    }
}

/// Decodes UTF-8 with a replacement character for each invalid byte, as Go writes JSON.
pub(super) fn decode_lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push(char::REPLACEMENT_CHARACTER));
    }
    text
}

/// Decodes base64 with padding, ignoring line breaks.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for quad in text.chunks(4) {
        let mut bits = 0_u32;
        for byte in quad {
            bits = (bits << 6) | u32::from(digit(*byte).or((*byte == b'=').then_some(0))?);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    let digits = &text[..text.len() - padding];
    bytes.truncate(bytes.len() - padding);
    (!digits.contains(&b'=')).then_some(bytes)
}

/// Returns whether a text is a date, or a date and a time, in go-yaml.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = split_date(text) else { return false };
    match time.as_bytes().first() {
        None => date,
        Some(b'T' | b't') => date && clock(&time[1..]).is_some_and(is_zone),
        Some(b' ') => date && clock(&time[1..]).is_some_and(str::is_empty),
        _ => false,
    }
}

/// Splits off a date; returns whether it exists, and the rest.
fn split_date(text: &str) -> Option<(bool, &str)> {
    let year = text.get(..4)?;
    let (month, rest) = number(text.get(4..)?.strip_prefix('-')?)?;
    let (day, rest) = number(rest.strip_prefix('-')?)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    Some(((1..=days).contains(&day), rest))
}

/// Parses a time of day, and returns the rest.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = number(rest.strip_prefix(':')?)?;
    let (second, rest) = number(rest.strip_prefix(':')?)?;
    let fraction = rest.strip_prefix(['.', ',']).unwrap_or_default();
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let rest = if length > 0 { &fraction[length..] } else { rest };
    (hour < 24 && minute < 60 && second < 60).then_some(rest)
}

/// Returns whether a text is `Z` or an offset such as `+01:00`.
fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let two = |text: &str| Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u8>().ok();
    offset.len() == 5
        && offset.get(..2).and_then(two).is_some_and(|hours| hours <= 24)
        && offset.get(2..3) == Some(":")
        && offset.get(3..).and_then(two).is_some_and(|minutes| minutes <= 60)
}

/// Parses a number of one or two digits, and returns it with the rest.
fn number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}
