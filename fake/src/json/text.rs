//! Corrections that Go's decoder makes: U+FFFD for invalid Unicode, and 0 for `-0`.
//!
//! Source: Go's `encoding/json`, `unquoteBytes`; `sigs.k8s.io/json`, which decodes numbers as integers where possible.

use std::borrow::Cow;

const REPLACEMENT: &str = "\\ufffd";

/// Replaces each invalid byte and each lone surrogate by U+FFFD, and the integer `-0` by 0.
pub(super) fn repair(json: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find_iter(json, "-0").any(|at| is_integer(&json[at + 2..])) {
        return Cow::Owned(repair_unicode(&without_minus_zero(json)).into_owned());
    }
    repair_unicode(json)
}

/// Whether a number with the first digit 0 ends before `rest`.
fn is_integer(rest: &[u8]) -> bool {
    !matches!(rest.first(), Some(b'.' | b'e' | b'E' | b'0'..=b'9'))
}

fn without_minus_zero(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for (at, byte) in json.iter().enumerate() {
        let ends_text = in_text && *byte == b'"' && !is_escaped;
        is_escaped = in_text && *byte == b'\\' && !is_escaped;
        // A minus sign after `e` belongs to an exponent.
        let is_start = !matches!(out.last(), Some(b'e' | b'E'));
        let is_minus_zero = json[at..].starts_with(b"-0") && is_start && is_integer(&json[at + 2..]);
        if in_text || !is_minus_zero {
            out.push(*byte);
        }
        in_text = if in_text { !ends_text } else { *byte == b'"' };
    }
    out
}

fn repair_unicode(json: &[u8]) -> Cow<'_, [u8]> {
    let text = match std::str::from_utf8(json) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(without_invalid_bytes(json)),
    };
    if has_surrogates(text.as_bytes()) {
        return Cow::Owned(without_lone_surrogates(&text).into_bytes());
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn without_invalid_bytes(json: &[u8]) -> String {
    let mut out = String::with_capacity(json.len() + 16);
    for chunk in json.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| out.push('\u{fffd}'));
    }
    out
}

fn has_surrogates(json: &[u8]) -> bool {
    memchr::memmem::find_iter(json, "\\u")
        .any(|at| matches!(json.get(at + 2..at + 4), Some([b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'])))
}

/// Returns the value of the `\uXXXX` escape at the start of a text.
fn utf16_escape(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn without_lone_surrogates(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (utf16_escape(rest), rest.get(6..).and_then(utf16_escape)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(REPLACEMENT);
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // Another escape: the backslash and the escaped character.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn invalid_unicode_is_replaced_as_in_go() {
        for (json, expected) in [
            (br#""x\ud800y""#.as_slice(), "\"x\\ufffdy\""),
            (br#""\udc00\ud800\u0041""#, "\"\\ufffd\\ufffd\\u0041\""),
            (br#""\ud83d\ude00""#, "\"\\ud83d\\ude00\""),
            (br#""\\ud800""#, "\"\\\\ud800\""),
            (b"\"p\xff\xfe\xe2\x82q\"", "\"p\u{fffd}\u{fffd}\u{fffd}\u{fffd}q\""),
            (br#"[-0,-0.0,1e-0,"-0\"-0",{"a":-0}]"#, "[0,-0.0,1e-0,\"-0\\\"-0\",{\"a\":0}]"),
            (br#""\ud8"#, "\"\\ud8"),
            (br#""\"#, "\"\\"),
        ] {
            assert_eq!(String::from_utf8_lossy(&repair(json)), expected);
        }
    }
}
