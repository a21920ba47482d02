//! Functions of lists and sets.

use std::cmp::Ordering;
use std::rc::Rc;

use super::operators::add;
use crate::cel::value::{Error, Result, Val, failed, no_overload, sort_by_key};
use crate::cel::view::Items;

/// The maximum length of a range.
const MAX_LENGTH: i64 = 1_000_000;

fn list<'c, 'v>(arguments: &'c [Val<'v>]) -> std::result::Result<&'c Items<'v>, Error> {
    if let Some(Val::List(list)) = arguments.first() { Ok(list) } else { no_overload() }
}

fn items<'v>(arguments: &[Val<'v>]) -> std::result::Result<Vec<Val<'v>>, Error> {
    list(arguments)?.all()
}

/// Returns the items of both list arguments.
fn both<'v>(arguments: &[Val<'v>]) -> std::result::Result<(Vec<Val<'v>>, Vec<Val<'v>>), Error> {
    let [Val::List(list), Val::List(other)] = arguments else { return no_overload() };
    Ok((list.all()?, other.all()?))
}

pub(super) fn range<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::Int(end)] = arguments else { return no_overload() };
    if *end > MAX_LENGTH {
        return failed(format!("lists.range: size {end} exceeds maximum allowed ({MAX_LENGTH})"));
    }
    Ok(Val::list((0..*end).map(Val::Int).collect()))
}

pub(super) fn is_sorted<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    for pair in items(arguments)?.windows(2) {
        if pair[0].order(&pair[1])? == Some(Ordering::Greater) {
            return Ok(Val::Bool(false));
        }
    }
    Ok(Val::Bool(true))
}

pub(super) fn includes<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::List(list), value] = arguments else { return no_overload() };
    list.all()?;
    Ok(Val::Bool(list.contains(value)?))
}

pub(super) fn reverse<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::list(items(arguments)?.into_iter().rev().collect()))
}

pub(super) fn first<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Optional(items(arguments)?.into_iter().next().map(Rc::new)))
}

pub(super) fn last<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Optional(items(arguments)?.into_iter().next_back().map(Rc::new)))
}

pub(super) fn sort<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let mut items = items(arguments)?;
    sort_by_key(&mut items, |item| item)?;
    Ok(Val::list(items))
}

pub(super) fn flatten<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let items = items(arguments)?;
    match arguments.get(1) {
        None => flat(&items, 1).map(Val::list),
        Some(Val::Int(depth)) if *depth >= 0 => flat(&items, *depth).map(Val::list),
        Some(_) => failed("level must be non-negative"),
    }
}

pub(super) fn set_contains<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (items, others) = both(arguments)?;
    Ok(Val::Bool(all_in(&others, &items)?))
}

pub(super) fn set_equivalent<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (items, others) = both(arguments)?;
    Ok(Val::Bool(all_in(&others, &items)? && all_in(&items, &others)?))
}

pub(super) fn set_intersects<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (_, others) = both(arguments)?;
    let list = list(arguments)?;
    for item in others {
        if list.contains(&item)? {
            return Ok(Val::Bool(true));
        }
    }
    Ok(Val::Bool(false))
}

fn all_in<'v>(items: &[Val<'v>], of: &[Val<'v>]) -> std::result::Result<bool, Error> {
    for item in items {
        let mut found = false;
        for other in of {
            found = found || item.equals(other)?;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn sum<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let items = items(arguments)?;
    let Some(first) = items.first() else { return Ok(Val::Int(0)) };
    let mut sum = first.clone();
    for item in &items[1..] {
        sum = add(&[sum, item.clone()])?;
    }
    Ok(sum)
}

pub(super) fn min<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    extreme(arguments, "min", Ordering::Less)
}

pub(super) fn max<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    extreme(arguments, "max", Ordering::Greater)
}

fn extreme<'v>(arguments: &[Val<'v>], name: &str, expected: Ordering) -> Result<'v> {
    let items = items(arguments)?;
    let Some(mut best) = items.first() else { return failed(format!("{name} called on empty list")) };
    for item in &items[1..] {
        if item.order(best)? == Some(expected) {
            best = item;
        }
    }
    Ok(best.clone())
}

pub(super) fn index_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    position(arguments, false)
}

pub(super) fn last_index_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    position(arguments, true)
}

fn position<'v>(arguments: &[Val<'v>], last: bool) -> Result<'v> {
    let [Val::List(list), value] = arguments else { return no_overload() };
    let items = list.all()?;
    let mut found = -1;
    for (index, item) in items.iter().enumerate() {
        if item.equals(value)? {
            found = i64::try_from(index).unwrap_or(i64::MAX);
            if !last {
                break;
            }
        }
    }
    Ok(Val::Int(found))
}

pub(super) fn distinct<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let mut unique: Vec<Val<'v>> = Vec::new();
    for item in items(arguments)? {
        let mut exists = false;
        for known in &unique {
            exists = exists || known.equals(&item)?;
        }
        if !exists {
            unique.push(item);
        }
    }
    Ok(Val::list(unique))
}

fn flat<'v>(items: &[Val<'v>], depth: i64) -> std::result::Result<Vec<Val<'v>>, Error> {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Val::List(inner) if depth > 0 => flat.extend(self::flat(&inner.all()?, depth - 1)?),
            other => flat.push(other.clone()),
        }
    }
    Ok(flat)
}

pub(super) fn slice<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [Val::List(list), Val::Int(from), Val::Int(to)] = arguments else { return no_overload() };
    let (items, from, to) = (list.all()?, *from, *to);
    if from < 0 || to < 0 {
        return failed(format!("cannot slice({from}, {to}), negative indexes not supported"));
    }
    if from > to {
        return failed(format!("cannot slice({from}, {to}), start index must be less than or equal to end index"));
    }
    let index = |index: i64| usize::try_from(index).unwrap_or(usize::MAX);
    match items.get(index(from)..index(to)) {
        Some(part) => Ok(Val::list(part.to_vec())),
        None => failed(format!("cannot slice({from}, {to}), list is length {}", items.len())),
    }
}
