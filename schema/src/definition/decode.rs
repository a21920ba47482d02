//! Decoding as Go does it: types have to fit, unknown fields are dropped and reported.
//!
//! Source: `sigs.k8s.io/json`, `apiextensions/v1/marshal.go`.

use std::fmt;

use serde_json::Value;

use super::fields::{DEFINITION, Shape, Struct};
use crate::object::go;

/// Decodes a definition in place: drops what Go's structs do not have, except in `metadata`. Returns the paths of unknown
/// fields; those below `items` and `additionalProperties` are dropped without a word, as on the API server.
///
/// # Errors
/// The first value of a wrong type, in Go's words.
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

/// Why a value cannot be decoded.
enum DecodeError {
    /// It has another type than the field.
    Type { found: String, of: Option<&'static str>, field: String, wanted: String },
    /// A type that decodes itself says so.
    Other(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Type { found, of: Some(of), field, wanted } => {
                write!(out, "json: cannot unmarshal {found} into Go struct field {of}.{field} of type {wanted}")
            }
            DecodeError::Type { found, wanted, .. } => {
                write!(out, "json: cannot unmarshal {found} into Go value of type {wanted}")
            }
            DecodeError::Other(why) => out.write_str(why),
        }
    }
}

#[derive(Default)]
struct Decoder {
    /// The struct that is being decoded.
    of: Option<&'static Struct>,
    /// The names of fields that lead here, as errors show them.
    stack: Vec<String>,
    /// The same with keys and indexes, as unknown fields are shown.
    path: Vec<String>,
    unknown: Vec<String>,
    error: Option<DecodeError>,
}

impl Decoder {
    fn at(&mut self, of: &'static Struct, name: &str, decode: impl FnOnce(&mut Self)) {
        let outer = self.of.replace(of);
        self.stack.push(name.to_owned());
        self.path.push(if self.path.is_empty() { name.to_owned() } else { format!(".{name}") });
        decode(self);
        self.path.pop();
        self.stack.pop();
        self.of = outer;
    }

    fn step(&mut self, step: String, decode: impl FnOnce(&mut Self)) {
        self.path.push(step);
        decode(self);
        self.path.pop();
    }

    fn wrong(&mut self, value: &Value, type_: &str) {
        if self.error.is_some() {
            return;
        }
        let kind = match value {
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if matches!(type_, "int32" | "int64") => format!("number {}", go::number(number)),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) | Value::Null => "object".to_owned(),
        };
        let (of, field) = (self.of.map(|of| of.name), self.stack.join("."));
        self.error = Some(DecodeError::Type { found: kind, of, field, wanted: type_.to_owned() });
    }

    fn value(&mut self, shape: &Shape, value: &mut Value) {
        if value.is_null() {
            return;
        }
        match *shape {
            Shape::Text(type_) if !value.is_string() => self.wrong(value, type_),
            Shape::Flag if !value.is_boolean() => self.wrong(value, "bool"),
            Shape::Float if !value.is_number() => self.wrong(value, "float64"),
            Shape::Integer(type_) => {
                let fits = |number: i64| type_ == "int64" || i32::try_from(number).is_ok();
                if !value.as_i64().is_some_and(fits) {
                    self.wrong(value, type_);
                }
            }
            Shape::Texts => self.list(value, "[]string", |decoder, item| decoder.value(&Shape::Text("string"), item)),
            Shape::AnyList => self.list(value, "[]v1.JSON", |_, _| {}),
            Shape::Bytes if !value.is_string() => self.wrong(value, "[]uint8"),
            Shape::Struct(of) => self.fields(of, value),
            Shape::List(of, type_) => self.list(value, type_, |decoder, item| decoder.fields(of, item)),
            Shape::Map(of, type_) => self.map(value, type_, |decoder, inner| decoder.fields(of, inner)),
            Shape::OneOrMany(of) => self.apart(|decoder| match value {
                Value::Object(_) => decoder.fields(of, value),
                Value::Array(_) => {
                    decoder.list(value, "[]v1.JSONSchemaProps", |decoder, item| decoder.fields(of, item));
                }
                other => *other = Value::Array(Vec::new()),
            }),
            Shape::OrBool(of) => self.apart(|decoder| match value {
                Value::Object(_) => decoder.fields(of, value),
                Value::Bool(_) => {}
                _ => {
                    decoder.error =
                        decoder.error.take().or(Some(DecodeError::Other("boolean or JSON schema expected")));
                }
            }),
            Shape::Dependencies(of) => self.map(value, "v1.JSONSchemaDependencies", |decoder, inner| {
                decoder.apart(|decoder| match inner {
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
                self.wrong(value, &format!("v1.{}", of.name));
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
        let Some(items) = value.as_array_mut() else { return self.wrong(value, type_) };
        for (index, item) in items.iter_mut().enumerate() {
            self.step(format!("[{index}]"), |decoder| each(decoder, item));
        }
    }

    fn map(&mut self, value: &mut Value, type_: &str, mut each: impl FnMut(&mut Self, &mut Value)) {
        let Some(fields) = value.as_object_mut() else { return self.wrong(value, type_) };
        for (name, inner) in fields.iter_mut() {
            self.step(format!(".{name}"), |decoder| each(decoder, inner));
        }
    }

    /// Decodes a value whose type decodes itself: unknown fields are not reported, and errors get the path to the value.
    fn apart(&mut self, decode: impl FnOnce(&mut Self)) {
        let mut inner = Decoder::default();
        decode(&mut inner);
        if self.error.is_some() {
            return;
        }
        self.error = inner.error.map(|error| match (error, self.of) {
            (DecodeError::Type { found, field, wanted, .. }, Some(of)) => {
                let steps =
                    self.stack.iter().map(String::as_str).chain(Some(field.as_str()).filter(|field| !field.is_empty()));
                let field = steps.collect::<Vec<_>>().join(".");
                DecodeError::Type { found, of: Some(of.name), field, wanted }
            }
            (error, _) => error,
        });
    }
}
