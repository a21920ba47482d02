//! The type `kubernetes.Semver`.

use semver::Version;

use super::{Object, parsed};
use crate::cel::value::{Error, Result, Val, no_overload};

/// Parses a version; with `lenient` it may have a prefix `v`, missing parts or leading zeros.
fn parse(text: &str, lenient: bool) -> std::result::Result<Version, String> {
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

/// Returns the string argument and whether parsing is lenient.
fn arguments_of<'c>(arguments: &'c [Val<'_>]) -> std::result::Result<(&'c str, bool), Error> {
    match arguments {
        [Val::Text(text)] => Ok((text, false)),
        [Val::Text(text), Val::Bool(lenient)] => Ok((text, *lenient)),
        _ => no_overload(),
    }
}

pub(in crate::cel) fn semver<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (text, lenient) = arguments_of(arguments)?;
    parsed(parse(text, lenient).map(Object::Version))
}

pub(in crate::cel) fn is_semver<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (text, lenient) = arguments_of(arguments)?;
    Ok(Val::Bool(parse(text, lenient).is_ok()))
}

/// Returns a number of a version.
pub(in crate::cel) fn part<'v>(arguments: &[Val<'v>], part: fn(&Version) -> u64) -> Result<'v> {
    match arguments.first() {
        Some(Val::Object(object)) => match &**object {
            Object::Version(version) => Ok(Val::Int(part(version).cast_signed())),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}
