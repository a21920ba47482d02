//! The changes between two values.
//!
//! Source: `structured-merge-diff/typed/compare.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{fields, items, names};
use crate::path::{PathElement, equal};
use crate::set::Set;
use crate::shape::{Atom, List, Shape};

/// The changes between two values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Fields that only the old value has.
    pub removed: Set,
    /// Fields whose values differ.
    pub modified: Set,
    /// Fields that only the new value has.
    pub added: Set,
}

impl Comparison {
    /// Returns whether the values are equal.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    /// Returns the changes without some fields and their descendants.
    pub(crate) fn without(mut self, fields: Option<&Set>) -> Self {
        if let Some(fields) = fields {
            for set in [&mut self.removed, &mut self.modified, &mut self.added] {
                *set = set.recursive_difference(fields);
            }
        }
        self
    }

    fn attach(&mut self, element: &PathElement, changes: Changes) {
        self.removed.attach(element, changes.below.removed);
        self.modified.attach(element, changes.below.modified);
        self.added.attach(element, changes.below.added);
        let own = match changes.own {
            Some(Change::Removed) => &mut self.removed,
            Some(Change::Modified) => &mut self.modified,
            Some(Change::Added) => &mut self.added,
            None => return,
        };
        own.members.insert(element.clone());
    }
}

/// Compares two values of one shape.
pub(crate) fn compare(shape: Shape<'_>, old: &Value, new: &Value) -> Comparison {
    walk(shape, Some(old), Some(new)).below
}

enum Change {
    Removed,
    Modified,
    Added,
}

#[derive(Default)]
struct Changes {
    own: Option<Change>,
    below: Comparison,
}

fn walk(shape: Shape<'_>, old: Option<&Value>, new: Option<&Value>) -> Changes {
    let (old_atom, new_atom) = (shape.atom(old), shape.atom(new));
    let mut changes = match (old, new) {
        (Some(_), None) => compare_atom(old_atom, old, new),
        (None, _) => compare_atom(new_atom, old, new),
        (Some(_), Some(_)) if old_atom.is_same_kind(&new_atom) => compare_atom(new_atom, old, new),
        // A list that became a map, for example: all old fields are removed, all new ones added.
        (Some(_), Some(_)) => {
            let (removed, added) = (compare_atom(old_atom, old, new), compare_atom(new_atom, old, new));
            let mut below = removed.below;
            below.removed.extend(&added.below.removed);
            below.modified.extend(&added.below.modified);
            below.added.extend(&added.below.added);
            Changes { own: added.own.or(removed.own), below }
        }
    };
    if changes.own.is_none() {
        changes.own = match (old, new) {
            (None, Some(_)) => Some(Change::Added),
            (Some(_), None) => Some(Change::Removed),
            _ => None,
        };
    }
    changes
}

fn compare_atom(atom: Atom<'_>, old: Option<&Value>, new: Option<&Value>) -> Changes {
    match atom {
        Atom::List(list) if !atom.is_atomic() => match (items(old), items(new)) {
            (None | Some([]), None | Some([])) => compare_atomic(old, new),
            (old, new) => {
                Changes { own: None, below: compare_lists(list, old.unwrap_or_default(), new.unwrap_or_default()) }
            }
        },
        Atom::Map(shape, false) => {
            let (old_fields, new_fields) = (fields(old), fields(new));
            if old_fields.is_none_or(serde_json::Map::is_empty) && new_fields.is_none_or(serde_json::Map::is_empty) {
                return compare_atomic(old, new);
            }
            let mut below = Comparison::default();
            for name in names(old_fields, new_fields) {
                let Some(shape) = shape.field(name) else { continue };
                let changes =
                    walk(shape, old_fields.and_then(|old| old.get(name)), new_fields.and_then(|new| new.get(name)));
                below.attach(&PathElement::field(name), changes);
            }
            Changes { own: None, below }
        }
        _ => compare_atomic(old, new),
    }
}

fn compare_atomic(old: Option<&Value>, new: Option<&Value>) -> Changes {
    let own = match (old, new) {
        (None, _) => Some(Change::Added),
        (_, None) => Some(Change::Removed),
        (Some(old), Some(new)) => (!equal(old, new)).then_some(Change::Modified),
    };
    Changes { own, ..Changes::default() }
}

fn compare_lists(list: List<'_>, old: &[Value], new: &[Value]) -> Comparison {
    let mut pairs: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for item in old {
        if let Ok(element) = list.element(item) {
            pairs.entry(element).or_default().0.push(item);
        }
    }
    for item in new {
        if let Ok(element) = list.element(item) {
            pairs.entry(element).or_default().1.push(item);
        }
    }
    let mut below = Comparison::default();
    for (element, (old, new)) in pairs {
        let own = |own| Changes { own: Some(own), ..Changes::default() };
        match (old.as_slice(), new.as_slice()) {
            ([] | [_], [] | [_]) => {
                below.attach(&element, walk(list.items, old.first().copied(), new.first().copied()));
            }
            ([_, _, ..], [_, _, ..]) => {
                if old.len() != new.len() || old.iter().zip(&new).any(|(old, new)| !equal(old, new)) {
                    below.attach(&element, own(Change::Modified));
                }
            }
            ([_, _, ..], new) => {
                if let Some(new) = new.first() {
                    below.attach(&element, walk(list.items, None, Some(new)));
                }
                below.removed.members.insert(element);
            }
            (old, _) => {
                if let Some(old) = old.first() {
                    below.attach(&element, walk(list.items, Some(old), None));
                }
                below.added.members.insert(element);
            }
        }
    }
    below
}
