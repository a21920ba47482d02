//! Problems that only the validation of the API server finds.

use serde_json::Value;

use super::context::Context;
use crate::definition;
use crate::object::FieldError;
use crate::problem::ProblemKind;
use crate::yaml::{Content, Node, Position};

/// An error of the API server's validation with its place in the document.
pub(super) struct Rejection {
    error: FieldError,
    /// The path from the root of the document.
    pub(super) steps: Vec<Step>,
    pub(super) version: Option<String>,
    /// The path in the version's schema, such as `.spec.parts[]`.
    pub(super) path: Option<String>,
    /// The field relative to `path`.
    field: String,
}

/// A step from a value to one inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

/// Validates a definition as the API server does, and returns the errors that the reader has not found. If the API
/// server accepts the definition, removes the reader's problems from `first_problem` on, except types that cannot be
/// decoded.
pub(super) fn check(document: &mut Value, first_problem: usize, context: &mut Context) -> Vec<Rejection> {
    let found = rejections(document);
    if found.is_empty() {
        let found = context.problems.split_off(first_problem);
        let is_type =
            |kind: &ProblemKind| !matches!(kind, ProblemKind::NotStructural(_) | ProblemKind::WrongValue { .. });
        context.problems.extend(found.into_iter().filter(|problem| is_type(&problem.kind)));
        return Vec::new();
    }
    let known = &context.problems[first_problem..];
    let is_known = |rejection: &Rejection| {
        known.iter().any(|problem| {
            let (version, path) = (&problem.place.version, &problem.place.path);
            version.is_none() || (*version == rejection.version && (path.is_none() || *path == rejection.path))
        })
    };
    found.into_iter().filter(|rejection| !is_known(rejection)).collect()
}

/// Validates a definition as the API server does.
pub(super) fn rejections(document: &mut Value) -> Vec<Rejection> {
    let errors = errors(document);
    errors.into_iter().map(|error| Rejection::new(error, document)).collect()
}

/// Returns the errors of the API server's validation. Storage versions are checked when the sources of a definition are
/// merged.
fn errors(document: &mut Value) -> Vec<FieldError> {
    let Some(spec) = document.get("spec").filter(|spec| spec.is_object()) else { return Vec::new() };
    let kept = ["names", "conversion"].map(|name| (name, spec.get(name).cloned()));
    definition::set_defaults(document);
    let mut errors = definition::validate_source(document);
    if let Some(detail) = definition::required_name(document) {
        let name = document.pointer("/metadata/name").cloned().unwrap_or_default();
        errors.push(FieldError::invalid("metadata.name", name, detail));
    }
    if let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) {
        for (name, value) in kept {
            match value {
                Some(value) => drop(spec.insert(name.to_owned(), value)),
                None => drop(spec.remove(name)),
            }
        }
    }
    document.as_object_mut().into_iter().for_each(|fields| drop(fields.remove("status")));
    errors.retain(|error| !error.field.starts_with("status"));
    errors
}

impl Rejection {
    fn new(error: FieldError, document: &Value) -> Self {
        let steps = in_document(steps(&error.field));
        let version = match &steps[..] {
            [Step::Name(spec), Step::Name(versions), Step::Index(index), ..]
                if spec == "spec" && versions == "versions" =>
            {
                let name = document.pointer(&format!("/spec/versions/{index}/name"));
                name.and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        let (path, field) = match &steps[..] {
            [_, _, _, Step::Name(schema), Step::Name(root), rest @ ..]
                if schema == "schema" && root == "openAPIV3Schema" =>
            {
                let (path, field) = schema_path(rest);
                (Some(path), field)
            }
            _ => (None, error.field.clone()),
        };
        Rejection { error, steps, version, path, field }
    }

    /// Reports the error at its position in the definition.
    pub(super) fn report(self, node: Option<&Node>, context: &mut Context) {
        let outer = context.place.clone();
        let at = node.map_or(Position::default(), |node| self.position(node));
        let text = self.text();
        context.place.version = self.version;
        context.place.path = self.path;
        context.problem(at, ProblemKind::Rejected(text));
        context.place = outer;
    }

    /// Returns the position of the deepest existing node of the path.
    pub(super) fn position(&self, node: &Node) -> Position {
        position(node, &self.steps)
    }

    /// Returns the message with the field below the schema.
    pub(super) fn text(&self) -> String {
        let separator = if self.field.is_empty() { "" } else { ": " };
        let error = FieldError { detail: without_value(&self.error.detail).to_owned(), ..self.error.clone() };
        format!("{}{separator}{}", self.field, error.body())
    }
}

/// Returns the message without the value in Go syntax that the API server's message starts with.
fn without_value(detail: &str) -> &str {
    if !detail.starts_with(['{', '[']) {
        return detail;
    }
    let mut values = serde_json::Deserializer::from_str(detail).into_iter::<Value>();
    let _ = values.next();
    detail[values.byte_offset()..].trim_start_matches([':', ' '])
}

/// Splits a field path such as `spec.versions[0].schema.properties[a.b]`.
fn steps(field: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find("].").or_else(|| inner.find("][")).or_else(|| inner.rfind(']')).unwrap_or(inner.len());
            let key = &inner[..end];
            steps.push(key.parse().map_or_else(|_| Step::Name(key.to_owned()), Step::Index));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    steps
}

/// Converts a path in the API server's internal type to a path in the document: fields shared by all versions are in
/// the first version.
fn in_document(steps: Vec<Step>) -> Vec<Step> {
    let name = |name: &str| Step::Name(name.to_owned());
    let first = || vec![name("spec"), name("versions"), Step::Index(0)];
    let mut out = match steps.get(1) {
        Some(Step::Name(shared)) if shared == "validation" => [first(), vec![name("schema")]].concat(),
        Some(Step::Name(shared)) if shared == "version" => [first(), vec![name("name")]].concat(),
        Some(Step::Name(shared))
            if matches!(shared.as_str(), "subresources" | "additionalPrinterColumns" | "selectableFields") =>
        {
            [first(), vec![name(shared)]].concat()
        }
        _ => steps.iter().take(2).cloned().collect(),
    };
    for step in steps.into_iter().skip(2) {
        match &step {
            Step::Name(text) if text == "webhookClientConfig" => out.extend([name("webhook"), name("clientConfig")]),
            Step::Name(text) if text == "conversionReviewVersions" => out.extend([name("webhook"), step]),
            Step::Name(text) if text == "JSONPath" => out.push(name("jsonPath")),
            _ => out.push(step),
        }
    }
    out
}

/// Splits the path below the root of a schema into the path of a subschema and a field of it.
fn schema_path(steps: &[Step]) -> (String, String) {
    let mut path = String::new();
    let mut rest = steps;
    loop {
        rest = match rest {
            [Step::Name(name), Step::Name(key), after @ ..] if name == "properties" => {
                path.push_str(&format!(".{key}"));
                after
            }
            [Step::Name(name), Step::Index(key), after @ ..] if name == "properties" => {
                path.push_str(&format!(".{key}"));
                after
            }
            [Step::Name(name), Step::Index(index), after @ ..]
                if matches!(name.as_str(), "allOf" | "anyOf" | "oneOf") =>
            {
                path.push_str(&format!(".{name}[{index}]"));
                after
            }
            [Step::Name(name), after @ ..] if name == "not" => {
                path.push_str(".not");
                after
            }
            [Step::Name(name), after @ ..] if name == "items" && !after.is_empty() => {
                path.push_str("[]");
                after
            }
            [Step::Name(name), after @ ..] if name == "additionalProperties" && !after.is_empty() => {
                path.push_str("{}");
                after
            }
            _ => break,
        }
    }
    if path.is_empty() {
        path.push('.');
    }
    let mut field = String::new();
    for step in rest {
        match step {
            Step::Index(index) => field.push_str(&format!("[{index}]")),
            Step::Name(name) if field.is_empty() => field.push_str(name),
            Step::Name(name) => field.push_str(&format!(".{name}")),
        }
    }
    (path, field)
}

/// Returns the position of the deepest existing node of the path.
fn position(node: &Node, steps: &[Step]) -> Position {
    let mut at = node;
    for step in steps {
        let next = match (step, &at.content) {
            (Step::Name(name), _) => at.get(name),
            (Step::Index(index), Content::List(items)) => items.get(*index),
            (Step::Index(index), _) => at.get(&index.to_string()),
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at.at
}
