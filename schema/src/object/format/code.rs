//! Formats of codes and identifiers.

use std::sync::LazyLock;

use regex::Regex;

use crate::dns::{is_label, is_subdomain};
use crate::pattern::compile_static;

pub(super) fn is_bson_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether the text is a UUID, with or without hyphens, of a version if given.
pub(crate) fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let mut digits = Vec::with_capacity(32);
    for byte in text.bytes() {
        match byte {
            b'-' if matches!(digits.len(), 8 | 12 | 16 | 20) => {}
            byte if byte.is_ascii_hexdigit() => digits.push(byte.to_ascii_lowercase()),
            _ => return false,
        }
    }
    let hyphens = !text.contains("--");
    let has_version = match version {
        None => true,
        Some(version) => {
            digits.get(12) == Some(&version)
                && (version == b'3' || matches!(digits.get(16), Some(b'8' | b'9' | b'a' | b'b')))
        }
    };
    digits.len() == 32 && hyphens && has_version
}

fn without_spaces_and_hyphens(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !matches!(byte, b'-' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)).collect()
}

pub(super) fn is_isbn10(text: &str) -> bool {
    let digits = without_spaces_and_hyphens(text);
    let is_code = digits.len() == 10
        && digits[..9].iter().all(u8::is_ascii_digit)
        && (digits[9].is_ascii_digit() || digits[9] == b'X');
    let value = |digit: u8| if digit == b'X' { 10 } else { u32::from(digit - b'0') };
    is_code && (1..).zip(&digits).map(|(place, digit)| place * value(*digit)).sum::<u32>() % 11 == 0
}

pub(super) fn is_isbn13(text: &str) -> bool {
    let digits = without_spaces_and_hyphens(text);
    if digits.len() != 13 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weighted =
        digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    weighted.sum::<u32>() % 10 == 0
}

static CREDIT_CARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile_static(
        "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$",
    )
});

pub(super) fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // The Luhn checksum: every second digit from the right is doubled.
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, times)| u32::from(digit - b'0') * times)
        .map(|value| if value > 9 { value - 9 } else { value })
        .sum();
    sum.is_multiple_of(10) && CREDIT_CARD.as_ref().is_some_and(|pattern| pattern.is_match(&digits))
}

pub(super) fn is_ssn(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    let gap = |place: usize| matches!(bytes[place], b'-' | b' ');
    bytes.len() == 11 && digits(0..3) && gap(3) && digits(4..6) && gap(6) && digits(7..11)
}

pub(super) fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn is_rgb_color(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) else { return false };
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
    let is_part = |part: &str| {
        let digits = part.trim_matches(space);
        let number = digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        number.is_some_and(|number| number <= 255) && (digits == "0" || !digits.starts_with('0'))
    };
    let parts: Vec<&str> = inner.split(',').collect();
    parts.len() == 3 && parts.into_iter().all(is_part)
}

/// Returns whether the text is padded base64 and not empty. Trailing bits are ignored.
pub(crate) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(4) {
        return false;
    }
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let code = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    bytes[..bytes.len() - padding].iter().all(code)
}

pub(super) fn is_short_name(text: &str) -> bool {
    text.len() <= 63 && is_label(text)
}

pub(super) fn is_long_name(text: &str) -> bool {
    text.len() <= 253 && is_subdomain(text)
}
