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

fn parse_fields(kind: &Kind, version: &str, text: &str) -> Result<Vec<Field>, Failure> {
    let mut fields = Vec::new();
    for term in split_terms(text).into_iter().filter(|term| !term.is_empty()) {
        let (path, value, equal) = if let Some((path, value)) = term.split_once("!=") {
            (path, value, false)
        } else if let Some((path, value)) = term.split_once("==") {
            (path, value, true)
        } else if let Some((path, value)) = term.split_once('=') {
            (path, value, true)
        } else {
            let message = format!("invalid selector: '{text}'; can't understand '{term}'");
            return Err(Failure::bad_request(message));
        };
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

/// What is said of a field that cannot be selected: kinds without fields of their own say which they know.
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

/// Terms between commas that no backslash stands before.
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
