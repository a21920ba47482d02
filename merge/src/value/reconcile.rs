//! Adjustments of sets of paths to the current schema.
//!
//! Source: `structured-merge-diff/typed/reconcile_schema.go`, `fieldpath/set.go`.

use crate::path::PathElement;
use crate::set::Set;
use crate::shape::{Atom, Shape};

/// Returns the set with the paths below each value that has become atomic replaced by the value's own path.
pub(crate) fn reconciled(shape: Shape<'_>, set: &Set) -> Set {
    let mut out = Set { members: set.members.clone(), ..Set::new() };
    for (element, below) in &set.children {
        let Some(inner) = below_element(shape, element) else {
            out.attach(element, below.clone());
            continue;
        };
        let atom = inner.atom(None);
        if !below.is_empty() && atom.is_atomic() && !matches!(atom, Atom::Scalar(_)) {
            out.members.insert(element.clone());
        } else if inner.is_free() {
            out.attach(element, below.clone());
        } else {
            out.attach(element, reconciled(inner, below));
        }
    }
    out
}

/// Returns the set with a path added for each field that the schema names and that has paths below it.
pub(crate) fn with_named_fields(shape: Option<Shape<'_>>, set: &Set) -> Set {
    let mut out = Set { members: set.members.clone(), ..Set::new() };
    for (element, below) in &set.children {
        if let (PathElement::Field(name), Some(shape)) = (element, shape)
            && let Atom::Map(shape, _) = shape.atom(None)
            && shape.names(name)
        {
            out.members.insert(element.clone());
        }
        let inner = shape.and_then(|shape| below_element(shape, element));
        // Inserted even if empty, unlike `attach`.
        out.children.insert(element.clone(), with_named_fields(inner, below));
    }
    out
}

fn below_element<'s>(shape: Shape<'s>, element: &PathElement) -> Option<Shape<'s>> {
    match (shape.atom(None), element) {
        (Atom::Map(shape, _), PathElement::Field(name)) => shape.field(name),
        (Atom::List(list), PathElement::Key(_) | PathElement::Value(_)) => Some(list.items),
        _ => None,
    }
}
