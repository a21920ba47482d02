//! Functions of named formats.

use std::rc::Rc;

use super::arguments::{object, text};
use crate::cel::library::Object;
use crate::cel::library::named_format::{NamedFormat, find};
use crate::cel::value::{Result, Val, no_overload};

pub(in crate::cel) fn value<'v>(format: &'static NamedFormat) -> Val<'v> {
    object(Object::Format(format))
}

pub(super) fn named<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Optional(find(text(arguments)?).map(|format| Rc::new(value(format)))))
}

pub(super) fn validate<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [_, Val::Text(text)] = arguments else { return no_overload() };
    let errors = receiver(arguments).map(|format| (format.check)(text)).unwrap_or_default();
    let errors = (!errors.is_empty()).then(|| Val::list(errors.into_iter().map(Val::text).collect()));
    Ok(Val::Optional(errors.map(Rc::new)))
}

/// Returns the assumed length of the pattern of the receiver.
pub(super) fn regex_size(arguments: &[Val<'_>]) -> u64 {
    receiver(arguments).map_or(0, |format| format.regex_size)
}

fn receiver(arguments: &[Val<'_>]) -> Option<&'static NamedFormat> {
    match arguments.first() {
        Some(Val::Object(object)) => match &**object {
            Object::Format(format) => Some(format),
            _ => None,
        },
        _ => None,
    }
}
