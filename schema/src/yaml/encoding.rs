//! Decoding of bytes to text, and the characters that YAML allows.

use std::borrow::Cow;

use super::error::{Failure, failure, malformed};
use super::{Position, YamlError};

/// Decodes UTF-8, or UTF-16 with a byte order mark. The mark is not removed.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Failure> {
    match bytes {
        [0xFF, 0xFE, ..] => utf16(bytes, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, ..] => utf16(bytes, u16::from_be_bytes).map(Cow::Owned),
        _ => utf8(bytes).map(Cow::Borrowed),
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        failure(Position { line: lines(before).saturating_add(1), column: 1 }, YamlError::NotUtf8)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Failure> {
    let not_utf16 = || failure(Position { line: 1, column: 1 }, YamlError::NotUtf8);
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(not_utf16());
    }
    char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]]))).collect::<Result<_, _>>().map_err(|_| not_utf16())
}

/// Returns the number of line breaks.
pub(super) fn lines(bytes: &[u8]) -> u32 {
    // A sum of chunks, so that the loop is vectorized.
    let breaks = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    let count: usize = bytes.chunks(255).map(|chunk| usize::from(breaks(chunk))).sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns whether bytes contain one that may start a character that is not allowed.
fn is_suspect(bytes: &[u8]) -> bool {
    // No early exit, so that the loop is vectorized.
    #[expect(clippy::needless_bitwise_bool, reason = "branches prevent vectorization")]
    let is_suspect = |byte: u8| {
        let is_control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
        is_control | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
    };
    bytes.iter().fold(false, |found, byte| found | is_suspect(*byte))
}

/// Checks that a text, which starts at this line, has only characters that YAML 1.1 allows.
pub(super) fn check(text: &str, line: u32) -> Result<(), Failure> {
    if !text.as_bytes().chunks(1024).any(is_suspect) {
        return Ok(());
    }
    let is_disallowed = |c: char| {
        matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}')
            || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    let Some(at) = text.find(is_disallowed) else { return Ok(()) };
    let before = &text[..at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
    let line = line.saturating_add(lines(before.as_bytes()));
    Err(malformed(Position { line, column }, "control characters are not allowed"))
}

/// Removes a byte order mark.
pub(super) fn strip_mark(text: &str, line: u32) -> Result<&str, Failure> {
    let Some(rest) = text.strip_prefix('\u{FEFF}') else { return Ok(text) };
    if rest.starts_with('\u{FEFF}') {
        return Err(malformed(Position { line, column: 1 }, "two byte order marks; remove them"));
    }
    Ok(rest)
}
