//! Writing of YAML in the style of `sigs.k8s.io/yaml`: block style, lists with the same indentation as their key.

use std::fmt::Write;

use serde_json::Value;

use super::scalar::{Resolved, resolve};

/// Writes a value as a YAML document, which reads as the same value.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => map(&mut out, value, 0),
        Value::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        other => {
            inline(&mut out, other);
            out.push('\n');
        }
    }
    out
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("  "));
}

/// Writes the fields of a map; the first at the current position of the line.
fn map(out: &mut String, value: &Value, depth: usize) {
    for (index, (key, value)) in value.as_object().into_iter().flatten().enumerate() {
        if index > 0 {
            indent(out, depth);
        }
        text(out, key);
        out.push(':');
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                out.push('\n');
                indent(out, depth + 1);
                map(out, value, depth + 1);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                indent(out, depth);
                list(out, items, depth);
            }
            Value::String(lines) if is_block(lines) => block(out, lines, depth + 1),
            other => {
                out.push(' ');
                inline(out, other);
                out.push('\n');
            }
        }
    }
}

fn list(out: &mut String, items: &[Value], depth: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, depth);
        }
        out.push_str("- ");
        match item {
            Value::Object(fields) if !fields.is_empty() => map(out, item, depth + 1),
            Value::Array(items) if !items.is_empty() => list(out, items, depth + 1),
            other => {
                inline(out, other);
                out.push('\n');
            }
        }
    }
}

fn inline(out: &mut String, value: &Value) {
    match value {
        Value::String(value) => text(out, value),
        // Numbers and empty collections are written as JSON.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Writes a string, with quotes if required.
fn text(out: &mut String, text: &str) {
    let visible = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    if is_plain(text) {
        out.push_str(text);
    } else if text.chars().all(visible) && !resolves_to_other_type(text) {
        let _ = write!(out, "'{}'", text.replace('\'', "''"));
    } else {
        quoted(out, text);
    }
}

/// Writes a string as JSON, with escapes for the characters that YAML does not allow.
fn quoted(out: &mut String, text: &str) {
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// Returns whether a plain scalar is not a string in all YAML libraries: some read dates.
fn resolves_to_other_type(text: &str) -> bool {
    let is_date = text.len() >= 8 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit) && text.as_bytes()[4] == b'-';
    is_date || !matches!(resolve(text.into()), Resolved::Text(_))
}

fn is_plain(text: &str) -> bool {
    let inner = |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '(' | ')' | '=' | '+' | ';' | '$' | '^' | '~')
    };
    let Some(first) = text.chars().next() else { return false };
    let valid_start = first.is_alphanumeric() || matches!(first, '/' | '_' | '(' | '.' | '$' | '^');
    let valid_rest = text.char_indices().all(|(at, c)| match c {
        // A colon ends a key only before a space, and a number sign starts a comment only after one.
        ':' => text[at + 1..].chars().next().is_some_and(|next| !next.is_whitespace()),
        ' ' => text[at + 1..].chars().next().is_some_and(|next| next != ' ' && next != '#'),
        '#' | '\'' | ',' | '!' | '?' | '<' | '>' | '@' | '%' | '&' | '*' | '|' | '[' | ']' | '{' | '}' | '`' | '"' => {
            at > 0
        }
        other => inner(other),
    });
    valid_start && valid_rest && !text.starts_with("...") && !resolves_to_other_type(text)
}

/// Returns whether a string is written as a block scalar.
fn is_block(text: &str) -> bool {
    let plain = |line: &str| line.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric());
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.is_empty()
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.split('\n').all(plain)
}

fn block(out: &mut String, text: &str, depth: usize) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            indent(out, depth);
        }
        out.push_str(line);
        out.push('\n');
    }
}
