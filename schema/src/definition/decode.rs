//! Decoding of definitions as in Go: types have to match, unknown fields are dropped and reported.
//!
//! Source: `sigs.k8s.io/json`, `apiextensions/v1/marshal.go`.

use std::fmt;

use serde_json::Value;

use super::fields::{DEFINITION, Shape, Struct};
use crate::object::go;

/// Decodes a definition in place: drops fields that Go's structs do not have, except in `metadata`. Returns the paths
/// of unknown fields, except those below `items` and `additionalProperties`, as the API server does.
///
/// # Errors
/// Returns Go's error for the first value of a wrong type.
pub fn decode(definition: &mut Value) -> Result<Vec<String>, String> {
    let mut decoder = Decoder::default();
    for (name, value) in definition.as_object_mut().into_iter().flatten() {
        let field = DEFINITION.fields.iter().find(|field| field.json == name);
        if let Some(field) = field {
            decoder.at(&DEFINITION, name, |decoder| decoder.value(&field.shape, value));
        } else if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            decoder.unknown.push(name.clone());
        }
    }
    let known = |name: &str| {
        matches!(name, "apiVersion" | "kind" | "metadata") || DEFINITION.fields.iter().any(|field| field.json == name)
    };
    if let Some(fields) = definition.as_object_mut() {
        fields.retain(|name, _| known(name));
    }
    match decoder.error {
        Some(error) => Err(error.to_string()),
        None => Ok(decoder.unknown),
    }
}

/// A decoding error.
enum DecodeError {
    /// A value has another type than the field.
    Type { found: String, owner: Option<&'static str>, field: String, expected: String },
    /// An error of a type with its own decoder.
    Other(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Type { found, owner: Some(owner), field, expected } => {
                write!(out, "json: cannot unmarshal {found} into Go struct field {owner}.{field} of type {expected}")
            }
            DecodeError::Type { found, expected, .. } => {
                write!(out, "json: cannot unmarshal {found} into Go value of type {expected}")
            }
            DecodeError::Other(message) => out.write_str(message),
        }
    }
}

#[derive(Default)]
struct Decoder {
    /// The current struct.
    owner: Option<&'static Struct>,
    /// The field names of the current path, for errors.
    stack: Vec<String>,
    /// The current path with keys and indexes, for unknown fields.
    path: Vec<String>,
    unknown: Vec<String>,
    error: Option<DecodeError>,
}

impl Decoder {
    fn at(&mut self, owner: &'static Struct, name: &str, decode: impl FnOnce(&mut Self)) {
        let outer = self.owner.replace(owner);
        self.stack.push(name.to_owned());
        self.path.push(if self.path.is_empty() { name.to_owned() } else { format!(".{name}") });
        decode(self);
        self.path.pop();
        self.stack.pop();
        self.owner = outer;
    }

    fn step(&mut self, step: String, decode: impl FnOnce(&mut Self)) {
        self.path.push(step);
        decode(self);
        self.path.pop();
    }

    fn wrong_type(&mut self, value: &Value, type_: &str) {
        if self.error.is_some() {
            return;
        }
        let (owner, field) = (self.owner.map(|owner| owner.name), self.stack.join("."));
        self.error =
            Some(DecodeError::Type { found: go::json_kind(value, type_), owner, field, expected: type_.to_owned() });
    }

    fn value(&mut self, shape: &Shape, value: &mut Value) {
        if value.is_null() {
            return;
        }
        match *shape {
            Shape::Text(type_) if !value.is_string() => self.wrong_type(value, type_),
            Shape::Flag if !value.is_boolean() => self.wrong_type(value, "bool"),
            Shape::Float if !value.is_number() => self.wrong_type(value, "float64"),
            Shape::Integer(type_) => {
                let is_in_range = |number: i64| type_ == "int64" || i32::try_from(number).is_ok();
                if !value.as_i64().is_some_and(is_in_range) {
                    self.wrong_type(value, type_);
                }
            }
            Shape::Texts => self.list(value, "[]string", |decoder, item| decoder.value(&Shape::Text("string"), item)),
            Shape::AnyList => self.list(value, "[]v1.JSON", |_, _| {}),
            Shape::Bytes if !value.is_string() => self.wrong_type(value, "[]uint8"),
            Shape::Struct(of) => self.fields(of, value),
            Shape::List(of, type_) => self.list(value, type_, |decoder, item| decoder.fields(of, item)),
            Shape::Map(of, type_) => self.map(value, type_, |decoder, inner| decoder.fields(of, inner)),
            Shape::OneOrMany(of) => self.separately(|decoder| match value {
                Value::Object(_) => decoder.fields(of, value),
                Value::Array(_) => {
                    decoder.list(value, "[]v1.JSONSchemaProps", |decoder, item| decoder.fields(of, item));
                }
                other => *other = Value::Array(Vec::new()),
            }),
            Shape::OrBool(of) => self.separately(|decoder| match value {
                Value::Object(_) => decoder.fields(of, value),
                Value::Bool(_) => {}
                _ => {
                    decoder.error =
                        decoder.error.take().or(Some(DecodeError::Other("boolean or JSON schema expected")));
                }
            }),
            Shape::Dependencies(of) => self.map(value, "v1.JSONSchemaDependencies", |decoder, inner| {
                decoder.separately(|decoder| match inner {
                    Value::Object(_) => decoder.fields(of, inner),
                    Value::Array(_) => decoder.value(&Shape::Texts, inner),
                    other => *other = Value::Null,
                });
            }),
            Shape::Any | Shape::Text(_) | Shape::Flag | Shape::Float | Shape::Bytes | Shape::Time => {}
        }
    }

    fn fields(&mut self, of: &'static Struct, value: &mut Value) {
        let Some(fields) = value.as_object_mut() else {
            if !value.is_null() {
                self.wrong_type(value, &format!("v1.{}", of.name));
            }
            return;
        };
        fields.retain(|name, value| {
            let Some(field) = of.fields.iter().find(|field| field.json == name) else {
                self.unknown.push(format!("{}.{name}", self.path.concat()));
                return false;
            };
            self.at(of, name, |decoder| decoder.value(&field.shape, value));
            true
        });
    }

    fn list(&mut self, value: &mut Value, type_: &str, mut each: impl FnMut(&mut Self, &mut Value)) {
        let Some(items) = value.as_array_mut() else { return self.wrong_type(value, type_) };
        for (index, item) in items.iter_mut().enumerate() {
            self.step(format!("[{index}]"), |decoder| each(decoder, item));
        }
    }

    fn map(&mut self, value: &mut Value, type_: &str, mut each: impl FnMut(&mut Self, &mut Value)) {
        let Some(fields) = value.as_object_mut() else { return self.wrong_type(value, type_) };
        for (name, inner) in fields.iter_mut() {
            self.step(format!(".{name}"), |decoder| each(decoder, inner));
        }
    }

    /// Decodes a value whose type has its own decoder: unknown fields are not reported, and errors contain the path to
    /// the value.
    fn separately(&mut self, decode: impl FnOnce(&mut Self)) {
        let mut inner = Decoder::default();
        decode(&mut inner);
        if self.error.is_some() {
            return;
        }
        self.error = inner.error.map(|error| match (error, self.owner) {
            (DecodeError::Type { found, field, expected, .. }, Some(owner)) => {
                let steps =
                    self.stack.iter().map(String::as_str).chain(Some(field.as_str()).filter(|field| !field.is_empty()));
                let field = steps.collect::<Vec<_>>().join(".");
                DecodeError::Type { found, owner: Some(owner.name), field, expected }
            }
            (error, _) => error,
        });
    }
}
