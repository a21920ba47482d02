//! Two values as one: what the second has wins, what only the first has stays.
//!
//! Source: `structured-merge-diff/typed/merge.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{fields, items, names};
use crate::path::PathElement;
use crate::shape::{Atom, List, Shape};

/// Merges two values of one shape.
pub(crate) fn merge(shape: Shape<'_>, old: &Value, new: &Value) -> Value {
    walk(shape, Some(old), Some(new)).unwrap_or(Value::Null)
}

fn walk(shape: Shape<'_>, old: Option<&Value>, new: Option<&Value>) -> Option<Value> {
    let (of_old, of_new) = (shape.atom(old), shape.atom(new));
    match (old, new) {
        (_, None) => of_atom(of_old, old, None),
        (Some(_), Some(_)) if !of_old.is_like(&of_new) => {
            of_atom(of_new, old, new).or_else(|| of_atom(of_old, old, new))
        }
        (_, Some(_)) => of_atom(of_new, old, new),
    }
}

fn of_atom(atom: Atom<'_>, old: Option<&Value>, new: Option<&Value>) -> Option<Value> {
    match atom {
        Atom::List(list) if !atom.is_atomic() => match (items(old), items(new)) {
            (None | Some([]), None | Some([])) => new.or(old).cloned(),
            (old, new) => {
                let merged = Lists::new(list, old.unwrap_or_default(), new.unwrap_or_default()).merged();
                (!merged.is_empty()).then_some(Value::Array(merged))
            }
        },
        Atom::Map(shape, false) => {
            let (old_fields, new_fields) = (fields(old), fields(new));
            if old_fields.is_none_or(Map::is_empty) && new_fields.is_none_or(Map::is_empty) {
                return new.or(old).cloned();
            }
            let mut merged = Map::new();
            for name in names(old_fields, new_fields) {
                let (old, new) = (old_fields.and_then(|old| old.get(name)), new_fields.and_then(|new| new.get(name)));
                let value = match shape.field(name) {
                    Some(shape) => walk(shape, old, new),
                    None => new.or(old).cloned(),
                };
                if let Some(value) = value {
                    merged.insert(name.clone(), value);
                }
            }
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        _ => new.or(old).cloned(),
    }
}

/// Two lists whose items can be told apart.
struct Lists<'l> {
    list: List<'l>,
    old: Vec<(PathElement, &'l Value)>,
    new: Vec<(PathElement, &'l Value)>,
    /// Items by what they are; an old one that is there twice is null.
    old_of: BTreeMap<PathElement, &'l Value>,
    new_of: BTreeMap<PathElement, &'l Value>,
}

const REPEATED: &Value = &Value::Null;

impl<'l> Lists<'l> {
    fn new(list: List<'l>, old: &'l [Value], new: &'l [Value]) -> Self {
        let read = |items: &'l [Value]| -> Vec<(PathElement, &'l Value)> {
            items.iter().filter_map(|item| Some((list.element(item).ok()?, item))).collect()
        };
        let (old, new) = (read(old), read(new));
        let mut old_of = BTreeMap::new();
        for (element, item) in &old {
            old_of.entry(element.clone()).and_modify(|there| *there = REPEATED).or_insert(*item);
        }
        let new_of = new.iter().map(|(element, item)| (element.clone(), *item)).collect();
        Lists { list, old, new, old_of, new_of }
    }

    fn item(&self, old: Option<&Value>, new: Option<&Value>) -> Option<Value> {
        walk(self.list.items, old, new)
    }

    fn both(&self, element: &PathElement) -> Option<Value> {
        self.item(self.old_of.get(element).copied(), self.new_of.get(element).copied())
    }

    /// New items keep their order; old ones that are not new stay before the shared one that they stood before.
    fn merged(&self) -> Vec<Value> {
        let mut merged = Vec::with_capacity(self.old.len().max(self.new.len()));
        let mut shared =
            self.new.iter().map(|(element, _)| element).filter(|element| self.old_of.contains_key(*element));
        let mut next_shared = shared.next();
        let mut done = BTreeSet::new();
        let (mut at_old, mut at_new) = (0, 0);
        while at_old < self.old.len() || at_new < self.new.len() {
            let (old, new) = (self.old.get(at_old), self.new.get(at_new));
            if let (Some((element, _)), Some((of_new, _))) = (old, new) {
                if element == of_new {
                    done.insert(element);
                    merged.extend(self.both(element));
                    (at_old, at_new) = (at_old + 1, at_new + 1);
                    next_shared = shared.next();
                    continue;
                }
                if self.new_of.contains_key(element) && next_shared.is_some_and(|next| next != element) {
                    // It has moved; it comes where the new list has it.
                    at_old += 1;
                    continue;
                }
            }
            if let Some((element, item)) = old {
                if !self.new_of.contains_key(element) {
                    merged.extend(self.item(Some(item), None));
                    at_old += 1;
                    continue;
                }
                if done.contains(element) {
                    at_old += 1;
                }
            }
            if let Some((element, _)) = new {
                done.insert(element);
                merged.extend(self.both(element));
                at_new += 1;
                if next_shared == Some(element) {
                    next_shared = shared.next();
                }
            }
        }
        merged
    }
}
