//! Keywords of a schema with values that the API server cannot decode, and keywords that it rejects.

use super::edit::{any, get_mut, remove, set, type_of};
use crate::definition::{SCHEMA, Shape, Struct, TYPES};
use crate::read::properties::{EXPECTED_TYPES, FORBIDDEN};
use crate::yaml::{Content, Node, Position};

/// What is wrong with a schema, and the change if the schema keeps its type.
pub(super) struct Fault {
    pub(super) at: Position,
    pub(super) problem: String,
    pub(super) change: String,
}

/// The result of a check of keywords.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) faults: Vec<Fault>,
    /// Whether an object may have fields that the schema no longer describes.
    pub(super) opens: bool,
    /// Whether the type is not known.
    pub(super) is_any: bool,
}

impl Outcome {
    pub(super) fn fault(&mut self, at: Position, problem: impl Into<String>, change: impl Into<String>) {
        self.faults.push(Fault { at, problem: problem.into(), change: change.into() });
    }
}

/// Removes or replaces the keywords of a schema that cannot be decoded or are not allowed anywhere.
pub(super) fn repair(schema: &mut Node) -> Outcome {
    let mut outcome = Outcome::default();
    type_(schema, &mut outcome);
    let names: Vec<String> = schema.entries().iter().map(|(key, _)| key.name.clone()).collect();
    for name in names.iter().filter(|name| *name != "type") {
        let Some(value) = get_mut(schema, name).filter(|value| value.content != Content::Null) else { continue };
        let at = value.at;
        if FORBIDDEN.contains(&name.as_str()) || name == "$schema" {
            outcome.fault(at, format!("{name} is not allowed in a CRD"), "it is removed");
            // These describe fields that the schema then no longer contains.
            outcome.opens |= matches!(name.as_str(), "$ref" | "patternProperties");
            remove(schema, name);
            continue;
        }
        let Some(field) = SCHEMA.fields.iter().find(|field| field.json == *name) else { continue };
        if fits(&field.shape, value) && !(name == "items" && matches!(value.content, Content::List(_))) {
            continue;
        }
        let problem = format!("{name} must be {}, found {}", expected(name, &field.shape), value.kind());
        match name.as_str() {
            "items" | "additionalProperties" => {
                *value = any(at);
                outcome.fault(at, problem, "values are any JSON value");
            }
            _ => {
                remove(schema, name);
                outcome.opens |= name == "properties";
                outcome.fault(at, problem, "it is removed");
            }
        }
    }
    outcome
}

/// Repairs a type that is not one of the API server's: `[string, "null"]` is a nullable string.
fn type_(schema: &mut Node, outcome: &mut Outcome) {
    let Some(value) = schema.get("type").filter(|value| value.content != Content::Null) else { return };
    let at = value.at;
    let one = match &value.content {
        Content::String(name) if name.is_empty() || TYPES.contains(&name.as_str()) => return,
        Content::List(names) => one_type(names).map(str::to_owned),
        _ => None,
    };
    let problem = match value.as_str() {
        Some(name) => format!("type must be {EXPECTED_TYPES}, found {name:?}"),
        None => format!("type must be a string, found {}", value.kind()),
    };
    if let Some(name) = one {
        outcome.fault(at, problem, format!("the type is {name}, or null"));
        set(schema, "type", Content::String(name));
        set(schema, "nullable", Content::Bool(true));
    } else {
        outcome.is_any = true;
        outcome.fault(at, problem, "");
    }
}

/// Returns the only type of a list next to `"null"`.
fn one_type(names: &[Node]) -> Option<&str> {
    let mut found = None;
    for name in names {
        // In YAML, null without quotes is a value.
        let name = if name.content == Content::Null { "null" } else { name.as_str()? };
        match (name, found) {
            ("null", _) => {}
            (_, None) if TYPES.contains(&name) => found = Some(name),
            _ => return None,
        }
    }
    found
}

/// Returns the type that other keywords imply.
pub(super) fn implied_type(schema: &Node) -> Option<&'static str> {
    let has = |name: &str| schema.get(name).is_some_and(|value| matches!(value.content, Content::Map(_)));
    if type_of(schema).is_some() {
        None
    } else if has("properties") || has("additionalProperties") {
        Some("object")
    } else {
        has("items").then_some("array")
    }
}

/// Returns whether Go decodes a value into a field; schemas inside are checked separately, and null is always decoded.
pub(super) fn fits(shape: &Shape, value: &Node) -> bool {
    let each = |inner: &dyn Fn(&Node) -> bool| match &value.content {
        Content::List(items) => items.iter().all(inner),
        _ => false,
    };
    let is_map = |node: &Node| matches!(node.content, Content::Map(_) | Content::Null);
    match (shape, &value.content) {
        (_, Content::Null) | (Shape::Any, _) => true,
        (Shape::Text(_) | Shape::Bytes | Shape::Time, content) => matches!(content, Content::String(_)),
        (Shape::Flag, content) => matches!(content, Content::Bool(_)),
        (Shape::Float, content) => matches!(content, Content::Number(_)),
        (Shape::Integer(type_), Content::Number(number)) => {
            number.as_i64().is_some_and(|number| *type_ == "int64" || i32::try_from(number).is_ok())
        }
        (Shape::AnyList, content) => matches!(content, Content::List(_)),
        (Shape::Texts, _) => each(&|item| matches!(item.content, Content::String(_) | Content::Null)),
        (Shape::Struct(of), _) => fits_struct(of, value),
        (Shape::List(of, _), _) => each(&|item| fits_struct(of, item)),
        (Shape::OneOrMany(_), content) => matches!(content, Content::Map(_) | Content::List(_)),
        (Shape::OrBool(_), content) => matches!(content, Content::Map(_) | Content::Bool(_)),
        (Shape::Map(..) | Shape::Dependencies(_), _) => is_map(value),
        (Shape::Integer(_), _) => false,
    }
}

fn fits_struct(of: &'static Struct, value: &Node) -> bool {
    if value.content == Content::Null {
        return true;
    }
    let is_schema = std::ptr::eq(of, &raw const SCHEMA);
    let shape = |name: &str| of.fields.iter().find(|field| field.json == name).map(|field| &field.shape);
    matches!(value.content, Content::Map(_))
        && (is_schema
            || value.entries().iter().all(|(key, value)| shape(&key.name).is_none_or(|shape| fits(shape, value))))
}

fn expected(name: &str, shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) | Shape::Bytes | Shape::Time => "a string",
        Shape::Flag => "a boolean",
        Shape::Integer(_) => "a whole number",
        Shape::Float => "a number",
        Shape::Texts => "a list of strings",
        Shape::AnyList => "a list",
        Shape::List(..) if name == super::edit::RULES => "a list of rules",
        Shape::List(..) => "a list of schemas",
        Shape::OrBool(_) => "a schema or a boolean",
        Shape::OneOrMany(_) => "a schema",
        Shape::Any | Shape::Struct(_) | Shape::Map(..) | Shape::Dependencies(_) => "a mapping",
    }
}
