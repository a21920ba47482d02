//! What Go's decoder makes of a text before its values count: U+FFFD in place of what is not Unicode, and an integer of `-0`.
//!
//! Source: Go's `encoding/json`, `unquoteBytes`; `sigs.k8s.io/json`, which reads a number as an integer where it can.

use std::borrow::Cow;

const REPLACEMENT: &str = "\\ufffd";

/// JSON with U+FFFD for each byte that is not UTF-8, and for each half of a surrogate pair without the other half; and with 0
/// in place of `-0`.
pub(super) fn repaired(json: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find_iter(json, "-0").any(|at| is_integer(&json[at + 2..])) {
        return Cow::Owned(decodable(&without_minus_zero(json)).into_owned());
    }
    decodable(json)
}

/// Whether a number whose first digit is 0 ends where this begins.
fn is_integer(rest: &[u8]) -> bool {
    !matches!(rest.first(), Some(b'.' | b'e' | b'E' | b'0'..=b'9'))
}

fn without_minus_zero(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for (at, byte) in json.iter().enumerate() {
        let ends_text = in_text && *byte == b'"' && !is_escaped;
        is_escaped = in_text && *byte == b'\\' && !is_escaped;
        // A sign within a number is that of its exponent.
        let begins = !matches!(out.last(), Some(b'e' | b'E'));
        let is_minus_zero = json[at..].starts_with(b"-0") && begins && is_integer(&json[at + 2..]);
        if in_text || !is_minus_zero {
            out.push(*byte);
        }
        in_text = if in_text { !ends_text } else { *byte == b'"' };
    }
    out
}

fn decodable(json: &[u8]) -> Cow<'_, [u8]> {
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

/// The value of an escape such as `\ud83d` that a text begins with.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn without_lone_surrogates(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(REPLACEMENT);
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // Another escape: the backslash and what it escapes.
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
    use super::repaired;

    #[test]
    fn text_is_repaired_as_go_repairs_it() {
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
            assert_eq!(String::from_utf8_lossy(&repaired(json)), expected);
        }
    }
}
