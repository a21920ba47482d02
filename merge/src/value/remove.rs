//! Removal and extraction of fields.
//!
//! Source: `structured-merge-diff/typed/remove.go`.

use serde_json::{Map, Value};

use crate::path::PathElement;
use crate::set::Set;
use crate::shape::{Atom, Shape};

/// Returns the value without the paths of a set. A value without any remaining parts is null.
pub(crate) fn without(shape: Shape<'_>, value: &Value, paths: &Set) -> Value {
    walk(shape, value, paths, false)
}

/// Returns only the paths of a set.
pub(crate) fn only(shape: Shape<'_>, value: &Value, paths: &Set) -> Value {
    walk(shape, value, paths, true)
}

fn walk(shape: Shape<'_>, value: &Value, paths: &Set, only: bool) -> Value {
    let complete = || if only { value.clone() } else { Value::Null };
    match (shape.atom(Some(value)), value) {
        (Atom::Scalar(_), value) => value.clone(),
        (Atom::List(_), Value::Array(items)) if items.is_empty() => complete(),
        (Atom::Map(..), Value::Object(fields)) if fields.is_empty() => complete(),
        (atom, Value::Array(_) | Value::Object(_)) if atom.is_atomic() => complete(),
        (Atom::List(list), Value::Array(items)) => {
            let mut rest = Vec::new();
            for item in items {
                let element = list.element(item).ok();
                let below =
                    element.as_ref().and_then(|element| paths.children.get(element)).filter(|set| !set.is_empty());
                let named = element.as_ref().is_some_and(|element| paths.members.contains(element));
                match (only, named, below) {
                    (false, true, _) | (true, false, None) => {}
                    (_, _, Some(below)) => rest.push(walk(list.items, item, below, only)),
                    (_, _, None) => rest.push(item.clone()),
                }
            }
            if rest.is_empty() { Value::Null } else { Value::Array(rest) }
        }
        (Atom::Map(shape, _), Value::Object(fields)) => {
            let rest = walk_fields(shape, fields, paths, only);
            if rest.is_empty() { Value::Null } else { Value::Object(rest) }
        }
        _ => Value::Null,
    }
}

fn walk_fields(shape: Shape<'_>, fields: &Map<String, Value>, paths: &Set, only: bool) -> Map<String, Value> {
    let mut rest = Map::new();
    for (name, value) in fields {
        let element = PathElement::field(name);
        let field = shape.field(name).unwrap_or(Shape::Deduced);
        if paths.members.contains(&element) {
            if only {
                let below = paths.children.get(&element).filter(|set| !set.is_empty());
                let cut = below.map_or_else(|| value.clone(), |below| walk(field, value, below, only));
                rest.insert(name.clone(), cut);
            }
            continue;
        }
        match paths.children.get(&element).filter(|set| !set.is_empty()) {
            Some(below) => drop(rest.insert(name.clone(), walk(field, value, below, only))),
            None if only => {}
            None => drop(rest.insert(name.clone(), value.clone())),
        }
    }
    rest
}
