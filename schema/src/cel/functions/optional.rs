//! Functions of optional values.

use std::rc::Rc;

use crate::cel::value::{Result, Val, failed, no_overload};

pub(super) fn some(value: Val<'_>) -> Val<'_> {
    Val::Optional(Some(Rc::new(value)))
}

pub(super) fn of_non_zero_value<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [value] = arguments else { return no_overload() };
    Ok(if value.is_zero() { Val::Optional(None) } else { some(value.clone()) })
}

pub(super) fn has_value<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::Optional(value)] = arguments else { return no_overload() };
    Ok(Val::Bool(value.is_some()))
}

pub(super) fn value<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Optional(Some(value))] => Ok((**value).clone()),
        [Val::Optional(None)] => failed("optional.none() dereference"),
        _ => no_overload(),
    }
}

pub(super) fn or<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [value @ Val::Optional(Some(_)), _] => Ok(value.clone()),
        [_, other] => Ok(other.clone()),
        _ => no_overload(),
    }
}

pub(super) fn or_value<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    match arguments {
        [Val::Optional(Some(value)), _] => Ok((**value).clone()),
        [_, other] => Ok(other.clone()),
        _ => no_overload(),
    }
}

/// Returns the values of the optional items of a list.
pub(super) fn unwrap<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::List(list)] = arguments else { return no_overload() };
    let present = list.all()?.into_iter().filter_map(|item| match item {
        Val::Optional(value) => value.map(|value| (*value).clone()),
        other => Some(other),
    });
    Ok(Val::list(present.collect()))
}
