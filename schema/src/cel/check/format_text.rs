//! Checks of constant texts with which `format` is called.
//!
//! Source: `cel-go/ext/formatting.go`, `stringFormatValidator`.

use super::checker::Checked;
use super::types::Type;
use crate::cel::ast::{Kind, Node};
use crate::cel::issues::Issues;

/// Checks the clauses of a text against the types of the arguments.
pub(super) fn check(at: usize, text: &str, items: &[(Node, bool)], checked: &Checked, issues: &mut Issues) {
    let mut count = 0;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        if after.is_empty() {
            return issues.report(at, "unexpected end of string".to_owned());
        }
        let Some((item, _)) = items.get(count) else { return issues.report(at, format!("index {count} out of range")) };
        count += 1;
        let (clause, after) = match clause(after) {
            Ok(found) => found,
            Err(message) => return issues.report(at, format!("could not parse formatting clause: {message}")),
        };
        if let Err((at, message)) = clause_type(clause, item, checked) {
            return issues.report(at, format!("error during formatting: {message}"));
        }
        rest = after;
    }
    if items.len() > count {
        let message = format!("too many arguments supplied to string.format (expected {count}, got {})", items.len());
        issues.report(at, message);
    }
}

/// Reads a clause after `%`; returns it with the rest.
fn clause(text: &str) -> Result<(u8, &str), String> {
    let mut rest = text;
    if let Some(after) = text.strip_prefix('.') {
        let end = after.find(|c: char| !c.is_ascii_digit());
        let Some(end) = end else {
            return Err("error while parsing precision: could not find end of precision specifier".to_owned());
        };
        let digits = &after[..end];
        digits.parse::<i64>().map_err(|_| {
            let reason = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
            let error = format!("strconv.Atoi: parsing \"{digits}\": {reason}");
            format!("error while parsing precision: error while converting precision to integer: {error}")
        })?;
        rest = &after[end..];
    }
    let clause = rest.as_bytes()[0];
    if !b"sdfebxXo".contains(&clause) {
        return Err(format!("unrecognized formatting clause \"{}\"", char::from(clause)));
    }
    Ok((clause, &rest[1..]))
}

fn clause_type(clause: u8, item: &Node, checked: &Checked) -> Result<(), (usize, String)> {
    let type_ = checked.type_of(item);
    let (accepts, message): (fn(&Type) -> bool, _) = match clause {
        b's' => return is_text(item, checked),
        b'd' => (|type_| matches!(type_, Type::Int | Type::Uint), "decimal clause can only be used on integers"),
        b'f' => (|type_| matches!(type_, Type::Double | Type::Text), "fixed-point clause can only be used on doubles"),
        b'e' => (|type_| matches!(type_, Type::Double | Type::Text), "scientific clause can only be used on doubles"),
        b'b' => (
            |type_| matches!(type_, Type::Int | Type::Uint | Type::Bool),
            "only integers and bools can be formatted as binary",
        ),
        b'o' => (|type_| matches!(type_, Type::Int | Type::Uint), "octal clause can only be used on integers"),
        _ => (
            |type_| matches!(type_, Type::Int | Type::Uint | Type::Text | Type::Bytes),
            "only integers, byte buffers, and strings can be formatted as hex",
        ),
    };
    if type_.is_dyn() || accepts(type_) {
        return Ok(());
    }
    Err((item.at, format!("{message}, was given {}", type_.runtime_name())))
}

/// Checks that a value and the values in it can be formatted as text.
fn is_text(node: &Node, checked: &Checked) -> Result<(), (usize, String)> {
    let type_ = checked.type_of(node);
    if matches!(type_, Type::Object(_) | Type::Struct(_) | Type::Opaque(_) | Type::Optional(_) | Type::Error) {
        let types = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps";
        let message = format!("string clause can only be used on {types}, was given {}", type_.runtime_name());
        return Err((node.at, message));
    }
    match &node.kind {
        Kind::List(items) => items.iter().try_for_each(|(item, _)| is_text(item, checked)),
        Kind::Map(entries) => entries.iter().try_for_each(|entry| {
            is_text(&entry.key, checked)?;
            is_text(&entry.value, checked)
        }),
        _ => Ok(()),
    }
}
