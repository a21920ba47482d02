//! Path elements: steps from a value to one of its parts.

use std::cmp::Ordering;
use std::fmt;

use kube_structural_schema::object::go;
use serde_json::Value;

/// One step of a path through an object.
#[derive(Clone, Debug)]
pub enum PathElement {
    /// A field of an object, or a key of a map.
    Field(String),
    /// An item of an associative list: the values of its keys, by name.
    Key(Vec<(String, Value)>),
    /// An item of a set.
    Value(Value),
    /// An item of a list by its index.
    Index(i64),
}

/// An invalid path element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid path element {0:?}: must be f:<field>, k:<keys as JSON>, v:<value as JSON> or i:<index>")]
pub struct InvalidPathElement(String);

impl PathElement {
    /// Creates the element of a field.
    pub fn field(name: impl Into<String>) -> Self {
        PathElement::Field(name.into())
    }

    /// Returns the element in the format of `fieldsV1`, such as `f:spec` or `k:{"name":"a"}`.
    pub fn to_text(&self) -> String {
        match self {
            PathElement::Field(name) => format!("f:{name}"),
            PathElement::Key(fields) => {
                let fields: serde_json::Map<String, Value> = fields.iter().cloned().collect();
                format!("k:{}", go::json(&Value::Object(fields)))
            }
            PathElement::Value(value) => format!("v:{}", go::json(value)),
            PathElement::Index(index) => format!("i:{index}"),
        }
    }

    /// Parses an element in the format of `fieldsV1`.
    ///
    /// # Errors
    /// Returns an error if the element is invalid.
    pub fn from_text(text: &str) -> Result<Self, InvalidPathElement> {
        let invalid = || InvalidPathElement(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(invalid)?;
        let json = || serde_json::from_str::<Value>(rest).map_err(|_| invalid());
        Ok(match kind {
            "f" => PathElement::Field(rest.to_owned()),
            "v" => PathElement::Value(json()?),
            "i" => PathElement::Index(rest.parse().map_err(|_| invalid())?),
            "k" => match json()? {
                Value::Object(fields) => PathElement::key(fields),
                _ => return Err(invalid()),
            },
            _ => return Err(invalid()),
        })
    }

    /// Creates the element of an item with these keys.
    pub(crate) fn key(fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        PathElement::Key(fields)
    }

    fn rank(&self) -> u8 {
        match self {
            PathElement::Field(_) => 0,
            PathElement::Key(_) => 1,
            PathElement::Value(_) => 2,
            PathElement::Index(_) => 3,
        }
    }
}

/// Formats a value in a path, such as `"a"` in `[name="a"]`.
///
/// Source: `structured-merge-diff/value/value.go`, `ToString`.
fn format_value(value: &Value) -> String {
    match value {
        Value::String(text) => go::quoted(text),
        Value::Number(number) => go::number(number),
        Value::Array(items) => format!("[{}]", items.iter().map(format_value).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}={}", format_value(value))).collect();
            fields.concat()
        }
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) => write!(out, ".{name}"),
            PathElement::Key(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}={}", format_value(value))).collect();
                write!(out, "[{}]", fields.join(","))
            }
            PathElement::Value(value) => write!(out, "[={}]", format_value(value)),
            PathElement::Index(index) => write!(out, "[{index}]"),
        }
    }
}

impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (PathElement::Field(a), PathElement::Field(b)) => a.cmp(b),
            (PathElement::Key(a), PathElement::Key(b)) => {
                let each = a.iter().zip(b).map(|((a, x), (b, y))| a.cmp(b).then_with(|| compare(x, y)));
                each.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
            }
            (PathElement::Value(a), PathElement::Value(b)) => compare(a, b),
            (PathElement::Index(a), PathElement::Index(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PathElement {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PathElement {}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

/// Compares two values; an integer and a float with the same value are equal.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            let each = a.iter().zip(b).map(|(a, b)| compare(a, b));
            each.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => {
            let each = a.iter().zip(b).map(|((a, x), (b, y))| a.cmp(b).then_with(|| compare(x, y)));
            each.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

/// Returns whether two values are equal; an integer may equal a float.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    compare(a, b).is_eq()
}
