//! Functions of lists and sets.

use std::cmp::Ordering;

use super::function::Function as F;
use super::value::{Error, Result, Val, failed, no_overload};

/// The maximum length of a range.
const MAX_LENGTH: i64 = 1_000_000;

pub(super) fn call<'v>(function: F, arguments: &[Val<'v>]) -> Result<'v> {
    if let (F::Range, [Val::Int(end)]) = (function, arguments) {
        if *end > MAX_LENGTH {
            return failed(format!("lists.range: size {end} exceeds maximum allowed ({MAX_LENGTH})"));
        }
        return Ok(Val::list((0..*end).map(Val::Int).collect()));
    }
    let Some(Val::List(list)) = arguments.first() else { return no_overload() };
    let items = list.all()?;
    match (function, &arguments[1..]) {
        (F::IsSorted, []) => {
            for pair in items.windows(2) {
                if pair[0].order(&pair[1])? == Some(Ordering::Greater) {
                    return Ok(Val::Bool(false));
                }
            }
            Ok(Val::Bool(true))
        }
        (F::Sum, []) => sum(&items),
        (F::Min | F::Max, []) => extreme(&items, function),
        (F::Includes, [value]) => Ok(Val::Bool(list.contains(value)?)),
        (F::IndexOf, [value]) => position(&items, value, false),
        (F::LastIndexOf, [value]) => position(&items, value, true),
        (F::Distinct, []) => distinct(items).map(Val::list),
        (F::Reverse, []) => Ok(Val::list(items.into_iter().rev().collect())),
        (F::Sort, []) => sorted(items).map(Val::list),
        (F::First, []) => Ok(Val::Optional(items.into_iter().next().map(std::rc::Rc::new))),
        (F::Last, []) => Ok(Val::Optional(items.into_iter().next_back().map(std::rc::Rc::new))),
        (F::Flatten, []) => flatten(&items, 1).map(Val::list),
        (F::Flatten, [Val::Int(depth)]) if *depth >= 0 => flatten(&items, *depth).map(Val::list),
        (F::Flatten, [Val::Int(_)]) => failed("level must be non-negative"),
        (F::Slice, [Val::Int(from), Val::Int(to)]) => slice(&items, *from, *to),
        (F::Unwrap, []) => {
            let present = items.into_iter().filter_map(|item| match item {
                Val::Optional(value) => value.map(|value| (*value).clone()),
                other => Some(other),
            });
            Ok(Val::list(present.collect()))
        }
        (F::SetContains, [Val::List(others)]) => Ok(Val::Bool(all_in(&others.all()?, &items)?)),
        (F::SetEquivalent, [Val::List(others)]) => {
            let others = others.all()?;
            Ok(Val::Bool(all_in(&others, &items)? && all_in(&items, &others)?))
        }
        (F::SetIntersects, [Val::List(others)]) => {
            for item in others.all()? {
                if list.contains(&item)? {
                    return Ok(Val::Bool(true));
                }
            }
            Ok(Val::Bool(false))
        }
        _ => no_overload(),
    }
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

fn sum<'v>(items: &[Val<'v>]) -> Result<'v> {
    let Some(first) = items.first() else { return Ok(Val::Int(0)) };
    let mut sum = first.clone();
    for item in &items[1..] {
        sum = super::call::call(F::Add, &[sum, item.clone()])?;
    }
    Ok(sum)
}

fn extreme<'v>(items: &[Val<'v>], function: F) -> Result<'v> {
    let (name, expected) = if function == F::Min { ("min", Ordering::Less) } else { ("max", Ordering::Greater) };
    let Some(mut best) = items.first() else { return failed(format!("{name} called on empty list")) };
    for item in &items[1..] {
        if item.order(best)? == Some(expected) {
            best = item;
        }
    }
    Ok(best.clone())
}

fn position<'v>(items: &[Val<'v>], value: &Val<'v>, last: bool) -> Result<'v> {
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

fn distinct<'v>(items: Vec<Val<'v>>) -> std::result::Result<Vec<Val<'v>>, Error> {
    let mut unique: Vec<Val<'v>> = Vec::new();
    for item in items {
        let mut exists = false;
        for known in &unique {
            exists = exists || known.equals(&item)?;
        }
        if !exists {
            unique.push(item);
        }
    }
    Ok(unique)
}

fn sorted(mut items: Vec<Val<'_>>) -> std::result::Result<Vec<Val<'_>>, Error> {
    let mut comparison = Ok(());
    items.sort_by(|a, b| match a.order(b) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(error) => {
            comparison = Err(error);
            Ordering::Equal
        }
    });
    comparison.map(|()| items)
}

fn flatten<'v>(items: &[Val<'v>], depth: i64) -> std::result::Result<Vec<Val<'v>>, Error> {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Val::List(inner) if depth > 0 => flat.extend(flatten(&inner.all()?, depth - 1)?),
            other => flat.push(other.clone()),
        }
    }
    Ok(flat)
}

fn slice<'v>(items: &[Val<'v>], from: i64, to: i64) -> Result<'v> {
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
