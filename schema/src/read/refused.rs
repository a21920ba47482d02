//! What the API server's own validation finds in a definition, next to what the reader itself reports.

use serde_json::Value;

use super::context::Context;
use crate::definition;
use crate::object::FieldError;
use crate::problem::Mistake;
use crate::yaml::{Content, Node, Position};

/// An error of the API server, and where in the document it is.
pub(super) struct Refused {
    error: FieldError,
    /// The steps from the root of the document.
    steps: Vec<Step>,
    version: Option<String>,
    /// The path in the version's schema, such as `.spec.parts[]`.
    path: Option<String>,
    /// The field as seen from there.
    field: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Lets the API server's validation decide about the problems from `since` on, which the reader has found in one definition:
/// where it accepts the definition, only types that cannot be decoded remain. Returns what it alone finds.
pub(super) fn decide(document: &mut Value, since: usize, context: &mut Context) -> Vec<Refused> {
    let errors = errors(document);
    if errors.is_empty() {
        let found = context.problems.split_off(since);
        let is_type = |mistake: &Mistake| !matches!(mistake, Mistake::Unstructural(_) | Mistake::WrongValue { .. });
        context.problems.extend(found.into_iter().filter(|problem| is_type(&problem.mistake)));
        return Vec::new();
    }
    let known = &context.problems[since..];
    let refused = errors.into_iter().map(|error| Refused::new(error, document));
    let is_known = |refused: &Refused| {
        known.iter().any(|problem| {
            let (version, path) = (&problem.place.version, &problem.place.path);
            version.is_none() || (*version == refused.version && (path.is_none() || *path == refused.path))
        })
    };
    refused.filter(|refused| !is_known(refused)).collect()
}

/// The API server's errors. Which version is stored is decided when the sources of a definition are merged.
fn errors(document: &mut Value) -> Vec<FieldError> {
    let Some(spec) = document.get("spec").filter(|spec| spec.is_object()) else { return Vec::new() };
    let kept = ["names", "conversion"].map(|name| (name, spec.get(name).cloned()));
    definition::set_defaults(document);
    let mut errors = definition::validate(document, definition::any_resource);
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
    let is_of_merged = |error: &FieldError| {
        error.field.starts_with("status") || error.detail.ends_with("exactly one version marked as storage version")
    };
    errors.into_iter().filter(|error| !is_of_merged(error)).collect()
}

impl Refused {
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
        Refused { error, steps, version, path, field }
    }

    /// Reports the error at its position in the definition's node.
    pub(super) fn report(self, node: Option<&Node>, context: &mut Context) {
        let outer = context.place.clone();
        let at = node.map_or(Position::default(), |node| position(node, &self.steps));
        context.place.version = self.version;
        context.place.path = self.path;
        let separator = if self.field.is_empty() { "" } else { ": " };
        let error = FieldError { detail: without_value(&self.error.detail).to_owned(), ..self.error };
        context.problem(at, Mistake::Refused(format!("{}{separator}{}", self.field, error.body())));
        context.place = outer;
    }
}

/// What is wrong, without the value in Go's form that precedes it in the API server's message.
fn without_value(detail: &str) -> &str {
    if !detail.starts_with(['{', '[']) {
        return detail;
    }
    let mut values = serde_json::Deserializer::from_str(detail).into_iter::<Value>();
    let _ = values.next();
    detail[values.byte_offset()..].trim_start_matches([':', ' '])
}

/// `spec.versions[0].schema.properties[a.b]` as steps.
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

/// Steps of the API server's internal form as those of the document: what all versions share is in the first.
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

/// The steps below the root of a schema as a path, and what follows it.
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

/// The position of the deepest node on the way.
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
