//! Correlation of new values with their old values.
//!
//! Source: `apiserver/pkg/cel/common/equality.go`, `maplist.go`.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::go;
use crate::schema::{Additional, ListType, Schema, Type};

/// A value with its old value.
pub(crate) struct Correlated<'v> {
    schema: &'v Schema,
    new: &'v Value,
    old: &'v Value,
    keyed: OnceCell<Option<Keyed<'v>>>,
}

impl<'v> Correlated<'v> {
    pub(crate) fn new(schema: &'v Schema, new: &'v Value, old: &'v Value) -> Self {
        Correlated { schema, new, old, keyed: OnceCell::new() }
    }

    /// Returns a field that both objects have and the schema defines.
    pub(crate) fn field(&self, name: &str) -> Option<Correlated<'v>> {
        let (new, old) = (self.new.as_object()?.get(name)?, self.old.as_object()?.get(name)?);
        let schema = match (self.schema.properties.get(name), &self.schema.additional_properties) {
            (Some(schema), _) => schema,
            (None, Some(Additional::Schema(schema))) => schema,
            _ => return None,
        };
        Some(Correlated::new(schema, new, old))
    }

    /// Returns an item of an associative list with the old item of the same keys.
    pub(crate) fn item(&self, index: usize) -> Option<Correlated<'v>> {
        let (new, schema) = (self.new.as_array()?.get(index)?, self.schema.items.as_deref()?);
        let keyed = self.keyed.get_or_init(|| Keyed::of(self.schema, self.old)).as_ref()?;
        Some(Correlated::new(schema, new, keyed.get(new)?))
    }

    /// Returns whether the value is unchanged. Items of an associative list may be reordered; values without
    /// correlation are not equal.
    pub(crate) fn is_unchanged(&self) -> bool {
        match (self.new, self.old) {
            (Value::Array(new), Value::Array(old)) => {
                let keyed = self.schema.list_type == Some(ListType::Map) && !old.is_empty();
                new.len() == old.len()
                    && if keyed {
                        (0..new.len()).all(|index| self.item(index).is_some_and(|item| item.is_unchanged()))
                    } else {
                        new == old
                    }
            }
            (Value::Object(new), Value::Object(old)) => {
                new.len() == old.len()
                    && new.keys().all(|name| self.field(name).is_some_and(|field| field.is_unchanged()))
            }
            (new, old) => new == old,
        }
    }
}

/// The items of an associative list by their keys.
pub(crate) struct Keyed<'v> {
    names: &'v [String],
    items: HashMap<String, &'v Value>,
}

impl<'v> Keyed<'v> {
    /// Returns the items of a list, if the schema defines keys.
    pub(crate) fn of(schema: &'v Schema, list: &'v Value) -> Option<Self> {
        let is_keyed = schema.type_ == Some(Type::Array) && schema.list_type == Some(ListType::Map);
        if !is_keyed || schema.list_map_keys.is_empty() {
            return None;
        }
        let names = schema.list_map_keys.as_slice();
        let mut items = HashMap::new();
        for item in list.as_array()? {
            if let Some(key) = item.as_object().and_then(|item| key(names, item)) {
                items.entry(key).or_insert(item);
            }
        }
        Some(Keyed { names, items })
    }

    /// Returns the item with the same keys as another.
    pub(crate) fn get(&self, like: &Value) -> Option<&'v Value> {
        self.items.get(&key(self.names, like.as_object()?)?).copied()
    }
}

/// Encodes the keys of an item as text; `None` if one is missing or not a scalar.
fn key(names: &[String], item: &Map<String, Value>) -> Option<String> {
    let mut text = String::new();
    for name in names {
        let value = item.get(name)?;
        match value {
            Value::Bool(_) | Value::String(_) => text.push_str(&go::json(value)),
            // An integer and a float are different keys.
            Value::Number(number) if number.is_f64() => text.push_str(&format!("{:?}", number.as_f64())),
            Value::Number(number) => text.push_str(&number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        }
        text.push('\0');
    }
    Some(text)
}
