//! Repair of the structure of a schema.

use super::Report;
use super::combinations;
use super::edit::{
    EMBEDDED, INT_OR_STRING, LIST_KEYS, LIST_TYPE, MAP_TYPE, PRESERVE, any, flag, get, get_mut, make_any,
    make_any_object, remove, set, type_of,
};
use super::keywords::{self, Outcome};
use crate::yaml::{Content, Node};

/// A walk over the schemas of a version.
pub(super) struct Schemas<'r> {
    pub(super) report: &'r mut Report,
    /// The path of the current schema.
    pub(super) path: String,
}

impl Schemas<'_> {
    /// Repairs the schema of a version, a mapping.
    pub(super) fn root(&mut self, root: &mut Node) {
        let mut outcome = keywords::repair(root);
        let implied = keywords::implied_type(root);
        if type_of(root) != Some("object") || outcome.is_any {
            if implied == Some("object") && !outcome.is_any {
                outcome.fault(root.at, "the root must have type: object", "the type is object");
                set(root, "type", Content::String("object".to_owned()));
            } else {
                outcome.fault(root.at, "the root must have type: object", "any object is accepted");
                make_any_object(root);
            }
        }
        if remove(root, "nullable") {
            outcome.fault(root.at, "nullable is not allowed at the root", "it is removed");
        }
        if let Some(values) = get(root, "additionalProperties") {
            outcome.opens |= values.content != Content::Bool(false);
            outcome.fault(values.at, "additionalProperties is not allowed at the root", "it is removed");
            remove(root, "additionalProperties");
        }
        structure(root, &mut outcome);
        self.finish(root, outcome);
        self.below(root);
    }

    /// Repairs a schema outside of `allOf`, `anyOf`, `oneOf` and `not`.
    fn complete(&mut self, schema: &mut Node) {
        if !matches!(schema.content, Content::Map(_)) {
            let problem = format!("a schema must be a mapping, found {}", schema.kind());
            *schema = any(schema.at);
            return self.note(schema.at, &problem, ANY);
        }
        let mut outcome = keywords::repair(schema);
        if let Some(implied) = keywords::implied_type(schema).filter(|_| !outcome.is_any && !is_typed(schema)) {
            outcome.fault(schema.at, "type is missing", format!("the type is {implied}"));
            set(schema, "type", Content::String(implied.to_owned()));
        }
        if !outcome.is_any && !is_typed(schema) && combinations::is_int_or_string(schema) {
            outcome.fault(schema.at, format!("anyOf of integer and string needs {INT_OR_STRING}"), "it is set");
            remove(schema, "anyOf");
            set(schema, INT_OR_STRING, Content::Bool(true));
        }
        structure(schema, &mut outcome);
        if !outcome.is_any && !is_typed(schema) {
            outcome.is_any = true;
            // The schema that `$ref` names has the type.
            if !outcome.faults.iter().any(|fault| fault.problem.starts_with("$ref")) {
                outcome.fault(schema.at, "type is missing", "");
            }
        }
        self.finish(schema, outcome);
        self.below(schema);
    }

    /// Applies and reports the outcome of a schema.
    fn finish(&mut self, schema: &mut Node, outcome: Outcome) {
        if outcome.is_any {
            let problems: Vec<&str> = outcome.faults.iter().map(|fault| fault.problem.as_str()).collect();
            let at = outcome.faults.first().map_or(schema.at, |fault| fault.at);
            make_any(schema);
            return self.note(at, &problems.join(", and "), ANY);
        }
        let mut faults = outcome.faults;
        if outcome.opens && type_of(schema) == Some("object") && !flag(schema, PRESERVE) {
            set(schema, PRESERVE, Content::Bool(true));
            if let Some(fault) = faults.last_mut() {
                fault.change.push_str(", and the object may have any fields");
            }
        }
        for fault in faults {
            self.note(fault.at, &fault.problem, &fault.change);
        }
    }

    fn below(&mut self, schema: &mut Node) {
        if let Some(Node { content: Content::Map(properties), .. }) = get_mut(schema, "properties") {
            for (key, property) in properties {
                self.at([".", &key.name], property);
            }
        }
        for (keyword, step) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = get_mut(schema, keyword).filter(|inner| !is_absent_or_boolean(inner)) {
                self.at([step, ""], inner);
            }
        }
    }

    fn at(&mut self, step: [&str; 2], schema: &mut Node) {
        let length = self.path.len();
        self.path.extend(step);
        self.complete(schema);
        self.path.truncate(length);
    }

    fn note(&mut self, at: crate::yaml::Position, problem: &str, change: &str) {
        self.report.place.path = Some(if self.path.is_empty() { ".".to_owned() } else { self.path.clone() });
        self.report.note(at, problem, change);
        self.report.place.path = None;
    }
}

/// The change of a schema that becomes any value.
pub(super) const ANY: &str = "any JSON value is accepted";

fn is_absent_or_boolean(node: &Node) -> bool {
    matches!(node.content, Content::Null | Content::Bool(_))
}

/// Returns whether a schema needs no type, or has one.
fn is_typed(schema: &Node) -> bool {
    type_of(schema).is_some() || flag(schema, PRESERVE) || flag(schema, INT_OR_STRING)
}

/// Repairs the combination of keywords of a schema.
fn structure(schema: &mut Node, outcome: &mut Outcome) {
    if outcome.is_any {
        return;
    }
    if schema.get(PRESERVE).is_some_and(|value| value.content == Content::Bool(false)) {
        outcome.fault(schema.at, format!("{PRESERVE} must not be false"), "it is removed");
        remove(schema, PRESERVE);
    }
    let is = |schema: &Node, name: &str| type_of(schema) == Some(name);
    if flag(schema, EMBEDDED) && !is(schema, "object") {
        outcome.fault(schema.at, format!("{EMBEDDED} needs type: object"), "it is removed");
        remove(schema, EMBEDDED);
    }
    for (names, type_) in [(&[LIST_TYPE, LIST_KEYS][..], "array"), (&[MAP_TYPE], "object")] {
        if get(schema, names[0]).is_some() && !is(schema, type_) {
            outcome.fault(schema.at, format!("{} needs type: {type_}", names[0]), "it is removed");
            for name in names {
                remove(schema, name);
            }
        }
    }
    if flag(schema, INT_OR_STRING) && flag(schema, PRESERVE) {
        outcome.fault(schema.at, format!("{INT_OR_STRING} excludes {PRESERVE}"), "the value is an integer or string");
        remove(schema, PRESERVE);
    }
    if is(schema, "array") && get(schema, "items").is_none() {
        outcome.fault(schema.at, "an array must have items", "items are any JSON value");
        set(schema, "items", any(schema.at).content);
    }
    if flag(schema, "uniqueItems") {
        outcome.fault(schema.at, "uniqueItems must not be true", "it is removed");
        remove(schema, "uniqueItems");
    }
    additional_properties(schema, outcome);
    combinations::repair(schema, outcome);
}

/// `additionalProperties` excludes `properties` and embedded resources.
fn additional_properties(schema: &mut Node, outcome: &mut Outcome) {
    const VALUES: &str = "additionalProperties";
    let Some(values) = get(schema, VALUES) else { return };
    let (at, allows) = (values.at, values.content.clone());
    let has_properties = get(schema, "properties").is_some_and(|properties| !properties.entries().is_empty());
    if flag(schema, EMBEDDED) || (has_properties && allows != Content::Bool(true)) {
        let other = if has_properties { "properties" } else { EMBEDDED };
        outcome.opens |= allows != Content::Bool(false);
        outcome.fault(at, format!("{VALUES} excludes {other}"), format!("{VALUES} is removed"));
        remove(schema, VALUES);
    }
}
