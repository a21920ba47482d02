//! Percent-encoding of URLs.

/// Decodes percent-encoding; invalid escapes are left unchanged, invalid UTF-8 is replaced.
pub fn decode(text: &str) -> String {
    decode_with(text, false)
}

/// Decodes a name or value of a query, in which a plus sign is a space.
pub fn decode_query(text: &str) -> String {
    decode_with(text, true)
}

fn decode_with(text: &str, is_query: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if is_query => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns whether every percent sign starts a valid escape.
pub(crate) fn has_valid_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_hex = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_hexdigit);
    (0..bytes.len()).filter(|index| bytes[*index] == b'%').all(|index| is_hex(index + 1) && is_hex(index + 2))
}
