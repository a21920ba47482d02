//! Validation of a value against its shape.
//!
//! Source: `structured-merge-diff/typed/validate.go`.

use std::collections::BTreeSet;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::is_scalar;
use crate::path::PathElement;
use crate::shape::{Atom, Identity, List, Scalar, Shape};

/// The errors in a value: a path and a message each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeErrors(pub(crate) Vec<(String, String)>);

impl std::fmt::Display for ShapeErrors {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = |(path, message): &(String, String)| {
            if path.is_empty() { message.clone() } else { format!("{path}: {message}") }
        };
        match self.0.as_slice() {
            [one] => out.write_str(&line(one)),
            many => {
                out.write_str("errors:")?;
                many.iter().try_for_each(|one| write!(out, "\n  {}", line(one)))
            }
        }
    }
}

impl std::error::Error for ShapeErrors {}

/// Checks a value. Stored objects may contain duplicate list items.
pub(crate) fn check(shape: Shape<'_>, value: &Value, allow_duplicates: bool) -> Result<(), ShapeErrors> {
    let mut checker = Checker { errors: Vec::new(), path: Vec::new(), allow_duplicates };
    checker.value(shape, value);
    if checker.errors.is_empty() { Ok(()) } else { Err(ShapeErrors(checker.errors)) }
}

struct Checker {
    errors: Vec<(String, String)>,
    path: Vec<String>,
    allow_duplicates: bool,
}

impl Checker {
    fn fail(&mut self, message: String) {
        self.errors.push((self.path.concat(), message));
    }

    fn below(&mut self, element: &PathElement, shape: Shape<'_>, value: &Value) {
        self.path.push(element.to_string());
        self.value(shape, value);
        self.path.pop();
    }

    fn value(&mut self, shape: Shape<'_>, value: &Value) {
        match (shape.atom(Some(value)), value) {
            (_, Value::Null) => {}
            (Atom::Scalar(scalar), value) if !is_scalar(scalar, value) => self.fail(mismatch(scalar, value)),
            (Atom::Scalar(_), _) => {}
            (Atom::List(list), Value::Array(items)) => self.list(list, items),
            (Atom::List(_), value) => self.fail(format!("expected list, got {}", format_pointer(value))),
            (Atom::Map(shape, _), Value::Object(fields)) => {
                for (name, value) in fields {
                    let element = PathElement::field(name);
                    if let Some(shape) = shape.field(name) {
                        self.below(&element, shape, value);
                    } else {
                        self.path.push(element.to_string());
                        self.fail("field not declared in schema".to_owned());
                        self.path.pop();
                        return;
                    }
                }
            }
            (Atom::Map(..), value) => self.fail(format!("expected map, got {}", format_pointer(value))),
        }
    }

    fn list(&mut self, list: List<'_>, items: &[Value]) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let element = match list.identity {
                Identity::None => PathElement::Index(i64::try_from(index).unwrap_or(i64::MAX)),
                Identity::Value | Identity::Keys(_) => match list.element(item) {
                    Err(message) => return self.fail(format!("element {index}: {}", with_key_names(message, list))),
                    Ok(element) => {
                        if !seen.insert(element.clone()) && !self.allow_duplicates {
                            self.fail(format!("duplicate entries for key {element}"));
                        }
                        element
                    }
                },
            };
            self.below(&element, list.items, item);
        }
    }
}

/// Adds the names of the keys to a message that lists them.
fn with_key_names(message: &str, list: List<'_>) -> String {
    match list.identity {
        Identity::Keys(names) if message.ends_with("key fields") => {
            let names: Vec<String> = names.iter().map(|name| go::quoted(name)).collect();
            let names = names.join(" ");
            format!("{message} [{names}] (and doesn't have default values for any key fields)")
        }
        _ => message.to_owned(),
    }
}

fn mismatch(scalar: Scalar, value: &Value) -> String {
    match scalar {
        Scalar::Numeric => format!("expected numeric (int or float), got {}", go::type_name(value)),
        Scalar::String => format!("expected string, got &value.valueUnstructured{{Value:{}}}", go::syntax(value)),
        Scalar::Boolean => format!("expected boolean, got {}", format_pointer(value)),
        Scalar::Untyped => format!("expected any scalar, got {}", format_pointer(value)),
    }
}

/// Formats a pointer to the value as `%v` does.
fn format_pointer(value: &Value) -> String {
    format!("&{{{}}}", go::plain(value))
}
