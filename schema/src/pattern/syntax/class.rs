//! Bracket expressions.

use super::error::{INVALID_CLASS_RANGE, SyntaxError, before};
use super::escape::{character, shorthand};

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Parses a bracket expression.
pub(super) fn class(text: &str) -> Result<&str, SyntaxError<'_>> {
    let rest = &text[1..];
    let mut rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        is_first = false;
        if rest.len() > 2
            && let Some((name, after)) = rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]"))
        {
            if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                return Err((INVALID_CLASS_RANGE, before(rest, after)));
            }
            rest = after;
            continue;
        }
        if let Some(after) = shorthand(rest)? {
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = class_character(rest, text)?;
        rest = after;
        if rest.starts_with('-') && rest.len() >= 2 && !rest[1..].starts_with(']') {
            let (high, after) = class_character(&rest[1..], text)?;
            if high < low {
                return Err((INVALID_CLASS_RANGE, before(start, after)));
            }
            rest = after;
        }
    }
    Ok(&rest[1..])
}

fn class_character<'p>(text: &'p str, class: &'p str) -> Result<(char, &'p str), SyntaxError<'p>> {
    match text.chars().next() {
        None => Err(("missing closing ]", class)),
        Some('\\') => character(text),
        Some(c) => Ok((c, &text[c.len_utf8()..])),
    }
}
