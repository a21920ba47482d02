//! Arguments and results of functions of the Kubernetes libraries.

use std::rc::Rc;

use crate::cel::library::Object;
use crate::cel::value::{Error, Result, Val, failed, no_overload};

pub(super) fn object<'v>(object: Object) -> Val<'v> {
    Val::Object(Rc::new(object))
}

/// Returns the string argument of a function.
pub(super) fn text<'c>(arguments: &'c [Val<'_>]) -> std::result::Result<&'c str, Error> {
    if let Some(Val::Text(text)) = arguments.first() { Ok(text) } else { no_overload() }
}

/// Returns a parsed object, or the error of parsing.
pub(super) fn parsed<'v>(result: std::result::Result<Object, String>) -> Result<'v> {
    result.map_or_else(failed, |value| Ok(object(value)))
}
