//! JSON of any depth.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::decode::depth;
use crate::decode::stack;

/// Any JSON value: the type of fields for which a schema preserves unknown fields.
///
/// It dereferences to [`serde_json::Value`] and implements the same conversions. Unlike `Value`, it can be dropped, cloned,
/// compared, printed and encoded at any depth: the API server stores values that nest 10,000 levels deep, and `Value` needs
/// up to 2 KB of stack for each level.
///
/// ```
/// use kube_client_runtime::types::Json;
/// use serde_json::json;
///
/// let mut config = Json::from(json!({"listeners": [{"port": 80}]}));
/// config["listeners"][0]["port"] = 8080.into();
/// assert_eq!(config["listeners"][0]["port"].as_i64(), Some(8080));
/// assert_eq!(config, json!({"listeners": [{"port": 8080}]}));
/// ```
#[derive(Default)]
pub struct Json(Value);

impl Json {
    /// Returns the value. Dropping or cloning it takes stack in proportion to its depth.
    pub fn into_value(mut self) -> Value {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Json {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Json {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.0
    }
}

impl Drop for Json {
    fn drop(&mut self) {
        let value = std::mem::take(&mut self.0);
        stack::with_stack_for(depth::of_value(&value), || drop(value));
    }
}

impl Clone for Json {
    fn clone(&self) -> Self {
        stack::with_stack_for(depth::of_value(&self.0), || Json(self.0.clone()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        *self == other.0
    }
}

impl PartialEq<Value> for Json {
    fn eq(&self, other: &Value) -> bool {
        stack::with_stack_for(depth::of_value(&self.0), || self.0 == *other)
    }
}

impl PartialEq<Json> for Value {
    fn eq(&self, other: &Json) -> bool {
        other == self
    }
}

impl Eq for Json {}

impl PartialEq<str> for Json {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Json {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        stack::with_stack_for(depth::of_value(&self.0), || self.0.hash(state));
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        stack::with_stack_for(depth::of_value(&self.0), || self.0.fmt(out))
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        stack::with_stack_for(depth::of_value(&self.0), || fmt::Display::fmt(&self.0, out))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stack::with_stack_for(depth::of_value(&self.0), || self.0.serialize(serializer))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Json)
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        json.into_value()
    }
}

macro_rules! from {
    ($($type:ty),*) => {
        $(impl From<$type> for Json {
            fn from(value: $type) -> Self {
                Json(value.into())
            }
        })*
    };
}

from!(Value, bool, i32, i64, u32, u64, f64, &str, String, Vec<Value>, Map<String, Value>);

impl<T: Into<Value>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Json(items.into_iter().collect())
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Json {
    fn inline_schema() -> bool {
        Value::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;
    use serde_json::json;

    const LEVELS: usize = 200_000;

    fn deep() -> Json {
        Json((0..LEVELS).fold(Value::from(1), |inner, _| Value::Array(vec![inner])))
    }

    #[test]
    fn deep_values_are_cloned_compared_encoded_printed_and_dropped() {
        let value = deep();
        let copy = value.clone();
        assert!(copy == value && value != json!([1]));
        let text = format!("{}1{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
        assert!(serde_json::to_string(&value).unwrap() == text);
        assert!(value.to_string() == text);
        assert!(format!("{value:?}").len() > text.len());
        assert!(Json(serde_json::to_value(&value).unwrap()) == value);
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        let state = RandomState::new();
        let (value, copy) = (Json::from(json!({"a": [1, "b"]})), Json::from(json!({"a": [1, "b"]})));
        assert_eq!(value, copy);
        assert_eq!(state.hash_one(&value), state.hash_one(&copy));
        assert_eq!(state.hash_one(deep()), state.hash_one(deep()));
        assert_eq!(Json::from("a"), "a");
        assert_eq!(Json::from("a"), *"a");
    }

    #[test]
    fn conversions_match_those_of_serde_json() {
        let all = [Json::from("a"), Json::from(true), Json::from(1), Json::from(1.5), json!({"a": null}).into()];
        let all: Json = all.into_iter().collect();
        assert_eq!(all, json!(["a", true, 1, 1.5, {"a": null}]));
        assert_eq!(Value::from(all)[0], "a");
    }
}
