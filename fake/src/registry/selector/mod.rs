//! Selectors of lists and watches.
//!
//! Source: `apimachinery/pkg/labels/selector.go`, `apimachinery/pkg/fields/selector.go`.

mod builtin;
mod labels;
mod shard;

use std::collections::BTreeSet;

use kube_structural_schema::object::go;
use serde_json::Value;

use super::path;
use crate::kinds::Kind;
use crate::metadata;
use crate::status::Failure;
use shard::Shard;

/// A label selector, a field selector and a shard selector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<Field>,
    shard: Option<Shard>,
}

#[derive(Clone, Debug)]
struct Requirement {
    label: String,
    operator: Operator,
}

#[derive(Clone, Debug)]
enum Operator {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

#[derive(Clone, Debug)]
struct Field {
    path: String,
    /// The value of an object without the field.
    absent: &'static str,
    value: String,
    equal: bool,
}

impl Selection {
    /// Parses both selectors.
    pub(crate) fn parse(kind: &Kind, version: &str, labels: &str, fields: &str) -> Result<Self, Failure> {
        let labels = labels::parse(labels).map_err(Failure::bad_request)?;
        Ok(Selection { labels, fields: parse_fields(kind, version, fields)?, shard: None })
    }

    /// Limits the selection to a shard.
    ///
    /// Source: `apiserver/pkg/registry/generic/registry/store.go`, where the error has no type.
    pub(crate) fn in_shard(self, selector: &str) -> Result<Self, Failure> {
        let shard = Shard::parse(selector);
        let shard = shard.map_err(|reason| Failure::untyped(format!("invalid shard selector: {reason}")))?;
        Ok(Selection { shard: Some(shard), ..self })
    }

    /// Returns the shard selector in its normal form.
    pub(crate) fn shard(&self) -> Option<String> {
        self.shard.as_ref().map(ToString::to_string)
    }

    /// Selects an object by name.
    pub(crate) fn of_name(name: &str) -> Self {
        let path = "metadata.name".to_owned();
        let field = Field { path, absent: "", value: name.to_owned(), equal: true };
        Selection { fields: vec![field], ..Selection::default() }
    }

    /// Whether all objects are selected.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.shard.is_none()
    }

    /// Returns the name that the field selector requires, if any.
    pub(crate) fn name(&self) -> Option<&str> {
        self.fields.iter().find(|field| field.equal && field.path == "metadata.name").map(|field| field.value.as_str())
    }

    pub(crate) fn selects(&self, object: &Value) -> bool {
        self.labels.iter().all(|requirement| requirement.matches(object))
            && self.fields.iter().all(|field| field.matches(object))
            && self.shard.as_ref().is_none_or(|shard| shard.selects(object))
    }
}

impl Requirement {
    fn matches(&self, object: &Value) -> bool {
        let value = metadata::get(object, "labels").and_then(|labels| labels.get(&self.label)).and_then(Value::as_str);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.contains(value)),
            Operator::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan(than) => number().is_some_and(|number| number > *than),
            Operator::LessThan(than) => number().is_some_and(|number| number < *than),
        }
    }
}

impl Field {
    fn matches(&self, object: &Value) -> bool {
        let found = match self.path.as_str() {
            "metadata.name" => metadata::text(object, "name").to_owned(),
            "metadata.namespace" => metadata::text(object, "namespace").to_owned(),
            other => match path::find(object, other) {
                None | Some(Value::Null) => self.absent.to_owned(),
                Some(value) => go::plain(value),
            },
        };
        (found == self.value) == self.equal
    }
}

/// Whether a label selector can be parsed.
pub(super) fn check_labels(text: &str) -> bool {
    labels::parse(text).is_ok()
}

/// Returns the name that a field selector requires, if any.
pub(crate) fn exact_name(text: &str) -> Option<String> {
    let terms = split_terms(text).into_iter().filter(|term| !term.is_empty());
    let terms: Vec<(String, String, bool)> =
        terms.map(|term| parse_term(text, &term)).collect::<Result<_, _>>().ok()?;
    terms.into_iter().find(|(path, _, equal)| *equal && path == "metadata.name").map(|(_, value, _)| value)
}

/// Validates the syntax of a field selector.
pub(crate) fn check_fields(text: &str) -> Result<(), Failure> {
    let terms = split_terms(text).into_iter().filter(|term| !term.is_empty());
    terms.map(|term| parse_term(text, &term)).try_for_each(|parsed| parsed.map(drop))
}

/// Parses a term of a field selector: the field, the value, and whether they must be equal.
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
    Ok((path.to_owned(), unescape(rest)?, equal))
}

fn is_operator(text: &str) -> bool {
    text.starts_with('=') || text.starts_with("!=")
}

/// Removes the backslashes of a value.
fn unescape(value: &str) -> Result<String, Failure> {
    let invalid = |reason: String| Failure::bad_request(format!("invalid field selector: {reason}"));
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                other => {
                    return Err(invalid(format!(
                        "invalid escape sequence: \\{}",
                        other.map(String::from).unwrap_or_default()
                    )));
                }
            },
            ',' | '=' => return Err(invalid(format!("unescaped character in value: {}", u32::from(c)))),
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
            || selectable.iter().any(|field| field.trim_start_matches('.') == path);
        let builtin = builtin::field(kind, path);
        if !known && builtin.is_none() {
            return Err(Failure::bad_request(builtin::unsupported(kind, version, path)));
        }
        let value = value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\");
        let (path, absent) = builtin.unwrap_or((path, ""));
        fields.push(Field { path: path.to_owned(), absent, value, equal });
    }
    Ok(fields)
}

/// Splits a text at commas without a backslash.
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
