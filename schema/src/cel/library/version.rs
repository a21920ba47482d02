//! The type `kubernetes.Semver`.

use std::cmp::Ordering;

use semver::Version;

use super::{Library, Object};
use crate::cel::value::{Result, Val, no_overload};

/// Parses a version; with `lenient` it may have a prefix `v`, missing parts or leading zeros.
pub(super) fn parse(text: &str, lenient: bool) -> std::result::Result<Version, String> {
    let text = if lenient { normalize(text)? } else { text.to_owned() };
    Version::parse(&text).map_err(|error| error.to_string())
}

fn normalize(text: &str) -> std::result::Result<String, String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
    if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
        return Err("short version cannot contain PreRelease/Build meta data".to_owned());
    }
    parts.resize(3, "0".to_owned());
    Ok(parts.join("."))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let trimmed = part.trim_start_matches('0');
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed.to_owned() } else { format!("0{trimmed}") }
}

pub(super) fn call<'v>(function: Library, version: &Version, rest: &[Val<'v>]) -> Result<'v> {
    let number = |number: u64| Ok(Val::Int(number.cast_signed()));
    match (function, rest) {
        (Library::Major, []) => number(version.major),
        (Library::Minor, []) => number(version.minor),
        (Library::Patch, []) => number(version.patch),
        (_, [Val::Object(other)]) => match &**other {
            Object::Version(other) => comparison(function, version.cmp_precedence(other)),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

/// Returns the result of a comparison function.
pub(super) fn comparison<'v>(function: Library, order: Ordering) -> Result<'v> {
    match function {
        Library::IsGreaterThan => Ok(Val::Bool(order.is_gt())),
        Library::IsLessThan => Ok(Val::Bool(order.is_lt())),
        Library::CompareTo => Ok(Val::Int(order as i64)),
        _ => no_overload(),
    }
}
