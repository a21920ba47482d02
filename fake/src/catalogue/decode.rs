//! Decoding of objects as Go's JSON decoder and encoder do it for structs: checks the types, removes unknown fields, and omits and
//! adds fields.
//!
//! Source: `sigs.k8s.io/json`, Go's `encoding/json`, and the tags of the structs.

use kube_structural_schema::object::go;
use serde_json::{Map, Value, json};

use super::quantity;
use super::{Field, GoType, Named, Omit, Special, Struct};
use crate::json::base64::normalize as normalize_base64;
use crate::json::time::{self, Layout};

/// Converts an object to the form in which the API server returns it. `metadata`, `apiVersion` and `kind` stay as they are.
/// Returns the paths of unknown fields, which are removed.
///
/// # Errors
/// Returns Go's message if a field has the wrong type.
pub(crate) fn decode(type_: &'static Struct, object: &mut Value) -> Result<Vec<String>, String> {
    let mut decoder = Decoder { path: String::new(), fields: Vec::new(), owner: type_, unknown: Vec::new() };
    let Value::Object(fields) = object else { return Ok(Vec::new()) };
    let kept = ["apiVersion", "kind", "metadata"].map(|name| (name, fields.remove(name)));
    let result = decoder.fields(type_, fields, true);
    for (name, value) in kept {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    }
    result.map(|()| decoder.unknown)
}

struct Decoder {
    /// The path of the value, such as `spec.containers[0].name`.
    path: String,
    /// The names of the fields that lead to the value, as Go's errors show them.
    fields: Vec<&'static str>,
    /// The innermost struct.
    owner: &'static Struct,
    unknown: Vec<String>,
}

impl Decoder {
    fn fields(&mut self, type_: &'static Struct, object: &mut Map<String, Value>, root: bool) -> Result<(), String> {
        let (outer, length) = (std::mem::replace(&mut self.owner, type_), self.path.len());
        for (name, slot) in std::mem::take(object) {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            let depth = self.fields.len();
            match type_.find_field(&name, &mut self.fields) {
                None => self.unknown.push(self.path.clone()),
                Some(field) => {
                    self.fields.push(field.name);
                    if let Some(value) = self.value(&field.type_, slot)?.filter(|value| is_encoded(field, value)) {
                        object.insert(name, value);
                    }
                }
            }
            self.fields.truncate(depth);
            self.path.truncate(length);
        }
        self.owner = outer;
        add_zero_fields(type_, object, root);
        Ok(())
    }

    /// Decodes a value; `None` is Go's zero value.
    fn value(&mut self, type_: &'static GoType, value: Value) -> Result<Option<Value>, String> {
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(match (type_.resolved(), value) {
            (GoType::Any, value) => value,
            (GoType::Bool, Value::Bool(value)) => value.into(),
            (GoType::Text, Value::String(text)) => text.into(),
            (GoType::Float64, Value::Number(number)) => number.into(),
            (GoType::Int32, Value::Number(number)) if number.as_i64().is_some_and(|it| i32::try_from(it).is_ok()) => {
                number.into()
            }
            (GoType::Int64, Value::Number(number)) if number.is_i64() => number.into(),
            (GoType::Bytes, Value::String(text)) => normalize_base64(&text)?.into(),
            (GoType::List(items), Value::Array(values)) => self.list(items, values)?,
            (GoType::Map(_, values), Value::Object(object)) => self.map(values, object)?,
            (GoType::Named(reference), value) => match (reference.get(), value) {
                (Named::Struct(inner), Value::Object(mut object)) => {
                    self.fields(inner, &mut object, false)?;
                    object.into()
                }
                (Named::Special(special), value) => return self.special(*special, type_, value),
                (Named::SchemaOr(..), value) => value,
                (_, value) => return Err(self.mismatch(&value, type_)),
            },
            (_, value) => return Err(self.mismatch(&value, type_)),
        }))
    }

    fn list(&mut self, items: &'static GoType, values: Vec<Value>) -> Result<Value, String> {
        let length = self.path.len();
        let mut decoded = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            decoded.push(self.value(items, value)?.unwrap_or_else(|| zero(items)));
            self.path.truncate(length);
        }
        Ok(decoded.into())
    }

    fn map(&mut self, values: &'static GoType, object: Map<String, Value>) -> Result<Value, String> {
        let length = self.path.len();
        let mut decoded = Map::new();
        for (name, value) in object {
            self.path.push('.');
            self.path.push_str(&name);
            decoded.insert(name, self.value(values, value)?.unwrap_or_else(|| zero(values)));
            self.path.truncate(length);
        }
        Ok(decoded.into())
    }

    fn special(&self, special: Special, type_: &'static GoType, value: Value) -> Result<Option<Value>, String> {
        let of_time = |layout| match &value {
            Value::String(text) => Ok(Some(time::normalize(text, layout)?.into())),
            other => Err(self.mismatch_with(other, "string")),
        };
        match special {
            Special::Time => of_time(Layout::Seconds),
            Special::MicroTime => of_time(Layout::Micros),
            Special::Quantity => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Ok(Some(quantity::canonical(text.trim())?.into()))
            }
            Special::IntOrString => match &value {
                Value::String(_) => Ok(Some(value)),
                Value::Number(number) if number.as_i64().is_some_and(|it| i32::try_from(it).is_ok()) => Ok(Some(value)),
                other => Err(self.mismatch_with(other, "int32")),
            },
            Special::Duration if !value.is_string() => Err(self.mismatch(&value, type_)),
            Special::Duration | Special::Raw => Ok(Some(value)),
        }
    }

    /// Returns Go's message for a value of the wrong type.
    fn mismatch(&self, value: &Value, type_: &'static GoType) -> String {
        self.mismatch_with(value, &type_.to_string())
    }

    fn mismatch_with(&self, value: &Value, type_: &str) -> String {
        let found = go::json_kind(value, type_);
        let owner = self.owner.name.rsplit('.').next().unwrap_or_default();
        let fields = self.fields.join(".");
        if fields.is_empty() {
            return format!("json: cannot unmarshal {found} into Go value of type {type_}");
        }
        format!("json: cannot unmarshal {found} into Go struct field {owner}.{fields} of type {type_}")
    }
}

/// Whether Go encodes a field with this value.
fn is_encoded(field: &'static Field, value: &Value) -> bool {
    let is_pointer = matches!(field.type_, GoType::Pointer(_));
    match field.omit {
        Omit::Never => true,
        _ if is_pointer => true,
        Omit::Empty => match value {
            Value::Bool(value) => *value,
            Value::Number(number) => number.as_f64() != Some(0.0) || is_special(&field.type_),
            Value::String(text) => !text.is_empty() || is_special(&field.type_),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty() || field.type_.as_struct().is_some(),
            Value::Null => false,
        },
        Omit::Zero => *value != zero(&field.type_),
    }
}

fn is_special(type_: &'static GoType) -> bool {
    matches!(type_.resolved(), GoType::Named(reference) if matches!(reference.get(), Named::Special(_)))
}

/// Adds the fields that Go encodes even if they have the zero value.
fn add_zero_fields(type_: &'static Struct, object: &mut Map<String, Value>, root: bool) {
    for field in type_.all_fields() {
        if object.contains_key(field.name) || (root && matches!(field.name, "metadata" | "apiVersion" | "kind")) {
            continue;
        }
        let is_pointer = matches!(field.type_, GoType::Pointer(_));
        let always = match field.omit {
            Omit::Never => true,
            Omit::Zero => false,
            // Structs are never empty.
            Omit::Empty => !is_pointer && matches!(field.type_.resolved(), GoType::Named(_)),
        };
        if always {
            object.insert(field.name.to_owned(), zero(&field.type_));
        }
    }
}

/// Returns the encoding of Go's zero value.
fn zero(type_: &'static GoType) -> Value {
    if matches!(type_, GoType::Pointer(_)) {
        return Value::Null;
    }
    match type_.resolved() {
        GoType::Bool => false.into(),
        GoType::Int32 | GoType::Int64 | GoType::Float64 => 0.into(),
        GoType::Text => "".into(),
        GoType::Bytes | GoType::Any | GoType::List(_) | GoType::Map(..) | GoType::Pointer(_) => Value::Null,
        GoType::Named(reference) => match reference.get() {
            Named::Struct(inner) => {
                let mut object = Map::new();
                add_zero_fields(inner, &mut object, false);
                object.into()
            }
            Named::Special(Special::Quantity) => "0".into(),
            Named::Special(Special::IntOrString) => 0.into(),
            Named::Special(Special::Duration) => json!("0s"),
            Named::Special(_) | Named::SchemaOr(..) | Named::Alias(_) => Value::Null,
        },
    }
}
