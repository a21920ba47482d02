//! What has changed between two values.
//!
//! Source: `structured-merge-diff/typed/compare.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{fields, items, names};
use crate::path::{PathElement, same};
use crate::set::Set;
use crate::shape::{Atom, List, Shape};

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What was there and is not.
    pub removed: Set,
    /// What is there and was another.
    pub modified: Set,
    /// What is there and was not.
    pub added: Set,
}

impl Comparison {
    /// Whether nothing has changed.
    pub fn is_same(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    /// The changes without some fields and what is below them.
    pub(crate) fn without(mut self, fields: Option<&Set>) -> Self {
        if let Some(fields) = fields {
            for set in [&mut self.removed, &mut self.modified, &mut self.added] {
                *set = set.recursive_difference(fields);
            }
        }
        self
    }

    fn attach(&mut self, element: &PathElement, found: Found) {
        self.removed.attach(element, found.below.removed);
        self.modified.attach(element, found.below.modified);
        self.added.attach(element, found.below.added);
        let own = match found.own {
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
struct Found {
    own: Option<Change>,
    below: Comparison,
}

fn walk(shape: Shape<'_>, old: Option<&Value>, new: Option<&Value>) -> Found {
    let (of_old, of_new) = (shape.atom(old), shape.atom(new));
    let mut found = match (old, new) {
        (Some(_), None) => of_atom(of_old, old, new),
        (None, _) => of_atom(of_new, old, new),
        (Some(_), Some(_)) if of_old.is_like(&of_new) => of_atom(of_new, old, new),
        // What was a list and is a map has lost what it had, and got what it has.
        (Some(_), Some(_)) => {
            let (lost, got) = (of_atom(of_old, old, new), of_atom(of_new, old, new));
            let mut below = lost.below;
            below.removed.extend(&got.below.removed);
            below.modified.extend(&got.below.modified);
            below.added.extend(&got.below.added);
            Found { own: got.own.or(lost.own), below }
        }
    };
    if found.own.is_none() {
        found.own = match (old, new) {
            (None, Some(_)) => Some(Change::Added),
            (Some(_), None) => Some(Change::Removed),
            _ => None,
        };
    }
    found
}

fn of_atom(atom: Atom<'_>, old: Option<&Value>, new: Option<&Value>) -> Found {
    match atom {
        Atom::List(list) if !atom.is_atomic() => match (items(old), items(new)) {
            (None | Some([]), None | Some([])) => piece(old, new),
            (old, new) => Found { own: None, below: of_lists(list, old.unwrap_or_default(), new.unwrap_or_default()) },
        },
        Atom::Map(shape, false) => {
            let (old_fields, new_fields) = (fields(old), fields(new));
            if old_fields.is_none_or(serde_json::Map::is_empty) && new_fields.is_none_or(serde_json::Map::is_empty) {
                return piece(old, new);
            }
            let mut below = Comparison::default();
            for name in names(old_fields, new_fields) {
                let Some(shape) = shape.field(name) else { continue };
                let found =
                    walk(shape, old_fields.and_then(|old| old.get(name)), new_fields.and_then(|new| new.get(name)));
                below.attach(&PathElement::field(name), found);
            }
            Found { own: None, below }
        }
        _ => piece(old, new),
    }
}

fn piece(old: Option<&Value>, new: Option<&Value>) -> Found {
    let own = match (old, new) {
        (None, _) => Some(Change::Added),
        (_, None) => Some(Change::Removed),
        (Some(old), Some(new)) => (!same(old, new)).then_some(Change::Modified),
    };
    Found { own, ..Found::default() }
}

fn of_lists(list: List<'_>, old: &[Value], new: &[Value]) -> Comparison {
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
        let own = |own| Found { own: Some(own), ..Found::default() };
        match (old.as_slice(), new.as_slice()) {
            ([] | [_], [] | [_]) => {
                below.attach(&element, walk(list.items, old.first().copied(), new.first().copied()));
            }
            ([_, _, ..], [_, _, ..]) => {
                if old.len() != new.len() || old.iter().zip(&new).any(|(old, new)| !same(old, new)) {
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
