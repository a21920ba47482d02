//! Code spans.

use crate::unicode::turns_direction;

/// Text as a code span, delimited by as many backticks as it needs.
pub(crate) fn code(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'`') {
        return format!("`{text}`");
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { "an empty string".to_owned() } else { format!("{ticks}{space}{text}{space}{ticks}") }
}

/// A value of a schema as a code span. One in which blanks matter, or that has characters that are not seen, is a string of JSON.
pub(crate) fn value(text: &str) -> String {
    let is_seen = |c: char| {
        let has_no_width = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
        c == ' ' || !(c.is_control() || c.is_whitespace() || has_no_width || turns_direction(c))
    };
    let is_plain = text.chars().all(is_seen) && !text.contains("  ") && text.trim() == text && !text.is_empty();
    if is_plain {
        return code(text);
    }
    let mut quoted = String::from('"');
    let mut after_blank = false;
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' ' if !after_blank => quoted.push(' '),
            c if is_seen(c) && c != ' ' => quoted.push(c),
            c => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
        after_blank = c == ' ';
    }
    quoted.push('"');
    code(&quoted)
}
