//! Lists whose items are merged.

use kube_structural_schema::object::go::{plain, type_name};
use serde_json::Value;

use super::{DIRECTIVE, unknown_directive};
use crate::kinds::builtin::Merging;
use crate::status::Failure;

/// Merges a list. Items of both are in the order of the patch.
pub(super) fn merge(old: Vec<Value>, new: Vec<Value>, place: &str, how: Merging) -> Result<Vec<Value>, Failure> {
    if old.is_empty() && new.is_empty() {
        return Ok(old);
    }
    let (of_objects, server_order) = (are_objects(&old, &new)?, old.clone());
    let (merged, order) = match how {
        Merging::By(key) if of_objects => {
            let (old, new) = by_directives(old, new, key)?;
            (by_key(old, &new, place, key)?, new)
        }
        _ if of_objects => {
            return Err(Failure::untyped(format!("cannot merge lists without merge key for {place}")));
        }
        _ => (without_copies(old.into_iter().chain(new.iter().cloned()).collect()), new),
    };
    in_order(merged, &order, &server_order, how)
}

/// Whether the items are objects; all are of one type.
fn are_objects(old: &[Value], new: &[Value]) -> Result<bool, Failure> {
    let mut types = old.iter().chain(new).map(type_name);
    let first = types.next().unwrap_or_default();
    if first.starts_with("[]") {
        let message = "lists of lists are not supported";
        return Err(Failure::new(::http::StatusCode::UNPROCESSABLE_ENTITY, "", message));
    }
    if types.any(|other| other != first) {
        let lists = plain(&Value::Array(vec![old.to_vec().into(), new.to_vec().into()]));
        return Err(Failure::untyped(format!("list element types are not identical: {lists}")));
    }
    Ok(first.starts_with("map"))
}

/// Executes the directives among the items, and returns the items to merge.
fn by_directives(mut old: Vec<Value>, new: Vec<Value>, key: &'static str) -> Result<(Vec<Value>, Vec<Value>), Failure> {
    let mut rest = Vec::new();
    let mut replaces = false;
    for item in new {
        match item.get(DIRECTIVE) {
            None => rest.push(item),
            Some(directive) => match directive.as_str() {
                Some("delete") => {
                    let gone = keyed(&item, key)?;
                    old.retain(|other| other.get(key) != Some(gone));
                }
                Some("replace") => replaces = true,
                Some("merge") => {
                    return Err(Failure::untyped("merging lists cannot yet be specified in the patch"));
                }
                _ => return Err(unknown_directive(directive, item.as_object().unwrap_or(&serde_json::Map::new()))),
            },
        }
    }
    Ok(if replaces { (rest, Vec::new()) } else { (old, rest) })
}

fn by_key(mut old: Vec<Value>, new: &[Value], place: &str, key: &'static str) -> Result<Vec<Value>, Failure> {
    for item in new {
        let wanted = keyed(item, key)?;
        match old.iter_mut().find(|other| other.get(key) == Some(wanted)) {
            Some(Value::Object(there)) => {
                let patch = item.as_object().cloned().unwrap_or_default();
                *there = super::merge(std::mem::take(there), patch, place)?;
            }
            _ => old.push(item.clone()),
        }
    }
    Ok(old)
}

/// Of duplicates, the first position is kept, with the value of the last.
fn without_copies(mut items: Vec<Value>) -> Vec<Value> {
    let mut at = 0;
    while at < items.len() {
        let mut other = at + 1;
        while other < items.len() {
            if items[other] == items[at] {
                items.swap_remove(other);
            } else {
                other += 1;
            }
        }
        at += 1;
    }
    items
}

/// Merges items in the order of the patch with items that only the server has.
pub(super) fn in_order(
    merged: Vec<Value>,
    order: &[Value],
    server_order: &[Value],
    how: Merging,
) -> Result<Vec<Value>, Failure> {
    let key = how.key();
    if let Some(key) = key {
        merged.iter().chain(order).chain(server_order).try_for_each(|item| keyed(item, key).map(drop))?;
    }
    let same = |one: &Value, other: &Value| key.map_or(one == other, |key| one.get(key) == other.get(key));
    let place = |list: &[Value], item: &Value| list.iter().position(|other| same(other, item));
    let (mut told, mut others): (Vec<_>, Vec<_>) = merged.into_iter().partition(|item| place(order, item).is_some());
    told.sort_by_key(|item| place(order, item));
    others.sort_by_key(|item| place(server_order, item).unwrap_or(usize::MAX));
    let (mut told, mut others) = (told.into_iter().peekable(), others.into_iter().peekable());
    let mut all = Vec::new();
    loop {
        let comes_first = match (others.peek(), told.peek()) {
            (Some(other), Some(next)) => {
                matches!((place(server_order, other), place(server_order, next)), (Some(other), Some(next)) if other < next)
            }
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return Ok(all),
        };
        all.extend(if comes_first { others.next() } else { told.next() });
    }
}

/// Sorts the items of a patch in its order.
pub(super) fn check_order(new: &[Value], order: &[Value], how: Merging) -> Result<(), Failure> {
    if order.is_empty() {
        return Ok(());
    }
    let mut told = order.iter();
    for item in new.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        let is_same = |other: &Value| match how.key() {
            Some(key) => Ok(keyed(item, key)? == keyed(other, key)?),
            None => Ok(item == other),
        };
        let mut found = false;
        for other in told.by_ref() {
            if is_same(other)? {
                found = true;
                break;
            }
        }
        if !found {
            let (list, order) = (plain(&new.to_vec().into()), plain(&order.to_vec().into()));
            let message = format!("The order in patch list:\n{list}\n doesn't match $setElementOrder list:\n{order}\n");
            return Err(Failure::untyped(message));
        }
    }
    Ok(())
}

fn keyed<'v>(item: &'v Value, key: &str) -> Result<&'v Value, Failure> {
    item.get(key)
        .ok_or_else(|| Failure::untyped(format!("map: {} does not contain declared merge key: {key}", plain(item))))
}
