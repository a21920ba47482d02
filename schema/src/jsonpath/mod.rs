//! JSONPath as client-go evaluates it: for printer columns, `kubectl wait` and the like.
//!
//! Source: `client-go/util/jsonpath`, restricted to one path with missing keys allowed. The messages of errors are equal.
//!
//! ```
//! use kube_structural_schema::jsonpath::JsonPath;
//! let path = JsonPath::parse(r#".status.conditions[?(@.type=="Ready")].status"#)?;
//! let object = serde_json::json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
//! assert_eq!(path.find(&object)?, ["True"]);
//! # Ok::<(), kube_structural_schema::jsonpath::JsonPathError>(())
//! ```

mod compare;
mod find;
mod parse;
mod quote;
#[cfg(test)]
mod tests;

use serde_json::Value;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath(Vec<Step>);

/// Why a path is not valid, or does not fit a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonPathError(String);

impl JsonPathError {
    fn new(message: impl Into<String>) -> Self {
        JsonPathError(message.into())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// A field of an object.
    Field(String),
    /// `.*`: all values of an object or array.
    All,
    /// `..`: the value and all nested values.
    Recursive,
    Slice(Slice),
    Filter(Box<Filter>),
    Union(Vec<JsonPath>),
    /// A text in quotes, which replaces all values.
    Text(Value),
    /// A number or boolean, which replaces each value.
    Literal(Value),
    /// A word without a dot: no such function exists.
    Identifier(String),
}

/// `[start:end:step]`, or a single index.
#[derive(Clone, Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    /// Whether the end is the index after the start.
    is_index: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: JsonPath,
    /// The operator and the right side. Without them, the left side must exist.
    comparison: Option<(String, JsonPath)>,
}
