//! Repair of `allOf`, `anyOf`, `oneOf` and `not`: they may only contain value validations of fields that the schema around
//! them contains.

use super::edit::{INT_OR_STRING, flag, get, get_mut, remove, set, type_of};
use super::keywords::{Outcome, fits};
use crate::definition::{SCHEMA, TYPES};
use crate::read::properties::FORBIDDEN;
use crate::yaml::{Content, Node};

/// Keywords that are only allowed outside.
/// Source: `validateNestedValueValidation` of `apiextensions-apiserver/pkg/apiserver/schema/validation.go`.
const OUTSIDE: [&str; 12] = [
    "type",
    "default",
    "nullable",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
    "uniqueItems",
];

/// Keywords without an effect on values.
const ANNOTATIONS: [&str; 4] = ["title", "description", "example", "externalDocs"];

/// Removes combinations that are not value validations. Objects then may have the fields that only these named.
pub(super) fn repair(schema: &mut Node, outcome: &mut Outcome) {
    if flag(schema, INT_OR_STRING) {
        return;
    }
    for keyword in ["allOf", "anyOf", "oneOf", "not"] {
        // The schema without the combination is compared with the combination.
        let Some(value) = get_mut(schema, keyword) else { continue };
        let content = std::mem::replace(&mut value.content, Content::Null);
        let content = match content {
            Content::List(items) => list(keyword, items, schema, outcome),
            other => one(keyword, Node { at: value.at, content: other }, schema, outcome),
        };
        match content {
            Some(content) => set(schema, keyword, content),
            None => {
                remove(schema, keyword);
            }
        }
    }
}

/// Returns the value of `not` if it is a value validation.
fn one(keyword: &str, mut inner: Node, outer: &Node, outcome: &mut Outcome) -> Option<Content> {
    if inner.content == Content::Null {
        return None;
    }
    let is_trimmed = trim(&mut inner, outer);
    let Some(problem) = fault(&inner, outer) else {
        report_trimmed(is_trimmed, &inner, keyword, outcome);
        return Some(inner.content);
    };
    outcome.opens |= problem.names_fields;
    outcome.fault(inner.at, format!("{keyword}: {}", problem.text), format!("{keyword} is removed"));
    None
}

/// Returns the value validations of a list: each item of `allOf` is independent, other lists are all or nothing.
fn list(keyword: &str, items: Vec<Node>, outer: &Node, outcome: &mut Outcome) -> Option<Content> {
    let mut kept = Vec::new();
    for (index, mut inner) in items.into_iter().enumerate() {
        let is_trimmed = trim(&mut inner, outer);
        let name = format!("{keyword}[{index}]");
        let Some(problem) = fault(&inner, outer) else {
            report_trimmed(is_trimmed, &inner, &name, outcome);
            kept.push(inner);
            continue;
        };
        let text = format!("{name}: {}", problem.text);
        outcome.opens |= problem.names_fields;
        if keyword != "allOf" {
            outcome.fault(inner.at, text, format!("{keyword} is removed"));
            return None;
        }
        outcome.fault(inner.at, text, "it is removed");
    }
    (!kept.is_empty()).then_some(Content::List(kept))
}

fn report_trimmed(is_trimmed: bool, inner: &Node, name: &str, outcome: &mut Outcome) {
    if is_trimmed {
        let problem = format!("{name}: types and descriptions are only allowed outside");
        outcome.fault(inner.at, problem, "repeated types, and descriptions, are removed");
    }
}

/// Returns whether a combination without a type is that of an integer or a string.
pub(super) fn is_int_or_string(schema: &Node) -> bool {
    let Some(Content::List(items)) = get(schema, "anyOf").map(|list| &list.content) else { return false };
    let has = |name: &str| items.iter().any(|item| type_of(item) == Some(name) && item.entries().len() == 1);
    items.len() == 2 && has("integer") && has("string")
}

struct Problem {
    text: String,
    /// Whether the combination names fields that the schema around it does not contain.
    names_fields: bool,
}

impl Problem {
    fn new(text: String) -> Self {
        Problem { text, names_fields: false }
    }
}

/// Returns why a schema is not a value validation of `outer`.
fn fault(inner: &Node, outer: &Node) -> Option<Problem> {
    if !matches!(inner.content, Content::Map(_)) {
        return Some(Problem::new(format!("a schema must be a mapping, found {}", inner.kind())));
    }
    for (key, value) in inner.entries().iter().filter(|(_, value)| value.content != Content::Null) {
        let name = key.name.as_str();
        if FORBIDDEN.contains(&name) || name == "$schema" {
            return Some(Problem::new(format!("{name} is not allowed in a CRD")));
        }
        if OUTSIDE.contains(&name) && !matches!(value.content, Content::Bool(false)) {
            let names_fields = name == "additionalProperties";
            return Some(Problem { text: format!("{name} is only allowed outside"), names_fields });
        }
        let shape = SCHEMA.fields.iter().find(|field| field.json == name).map(|field| &field.shape);
        let is_list_of_items = name == "items" && matches!(value.content, Content::List(_));
        if is_list_of_items || shape.is_some_and(|shape| !fits(shape, value)) {
            return Some(Problem::new(format!("{name} must not be {}", value.kind())));
        }
    }
    nested(inner, outer)
}

/// Returns why a schema inside of a value validation is not one.
fn nested(inner: &Node, outer: &Node) -> Option<Problem> {
    for (key, property) in get(inner, "properties").map(Node::entries).unwrap_or_default() {
        let Some(known) = get(outer, "properties").and_then(|properties| properties.get(&key.name)) else {
            let text = format!("{} is only named here, not in properties outside", key.name);
            return Some(Problem { text, names_fields: true });
        };
        if let Some(problem) = fault(property, known) {
            return Some(problem);
        }
    }
    if let Some(items) = get(inner, "items") {
        let Some(known) = get(outer, "items") else {
            return Some(Problem::new("items is only named here, not outside".to_owned()));
        };
        if let Some(problem) = fault(items, known) {
            return Some(problem);
        }
    }
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| match &get(inner, keyword)?.content {
        Content::List(schemas) => Some(schemas),
        _ => None,
    });
    lists.flatten().chain(get(inner, "not")).find_map(|schema| fault(schema, outer))
}

/// Removes annotations and types that `outer` also has: this changes no validation. Returns whether there were any.
fn trim(inner: &mut Node, outer: &Node) -> bool {
    let mut is_trimmed = false;
    for name in ANNOTATIONS {
        is_trimmed |= remove(inner, name);
    }
    if type_of(inner).is_some_and(|name| type_of(outer) == Some(name) && TYPES.contains(&name)) {
        is_trimmed |= remove(inner, "type");
    }
    if let Some(Node { content: Content::Map(properties), .. }) = get_mut(inner, "properties") {
        for (key, property) in properties {
            if let Some(known) = get(outer, "properties").and_then(|properties| properties.get(&key.name)) {
                is_trimmed |= trim(property, known);
            }
        }
    }
    if let (Some(items), Some(known)) = (get_mut(inner, "items"), get(outer, "items")) {
        is_trimmed |= trim(items, known);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if let Some(Node { content: Content::List(schemas), .. }) = get_mut(inner, keyword) {
            for schema in schemas {
                is_trimmed |= trim(schema, outer);
            }
        }
    }
    is_trimmed | get_mut(inner, "not").is_some_and(|not| trim(not, outer))
}
