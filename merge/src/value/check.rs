//! Whether a value has its shape.
//!
//! Source: `structured-merge-diff/typed/validate.go`.

use std::collections::BTreeSet;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::is_scalar;
use crate::path::PathElement;
use crate::shape::{Atom, Identity, List, Scalar, Shape};

/// What is wrong with values of a shape: a path and a message each.
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

/// Checks a value. Where the API server reads what it has stored, lists may hold an item twice.
pub(crate) fn check(shape: Shape<'_>, value: &Value, may_repeat: bool) -> Result<(), ShapeErrors> {
    let mut checker = Checker { errors: Vec::new(), path: Vec::new(), may_repeat };
    checker.value(shape, value);
    if checker.errors.is_empty() { Ok(()) } else { Err(ShapeErrors(checker.errors)) }
}

struct Checker {
    errors: Vec<(String, String)>,
    path: Vec<String>,
    may_repeat: bool,
}

impl Checker {
    fn fail(&mut self, message: String) {
        self.errors.push((self.path.concat(), message));
    }

    fn below(&mut self, element: &PathElement, shape: Shape<'_>, value: &Value) {
        // A path is only written where there is somewhere to go wrong further down.
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
            (Atom::List(_), value) => self.fail(format!("expected list, got {}", shown(value))),
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
            (Atom::Map(..), value) => self.fail(format!("expected map, got {}", shown(value))),
        }
    }

    fn list(&mut self, list: List<'_>, items: &[Value]) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let element = match list.identity {
                Identity::None => PathElement::Index(i64::try_from(index).unwrap_or(i64::MAX)),
                Identity::Value | Identity::Keys(_) => match list.element(item) {
                    Err(why) => return self.fail(format!("element {index}: {}", explain(why, list))),
                    Ok(element) => {
                        if !seen.insert(element.clone()) && !self.may_repeat {
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

/// The message with the names of the keys, where it tells them.
fn explain(why: &str, list: List<'_>) -> String {
    match list.identity {
        Identity::Keys(names) if why.ends_with("key fields") => {
            let names: Vec<String> = names.iter().map(|name| go::quoted(name)).collect();
            let names = names.join(" ");
            format!("{why} [{names}] (and doesn't have default values for any key fields)")
        }
        _ => why.to_owned(),
    }
}

fn mismatch(scalar: Scalar, value: &Value) -> String {
    let go_type = match value {
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) | Value::Null => "map[string]interface {}",
    };
    match scalar {
        Scalar::Numeric => format!("expected numeric (int or float), got {go_type}"),
        Scalar::String => format!("expected string, got &value.valueUnstructured{{Value:{}}}", go::syntax(value)),
        Scalar::Boolean => format!("expected boolean, got {}", shown(value)),
        Scalar::Untyped => format!("expected any scalar, got {}", shown(value)),
    }
}

/// A pointer to the value, as `%v` writes it.
fn shown(value: &Value) -> String {
    format!("&{{{}}}", go::plain(value))
}
