//! Which objects a list or a watch is about.
//!
//! Source: `apimachinery/pkg/labels/selector.go`, `apimachinery/pkg/fields/selector.go`.

mod labels;

use std::collections::BTreeSet;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::{metadata, validate};
use crate::kinds::Kind;
use crate::status::Failure;

/// A selection of objects by labels and fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Requirement {
    label: String,
    must: Must,
}

#[derive(Clone, Debug)]
enum Must {
    Be(BTreeSet<String>),
    NotBe(BTreeSet<String>),
    Exist,
    NotExist,
    BeAbove(i64),
    BeBelow(i64),
}

#[derive(Clone, Debug)]
struct Field {
    path: String,
    value: String,
    equal: bool,
}

impl Selection {
    /// Reads both selectors.
    pub(crate) fn parse(kind: &Kind, version: &str, labels: &str, fields: &str) -> Result<Self, Failure> {
        let labels = labels::parse(labels).map_err(Failure::bad_request)?;
        Ok(Selection { labels, fields: parse_fields(kind, version, fields)? })
    }

    /// One object by its name.
    pub(crate) fn of_name(name: &str) -> Self {
        let field = Field { path: "metadata.name".to_owned(), value: name.to_owned(), equal: true };
        Selection { fields: vec![field], ..Selection::default() }
    }

    /// Whether every object is selected.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The one name that an object must have, if it must have one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.fields.iter().find(|field| field.equal && field.path == "metadata.name").map(|field| field.value.as_str())
    }

    pub(crate) fn selects(&self, object: &Value) -> bool {
        self.labels.iter().all(|requirement| requirement.holds(object))
            && self.fields.iter().all(|field| field.holds(object))
    }
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let value = metadata::get(object, "labels").and_then(|labels| labels.get(&self.label)).and_then(Value::as_str);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.must {
            Must::Be(values) => value.is_some_and(|value| values.contains(value)),
            Must::NotBe(values) => value.is_none_or(|value| !values.contains(value)),
            Must::Exist => value.is_some(),
            Must::NotExist => value.is_none(),
            Must::BeAbove(than) => number().is_some_and(|number| number > *than),
            Must::BeBelow(than) => number().is_some_and(|number| number < *than),
        }
    }
}

impl Field {
    fn holds(&self, object: &Value) -> bool {
        let found = match self.path.as_str() {
            "metadata.name" => metadata::text(object, "name").to_owned(),
            "metadata.namespace" => metadata::text(object, "namespace").to_owned(),
            path => match validate::at(object, path) {
                None | Some(Value::Null) => String::new(),
                Some(value) => go::plain(value),
            },
        };
        (found == self.value) == self.equal
    }
}

/// Whether a text is a field selector, whatever fields it names.
pub(crate) fn check_fields(text: &str) -> Result<(), Failure> {
    let terms = split_terms(text).into_iter().filter(|term| !term.is_empty());
    terms.map(|term| parse_term(text, &term)).try_for_each(|parsed| parsed.map(drop))
}

/// A term of a field selector: the field, the value, and whether they are to be equal.
///
/// Source: `splitTerm` and `parseSelector` of `apimachinery/pkg/fields/selector.go`.
fn parse_term(text: &str, term: &str) -> Result<(String, String, bool), Failure> {
    let Some(at) = term
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| term[*at..].starts_with(['=', '!']) && is_operator(&term[*at..]))
    else {
        return Err(Failure::bad_request(format!("invalid selector: '{text}'; can't understand '{term}'")));
    };
    let (path, rest) = term.split_at(at);
    let (rest, equal) = match rest.strip_prefix("!=") {
        Some(rest) => (rest, false),
        None => (rest.strip_prefix("==").unwrap_or_else(|| &rest[1..]), true),
    };
    Ok((path.to_owned(), unescaped(rest)?, equal))
}

fn is_operator(text: &str) -> bool {
    text.starts_with('=') || text.starts_with("!=")
}

/// A value of a field selector without its backslashes.
fn unescaped(value: &str) -> Result<String, Failure> {
    let wrong = |why: String| Failure::bad_request(format!("invalid field selector: {why}"));
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                other => {
                    return Err(wrong(format!(
                        "invalid escape sequence: \\{}",
                        other.map(String::from).unwrap_or_default()
                    )));
                }
            },
            ',' | '=' => return Err(wrong(format!("unescaped character in value: {}", u32::from(c)))),
            c => out.push(c),
        }
    }
    Ok(out)
}

fn parse_fields(kind: &Kind, version: &str, text: &str) -> Result<Vec<Field>, Failure> {
    let mut fields = Vec::new();
    for term in split_terms(text).into_iter().filter(|term| !term.is_empty()) {
        let (path, value, equal) = parse_term(text, &term)?;
        let path = path.as_str();
        let selectable = kind.version(version).map(|version| version.selectable_fields.as_slice()).unwrap_or_default();
        let known = path == "metadata.name"
            || (path == "metadata.namespace" && kind.namespaced)
            || selectable.iter().any(|field| field.trim_start_matches('.') == path)
            || builtin(kind, path);
        if !known {
            return Err(Failure::bad_request(unknown(kind, path)));
        }
        let value = value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\");
        fields.push(Field { path: path.to_owned(), value, equal });
    }
    Ok(fields)
}

/// The message for a field that cannot be selected: kinds without selectable fields list the known ones.
fn unknown(kind: &Kind, path: &str) -> String {
    let has_own = matches!(kind.resource.resource.as_str(), "namespaces" | "secrets" | "pods" | "services" | "events");
    if kind.is_typed() && !has_own {
        let path = go::quoted(path);
        return format!("{path} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }
    format!("field label not supported: {path}")
}

/// Fields of built-in kinds that can be selected.
fn builtin(kind: &Kind, path: &str) -> bool {
    match (kind.resource.group.as_str(), kind.resource.resource.as_str()) {
        ("", "namespaces") => path == "status.phase",
        ("", "secrets") => path == "type",
        ("", "pods") => matches!(
            path,
            "spec.nodeName"
                | "spec.restartPolicy"
                | "spec.schedulerName"
                | "spec.serviceAccountName"
                | "status.phase"
                | "status.podIP"
        ),
        ("", "services") => matches!(path, "spec.clusterIP" | "spec.type"),
        ("", "events") => matches!(
            path,
            "involvedObject.kind"
                | "involvedObject.namespace"
                | "involvedObject.name"
                | "involvedObject.uid"
                | "involvedObject.apiVersion"
                | "involvedObject.resourceVersion"
                | "involvedObject.fieldPath"
                | "reason"
                | "type"
                | "reportingComponent"
                | "source"
        ),
        ("events.k8s.io", "events") => matches!(
            path,
            "regarding.kind"
                | "regarding.namespace"
                | "regarding.name"
                | "regarding.uid"
                | "regarding.apiVersion"
                | "regarding.resourceVersion"
                | "regarding.fieldPath"
                | "reason"
                | "type"
                | "reportingController"
        ),
        _ => false,
    }
}

/// Splits terms at commas that no backslash precedes.
fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            ',' if !escaped => terms.push(String::new()),
            c => {
                if let Some(term) = terms.last_mut() {
                    term.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}
