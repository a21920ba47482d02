//! Functions of semantic versions.

use semver::Version;

use super::arguments::parsed;
use crate::cel::library::Object;
use crate::cel::library::version::parse;
use crate::cel::value::{Error, Result, Val, no_overload};

/// Returns the string argument and whether parsing is lenient.
fn arguments_of<'c>(arguments: &'c [Val<'_>]) -> std::result::Result<(&'c str, bool), Error> {
    match arguments {
        [Val::Text(text)] => Ok((text, false)),
        [Val::Text(text), Val::Bool(lenient)] => Ok((text, *lenient)),
        _ => no_overload(),
    }
}

pub(super) fn semver<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (text, lenient) = arguments_of(arguments)?;
    parsed(parse(text, lenient).map(Object::Version))
}

pub(super) fn is_semver<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (text, lenient) = arguments_of(arguments)?;
    Ok(Val::Bool(parse(text, lenient).is_ok()))
}

/// Returns a number of a version.
pub(super) fn part<'v>(arguments: &[Val<'v>], part: fn(&Version) -> u64) -> Result<'v> {
    match arguments.first() {
        Some(Val::Object(object)) => match &**object {
            Object::Version(version) => Ok(Val::Int(part(version).cast_signed())),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}
