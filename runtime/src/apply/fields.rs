//! The JSON object inside of an apply configuration.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::ConfigurationError;
use crate::types::Json;

/// The fields of an apply configuration that were set, as JSON.
///
/// A value that cannot be encoded does not interrupt a chain of setters: the error is returned when the configuration is
/// checked or sent.
#[derive(Clone, PartialEq)]
pub struct Fields {
    json: Json,
    error: Option<Box<ConfigurationError>>,
}

impl Default for Fields {
    fn default() -> Self {
        Fields::from(Value::Object(Map::new()))
    }
}

impl From<Value> for Fields {
    fn from(value: Value) -> Self {
        Fields { json: value.into(), error: None }
    }
}

impl Fields {
    /// Encodes a value that owns all of its fields.
    pub fn encode(value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => Fields::from(value),
            Err(error) => Fields { error: Some(Box::new(encode(&error))), ..Fields::default() },
        }
    }

    /// Returns the fields as JSON.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Returns the first value that could not be encoded.
    pub(super) fn error(&self) -> Option<&ConfigurationError> {
        self.error.as_deref()
    }

    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// Returns the value of a field as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Decodes the value of a field; `None` if it is not set or has another type.
    pub fn decode<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        // A copy as `Json`, because the value may be deeper than the stack.
        self.copy(name).and_then(|value| crate::decode::from_value(value).ok())
    }

    /// Returns a copy of the value of a field.
    pub fn copy(&self, name: &str) -> Option<Json> {
        let value = self.get(name)?;
        let levels = crate::decode::depth::of_value(value);
        Some(crate::decode::stack::with_stack_for(levels, || Json::from(value.clone())))
    }

    /// Returns a copy of an object; `None` if it is not set or has another type.
    pub fn nested(&self, name: &str) -> Option<Fields> {
        self.get(name).filter(|value| value.is_object())?;
        self.copy(name).map(|json| Fields { json, error: None })
    }

    fn object(&mut self) -> &mut Map<String, Value> {
        if !self.json.is_object() {
            self.json = Json::from(Map::new());
        }
        match &mut *self.json {
            Value::Object(map) => map,
            _ => unreachable!("the value was replaced with an object"),
        }
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: Value) {
        let previous = self.object().insert(name.to_owned(), value);
        drop(previous.map(Json::from));
    }

    /// Sets a field to a value that is encoded.
    pub fn set_encoded<T: Serialize>(&mut self, name: &str, value: &T) {
        match serde_json::to_value(value) {
            Ok(value) => self.set(name, value),
            Err(error) => self.fail(name, &encode(&error)),
        }
    }

    /// Sets a field to an object.
    pub fn set_nested(&mut self, name: &str, nested: Fields) {
        let value = self.absorb(name, nested);
        self.set(name, value);
    }

    /// Appends an item to a list.
    pub fn append(&mut self, name: &str, item: Value) {
        let list = self.object().entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if !list.is_array() {
            drop(Json::from(std::mem::replace(list, Value::Array(Vec::new()))));
        }
        if let Value::Array(items) = list {
            items.push(item);
        }
    }

    /// Appends an item that is encoded to a list.
    pub fn append_encoded<T: Serialize>(&mut self, name: &str, item: &T) {
        match serde_json::to_value(item) {
            Ok(item) => self.append(name, item),
            Err(error) => self.fail(name, &encode(&error)),
        }
    }

    /// Appends an object to a list.
    pub fn append_nested(&mut self, name: &str, nested: Fields) {
        let value = self.absorb(name, nested);
        self.append(name, value);
    }

    /// Sets an entry of a map.
    pub fn put(&mut self, name: &str, key: String, value: Value) {
        let map = self.object().entry(name).or_insert_with(|| Value::Object(Map::new()));
        if !map.is_object() {
            drop(Json::from(std::mem::replace(map, Value::Object(Map::new()))));
        }
        if let Value::Object(entries) = map {
            drop(entries.insert(key, value).map(Json::from));
        }
    }

    /// Sets an entry of a map to a value that is encoded.
    pub fn put_encoded<T: Serialize>(&mut self, name: &str, key: String, value: &T) {
        match serde_json::to_value(value) {
            Ok(value) => self.put(name, key, value),
            Err(error) => self.fail(&format!("{name}.{key}"), &encode(&error)),
        }
    }

    /// Sets an entry of a map to an object.
    pub fn put_nested(&mut self, name: &str, key: String, nested: Fields) {
        let value = self.absorb(&format!("{name}.{key}"), nested);
        self.put(name, key, value);
    }

    /// Sets a list to an empty one unless it is set.
    pub fn ensure_list(&mut self, name: &str) {
        self.object().entry(name).or_insert_with(|| Value::Array(Vec::new()));
    }

    /// Sets a map to an empty one unless it is set.
    pub fn ensure_map(&mut self, name: &str) {
        self.object().entry(name).or_insert_with(|| Value::Object(Map::new()));
    }

    /// Removes a field and returns its value.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        if self.json.is_object() { self.object().remove(name).map(Json::from) } else { None }
    }

    /// Keeps the error of a nested configuration, and returns its value.
    fn absorb(&mut self, name: &str, nested: Fields) -> Value {
        if let Some(error) = nested.error {
            self.fail(name, &error);
        }
        nested.json.into_value()
    }

    fn fail(&mut self, name: &str, error: &ConfigurationError) {
        if self.error.is_none() {
            self.error = Some(Box::new(error.inside(name)));
        }
    }
}

fn encode(error: &serde_json::Error) -> ConfigurationError {
    ConfigurationError::Encode { path: String::new(), message: error.to_string() }
}

/// Prints only the names of the fields: the values may be sensitive.
impl std::fmt::Debug for Fields {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.json.as_object().into_iter().flat_map(Map::keys)).finish()
    }
}

/// Returns an error if a value could not be encoded.
impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.error {
            Some(error) => Err(serde::ser::Error::custom(error)),
            None => self.json.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        if json.is_object() {
            Ok(Fields { json, error: None })
        } else {
            Err(serde::de::Error::custom("an apply configuration must be an object"))
        }
    }
}
