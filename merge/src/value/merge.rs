//! The merge of two values: fields of the second win, other fields of the first stay.
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
    let (old_atom, new_atom) = (shape.atom(old), shape.atom(new));
    match (old, new) {
        (_, None) => merge_atom(old_atom, old, None),
        (Some(_), Some(_)) if !old_atom.is_same_kind(&new_atom) => {
            merge_atom(new_atom, old, new).or_else(|| merge_atom(old_atom, old, new))
        }
        (_, Some(_)) => merge_atom(new_atom, old, new),
    }
}

fn merge_atom(atom: Atom<'_>, old: Option<&Value>, new: Option<&Value>) -> Option<Value> {
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

/// Two associative lists.
struct Lists<'l> {
    list: List<'l>,
    old: Vec<(PathElement, &'l Value)>,
    new: Vec<(PathElement, &'l Value)>,
    /// Items by identity; an old item with duplicates is null.
    old_by_element: BTreeMap<PathElement, &'l Value>,
    new_by_element: BTreeMap<PathElement, &'l Value>,
}

const REPEATED: &Value = &Value::Null;

impl<'l> Lists<'l> {
    fn new(list: List<'l>, old: &'l [Value], new: &'l [Value]) -> Self {
        let read = |items: &'l [Value]| -> Vec<(PathElement, &'l Value)> {
            items.iter().filter_map(|item| Some((list.element(item).ok()?, item))).collect()
        };
        let (old, new) = (read(old), read(new));
        let mut old_by_element = BTreeMap::new();
        for (element, item) in &old {
            old_by_element.entry(element.clone()).and_modify(|existing| *existing = REPEATED).or_insert(*item);
        }
        let new_by_element = new.iter().map(|(element, item)| (element.clone(), *item)).collect();
        Lists { list, old, new, old_by_element, new_by_element }
    }

    fn item(&self, old: Option<&Value>, new: Option<&Value>) -> Option<Value> {
        walk(self.list.items, old, new)
    }

    fn both(&self, element: &PathElement) -> Option<Value> {
        self.item(self.old_by_element.get(element).copied(), self.new_by_element.get(element).copied())
    }

    /// Returns the merged items. New items keep their order; items that only the old list has stay before the shared
    /// item that followed them.
    fn merged(&self) -> Vec<Value> {
        let mut merged = Vec::with_capacity(self.old.len().max(self.new.len()));
        let mut shared =
            self.new.iter().map(|(element, _)| element).filter(|element| self.old_by_element.contains_key(*element));
        let mut next_shared = shared.next();
        let mut done = BTreeSet::new();
        let (mut at_old, mut at_new) = (0, 0);
        while at_old < self.old.len() || at_new < self.new.len() {
            let (old, new) = (self.old.get(at_old), self.new.get(at_new));
            if let (Some((element, _)), Some((new_element, _))) = (old, new) {
                if element == new_element {
                    done.insert(element);
                    merged.extend(self.both(element));
                    (at_old, at_new) = (at_old + 1, at_new + 1);
                    next_shared = shared.next();
                    continue;
                }
                if self.new_by_element.contains_key(element) && next_shared.is_some_and(|next| next != element) {
                    // The item has moved: it is added at its new position.
                    at_old += 1;
                    continue;
                }
            }
            if let Some((element, item)) = old {
                if !self.new_by_element.contains_key(element) {
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
