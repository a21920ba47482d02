//! Lists whose items are merged.

use kube_structural_schema::object::go::{plain, type_name};
use serde_json::Value;

use super::{DIRECTIVE, unknown_directive};
use crate::kinds::builtin::{PatchStrategy, PatchedStruct};
use crate::status::Failure;

/// Merges a patch into a list. Items of the patch keep its order.
pub(super) fn merge(
    old: Vec<Value>,
    new: Vec<Value>,
    field: &str,
    strategy: PatchStrategy,
    items: PatchedStruct,
) -> Result<Vec<Value>, Failure> {
    if old.is_empty() && new.is_empty() {
        return Ok(old);
    }
    let (of_objects, server_order) = (are_objects(&old, &new)?, old.clone());
    let (merged, order) = match strategy {
        PatchStrategy::Merge(key) if of_objects => {
            let (old, new) = apply_directives(old, new, key)?;
            (merge_by_key(old, &new, key, items)?, new)
        }
        _ if of_objects => {
            return Err(Failure::untyped(format!("cannot merge lists without merge key for {field}")));
        }
        _ => (deduplicate(old.into_iter().chain(new.iter().cloned()).collect()), new),
    };
    sort(merged, &order, &server_order, strategy)
}

/// Whether the items are objects. All items must have the same type.
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

/// Applies the directives among the items; returns the items to merge.
fn apply_directives(
    mut old: Vec<Value>,
    new: Vec<Value>,
    key: &'static str,
) -> Result<(Vec<Value>, Vec<Value>), Failure> {
    let mut rest = Vec::new();
    let mut replaces = false;
    for item in new {
        match item.get(DIRECTIVE) {
            None => rest.push(item),
            Some(directive) => match directive.as_str() {
                Some("delete") => {
                    let deleted = merge_key_value(&item, key)?;
                    old.retain(|other| other.get(key) != Some(deleted));
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

fn merge_by_key(
    mut old: Vec<Value>,
    new: &[Value],
    key: &'static str,
    items: PatchedStruct,
) -> Result<Vec<Value>, Failure> {
    for item in new {
        let value = merge_key_value(item, key)?;
        match old.iter_mut().find(|other| other.get(key) == Some(value)) {
            Some(Value::Object(existing)) => {
                let patch = item.as_object().cloned().unwrap_or_default();
                *existing = super::merge(std::mem::take(existing), patch, items)?;
            }
            _ => old.push(item.clone()),
        }
    }
    Ok(old)
}

/// Removes duplicates. The last item moves to the position of a removed one, as in Go.
fn deduplicate(mut items: Vec<Value>) -> Vec<Value> {
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

/// Orders the items of the patch among those that only the server has.
pub(super) fn sort(
    merged: Vec<Value>,
    order: &[Value],
    server_order: &[Value],
    strategy: PatchStrategy,
) -> Result<Vec<Value>, Failure> {
    let key = strategy.key();
    if let Some(key) = key {
        merged.iter().chain(order).chain(server_order).try_for_each(|item| merge_key_value(item, key).map(drop))?;
    }
    let same = |one: &Value, other: &Value| key.map_or(one == other, |key| one.get(key) == other.get(key));
    let position = |list: &[Value], item: &Value| list.iter().position(|other| same(other, item));
    let (mut ordered, mut others): (Vec<_>, Vec<_>) =
        merged.into_iter().partition(|item| position(order, item).is_some());
    ordered.sort_by_key(|item| position(order, item));
    others.sort_by_key(|item| position(server_order, item).unwrap_or(usize::MAX));
    let (mut ordered, mut others) = (ordered.into_iter().peekable(), others.into_iter().peekable());
    let mut all = Vec::new();
    loop {
        let takes_other = match (others.peek(), ordered.peek()) {
            (Some(other), Some(next)) => {
                matches!((position(server_order, other), position(server_order, next)), (Some(other), Some(next)) if other < next)
            }
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return Ok(all),
        };
        all.extend(if takes_other { others.next() } else { ordered.next() });
    }
}

/// Checks that the items of a patch have the order of `$setElementOrder`.
pub(super) fn check_order(new: &[Value], order: &[Value], strategy: PatchStrategy) -> Result<(), Failure> {
    if order.is_empty() {
        return Ok(());
    }
    let mut ordered = order.iter();
    for item in new.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        let is_same = |other: &Value| match strategy.key() {
            Some(key) => Ok(merge_key_value(item, key)? == merge_key_value(other, key)?),
            None => Ok(item == other),
        };
        let mut found = false;
        for other in ordered.by_ref() {
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

fn merge_key_value<'v>(item: &'v Value, key: &str) -> Result<&'v Value, Failure> {
    item.get(key)
        .ok_or_else(|| Failure::untyped(format!("map: {} does not contain declared merge key: {key}", plain(item))))
}
