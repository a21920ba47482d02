//! Printer columns: the values that `kubectl get` prints for custom resources.
//!
//! Source: `apiextensions-apiserver/pkg/registry/customresource/tableconvertor`.

mod age;

use jiff::Timestamp;
use serde_json::Value;

pub use self::age::age;
use crate::PrinterColumn;
use crate::jsonpath::JsonPath;
use crate::object::go;

/// A printer column whose path is parsed.
#[derive(Clone, Debug)]
pub struct Column {
    type_: String,
    /// `None` if the path is not valid.
    path: Option<JsonPath>,
}

impl Column {
    /// Creates a column of a type, such as `string` or `date`.
    pub fn new(type_: &str, json_path: &str) -> Self {
        Column { type_: type_.to_owned(), path: JsonPath::parse(json_path).ok() }
    }

    /// Returns the column of the creation time, which kinds without columns have.
    pub fn age() -> Self {
        Column::new("date", ".metadata.creationTimestamp")
    }

    /// Returns the cell of an object: the first value at the path in the form of the type; null if there is none.
    pub fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let found = self.path.as_ref().and_then(|path| path.find(object).ok()?.first().copied());
        found.map_or(Value::Null, |value| formatted(value, &self.type_, now))
    }
}

impl From<&PrinterColumn> for Column {
    fn from(column: &PrinterColumn) -> Self {
        Column::new(&column.type_, &column.json_path)
    }
}

fn formatted(value: &Value, type_: &str, now: Timestamp) -> Value {
    match type_ {
        "integer" => value.as_i64().or_else(|| value.as_f64().map(truncate)).map_or(Value::Null, Value::from),
        "number" => value.as_f64().map_or(Value::Null, |_| value.clone()),
        "boolean" => value.as_bool().map_or(Value::Null, Value::from),
        "date" => value.as_str().map_or(Value::Null, |text| age(text, now).into()),
        "string" => match value {
            Value::String(_) => value.clone(),
            Value::Array(_) | Value::Object(_) => go::json(value).into(),
            other => go::plain(other).into(),
        },
        _ => Value::Null,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn truncate(float: f64) -> i64 {
    float as i64
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::Column;

    #[test]
    fn cells_have_the_form_of_their_type() {
        let object = json!({
            "metadata": {"creationTimestamp": "1970-01-01T00:00:00Z"},
            "spec": {"n": 1.7, "on": true, "list": [1, "<"]},
        });
        let now = Timestamp::from_second(90_000).unwrap();
        for (type_, path, expected) in [
            ("integer", ".spec.n", json!(1)),
            ("number", ".spec.n", json!(1.7)),
            ("boolean", ".spec.on", json!(true)),
            ("boolean", ".spec.n", Value::Null),
            ("string", ".spec.on", json!("true")),
            ("string", ".spec.list", json!("[1,\"\\u003c\"]")),
            ("string", ".spec.missing", Value::Null),
            ("string", ".spec[", Value::Null),
            ("other", ".spec.n", Value::Null),
        ] {
            assert_eq!(Column::new(type_, path).cell(&object, now), expected, "{type_} {path}");
        }
        assert_eq!(Column::age().cell(&object, now), "25h");
    }
}
