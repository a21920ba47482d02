//! Escapes: shorthand classes and characters.

use super::super::compile::compile_static;
use super::error::{INVALID_CLASS_RANGE, INVALID_ESCAPE, SyntaxError, before};

/// Parses an escape outside of brackets; returns the rest, and whether the escape is an expression.
pub(super) fn escape(text: &str) -> Result<(&str, bool), SyntaxError<'_>> {
    match text.as_bytes().get(1) {
        Some(b'A' | b'b' | b'B' | b'z') => Ok((&text[2..], true)),
        Some(b'C') => Err((INVALID_ESCAPE, &text[..2])),
        Some(b'Q') => {
            let (literal, rest) = text[2..].split_once("\\E").unwrap_or((&text[2..], ""));
            Ok((rest, !literal.is_empty()))
        }
        _ => match shorthand(text)? {
            Some(rest) => Ok((rest, true)),
            None => character(text).map(|(_, rest)| (rest, true)),
        },
    }
}

/// Parses a class such as `\pL`, `\p{Greek}` or `\d`.
pub(super) fn shorthand(text: &str) -> Result<Option<&str>, SyntaxError<'_>> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some('d' | 'D' | 's' | 'S' | 'w' | 'W')) => return Ok(Some(chars.as_str())),
        (Some('\\'), Some('p' | 'P')) => {}
        _ => return Ok(None),
    }
    let (name, rest) = match chars.next() {
        None => return Ok(None),
        Some('{') => chars.as_str().split_once('}').ok_or((INVALID_CLASS_RANGE, text))?,
        Some(letter) => (&text[2..2 + letter.len_utf8()], chars.as_str()),
    };
    let name = name.strip_prefix('^').unwrap_or(name);
    if is_unicode_class(name) { Ok(Some(rest)) } else { Err((INVALID_CLASS_RANGE, before(text, rest))) }
}

/// Returns whether Unicode has a category or script of this name.
fn is_unicode_class(name: &str) -> bool {
    let plain = name.replace(['_', '-', ' '], "").to_ascii_lowercase();
    if matches!(plain.as_str(), "any" | "assigned" | "ascii" | "lc") {
        return true;
    }
    let is_name = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name && ["gc", "sc"].into_iter().any(|property| compile_static(&format!("\\p{{{property}={plain}}}")).is_some())
}

/// Parses an escaped character.
pub(super) fn character(text: &str) -> Result<(char, &str), SyntaxError<'_>> {
    let mut chars = text[1..].chars();
    let Some(c) = chars.next() else { return Err(("trailing backslash at end of expression", "")) };
    let invalid = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    match c {
        '0'..='7' => {
            let digits = &text[1..];
            let end = digits.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            if c != '0' && end == 1 {
                return invalid(chars.as_str());
            }
            let code = u32::from_str_radix(&digits[..end], 8).unwrap_or_default();
            Ok((char::from_u32(code).unwrap_or_default(), &digits[end..]))
        }
        'x' => hexadecimal(text, chars.as_str()),
        'a' => Ok(('\u{7}', chars.as_str())),
        'f' => Ok(('\u{c}', chars.as_str())),
        'n' => Ok(('\n', chars.as_str())),
        'r' => Ok(('\r', chars.as_str())),
        't' => Ok(('\t', chars.as_str())),
        'v' => Ok(('\u{b}', chars.as_str())),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok((c, chars.as_str())),
        _ => invalid(chars.as_str()),
    }
}

/// Parses `\x7F` or `\x{10FFFF}`; `digits` is the text after the `x`.
fn hexadecimal<'p>(text: &'p str, digits: &'p str) -> Result<(char, &'p str), SyntaxError<'p>> {
    let mut chars = digits.chars();
    let invalid = |rest: &str| Err((INVALID_ESCAPE, &text[..text.len() - rest.len()]));
    let mut value = 0;
    if digits.starts_with('{') {
        chars.next();
        let mut count = 0;
        loop {
            match chars.next() {
                Some('}') if count > 0 => return Ok((char::from_u32(value).unwrap_or_default(), chars.as_str())),
                Some(c) if c.is_ascii_hexdigit() => value = value * 16 + c.to_digit(16).unwrap_or_default(),
                _ => return invalid(chars.as_str()),
            }
            count += 1;
            if value > 0x10_ffff {
                return invalid(chars.as_str());
            }
        }
    }
    let (one, two) = (chars.next(), chars.next());
    match (one.and_then(|c| c.to_digit(16)), two.and_then(|c| c.to_digit(16))) {
        (Some(one), Some(two)) => Ok((char::from_u32(one * 16 + two).unwrap_or_default(), chars.as_str())),
        _ => invalid(chars.as_str()),
    }
}
