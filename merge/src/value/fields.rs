//! The paths of a value: what an applier owns who sends it.
//!
//! Source: `structured-merge-diff/typed/tofieldset.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::PathElement;
use crate::set::Set;
use crate::shape::{Atom, List, Shape};

/// The paths of a value.
pub(crate) fn field_set(shape: Shape<'_>, value: &Value) -> Set {
    walk(shape, value).below
}

#[derive(Default)]
struct Found {
    /// Whether the value itself is one.
    own: bool,
    below: Set,
}

fn walk(shape: Shape<'_>, value: &Value) -> Found {
    let atom = shape.atom(Some(value));
    if atom.is_atomic() {
        return Found { own: true, ..Found::default() };
    }
    match (atom, value) {
        (Atom::List(list), Value::Array(items)) => Found { own: false, below: of_items(list, items) },
        (Atom::Map(shape, _), Value::Object(fields)) => {
            let mut below = Set::new();
            for (name, value) in fields {
                let Some(field) = shape.field(name) else { continue };
                let element = PathElement::field(name);
                let found = walk(field, value);
                let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                below.attach(&element, found.below);
                if found.own || is_empty || !shape.names(name) {
                    below.members.insert(element);
                }
            }
            Found { own: false, below }
        }
        _ => Found::default(),
    }
}

/// Items that are there twice are owned as a whole.
fn of_items(list: List<'_>, items: &[Value]) -> Set {
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
