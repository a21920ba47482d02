//! The paths of a value: the fields that its applier owns.
//!
//! Source: `structured-merge-diff/typed/tofieldset.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::PathElement;
use crate::set::Set;
use crate::shape::{Atom, List, Shape};

/// Returns the paths of a value.
pub(crate) fn field_set(shape: Shape<'_>, value: &Value) -> Set {
    walk(shape, value).below
}

#[derive(Default)]
struct Paths {
    /// Whether the value itself is a path.
    own: bool,
    below: Set,
}

fn walk(shape: Shape<'_>, value: &Value) -> Paths {
    let atom = shape.atom(Some(value));
    if atom.is_atomic() {
        return Paths { own: true, ..Paths::default() };
    }
    match (atom, value) {
        (Atom::List(list), Value::Array(items)) => Paths { own: false, below: item_paths(list, items) },
        (Atom::Map(shape, _), Value::Object(fields)) => {
            let mut below = Set::new();
            for (name, value) in fields {
                let Some(field) = shape.field(name) else { continue };
                let element = PathElement::field(name);
                let paths = walk(field, value);
                let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                below.attach(&element, paths.below);
                if paths.own || is_empty || !shape.names(name) {
                    below.members.insert(element);
                }
            }
            Paths { own: false, below }
        }
        _ => Paths::default(),
    }
}

/// Returns the paths of a list's items. Duplicate items are owned as a whole.
fn item_paths(list: List<'_>, items: &[Value]) -> Set {
    let mut below = Set::new();
    let elements: Vec<Option<PathElement>> = items.iter().map(|item| list.element(item).ok()).collect();
    let mut seen = BTreeSet::new();
    let repeated: BTreeSet<&PathElement> = elements.iter().flatten().filter(|element| !seen.insert(*element)).collect();
    for (element, item) in elements.iter().zip(items) {
        let Some(element) = element else { continue };
        if !repeated.contains(element) {
            below.attach(element, walk(list.items, item).below);
        }
        below.members.insert(element.clone());
    }
    below
}
