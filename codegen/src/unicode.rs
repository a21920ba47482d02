//! Characters that Rust rejects in comments and literals.

use std::borrow::Cow;

/// Returns a line without the characters that Rust rejects in comments: control characters and changes of text direction.
pub(crate) fn visible(line: &str) -> Cow<'_, str> {
    let is_visible = |c: &char| !c.is_control() && !turns_direction(*c);
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte);
    if line.bytes().all(is_plain) || line.chars().all(|c| is_visible(&c)) {
        Cow::Borrowed(line)
    } else {
        line.chars().filter(is_visible).collect()
    }
}

/// Characters that change the order in which others are shown; Rust denies them in comments and literals.
pub(crate) fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
