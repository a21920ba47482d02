//! JSONPath of printer columns.
//!
//! Source: `client-go/util/jsonpath`, restricted to a single path.

mod find;
mod parse;

use serde_json::Value;

/// A parsed path.
#[derive(Debug, PartialEq)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Field(String),
    /// `.*`: all values of an object or array.
    All,
    /// `..`: the value and all nested values.
    Recursive,
    Slice(Slice),
    Filter(Box<Filter>),
    Union(Vec<JsonPath>),
}

/// `[start:end:step]`, or a single index.
#[derive(Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    is_index: bool,
}

#[derive(Debug, PartialEq)]
struct Filter {
    left: JsonPath,
    /// Without a comparison, the left side must exist.
    comparison: Option<(Operator, Operand)>,
}

#[derive(Debug, PartialEq)]
enum Operand {
    Literal(Value),
    Path(JsonPath),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::JsonPath;

    fn found(path: &str) -> Option<Value> {
        let object = json!({
            "a": {"b.c": 1, "list": [1, 2, 3]},
            "conditions": [
                {"type": "Ready", "status": "True", "n": 2},
                {"type": "Synced", "status": "False", "n": 3},
            ],
        });
        let path = JsonPath::parse(path)?;
        path.find(&object).map(|values| values.into_iter().cloned().collect())
    }

    #[test]
    fn paths_match_client_go() {
        for (path, expected) in [
            (".a.list", json!([[1, 2, 3]])),
            ("a.list", json!([[1, 2, 3]])),
            (r".a.b\.c", json!([1])),
            (".a['b.c']", json!([1])),
            (".a.list[0]", json!([1])),
            (".a.list[-1]", json!([3])),
            (".a.list[-1:]", json!([3])),
            (".a.list[0:2]", json!([1, 2])),
            (".a.list[::2]", json!([1, 3])),
            (".a.list[0,2]", json!([1, 3])),
            (".a.list[*]", json!([1, 2, 3])),
            (".a.nothing.at.all", json!([])),
            (".conditions[*].type", json!(["Ready", "Synced"])),
            ("..n", json!([2, 3])),
            (r#".conditions[?(@.type=="Ready")].status"#, json!(["True"])),
            (".conditions[?(@.type == 'Synced')].status", json!(["False"])),
            (".conditions[?(@.n>2)].type", json!(["Synced"])),
            (".conditions[?(@.n!=2)].type", json!(["Synced"])),
            (".conditions[?(@.nothing)].type", json!([])),
        ] {
            assert_eq!(found(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn unsuitable_paths_return_none() {
        for path in
            [".a.list[9]", ".a[0]", ".conditions[?(@.type==", ".a[x]", ".conditions[?(@.n=='2')].type", ".a[?(@.b)]"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
