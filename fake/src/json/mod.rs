//! JSON as the API server reads it: integers that fit in 64 bits are integers, every other number is a float, and what is
//! there twice is told.

pub(crate) mod depth;
mod indent;
mod syntax;
mod text;
pub(crate) mod time;

use std::fmt;

pub(crate) use indent::indented;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
pub(crate) use syntax::error as syntax_error;

/// Reads a value, and the paths of fields that are there twice.
pub(crate) fn read(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let bytes = text::repaired(bytes);
    let mut reader = Reader::default();
    if depth::levels(&bytes) > depth::MOST_LEVELS {
        return Err(Error::custom("exceeded max depth"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    deserializer.disable_recursion_limit();
    let value = Seed { reader: &mut reader }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, reader.twice))
}

/// Reads what this server has written.
pub(crate) fn stored(bytes: &[u8]) -> Value {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer).unwrap_or_default()
}

/// What Go calls a value of this kind.
pub(crate) fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Numbers of a value that was read elsewhere, as this module reads them.
pub(crate) fn normalised(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *value = Value::Number(float);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalised),
        Value::Object(fields) => fields.values_mut().for_each(normalised),
        _ => {}
    }
}

/// Floats without a fraction as integers, which they become in YAML, since they are written so and read again.
pub(crate) fn with_whole_floats_as_integers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            // Beyond this, Go writes an exponent or more digits than an integer has.
            if let Some(float) = float.filter(|float| float.abs() < 9.2e18) {
                #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is small enough")]
                let integer = float as i64;
                *value = integer.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(with_whole_floats_as_integers),
        Value::Object(fields) => fields.values_mut().for_each(with_whole_floats_as_integers),
        _ => {}
    }
}

/// The value as it is stored and sent: a float without fraction is written like an integer, as Go writes it.
pub(crate) fn write(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, GoFloats);
    // Values of JSON always can be written to memory.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    out
}

/// Whether a value certainly takes at most so many bytes, however it is written.
pub(crate) fn is_at_most(value: &Value, bytes: usize) -> bool {
    left_of(value, bytes).is_some()
}

/// What is left of so many bytes when a value takes the most that it can.
fn left_of(value: &Value, bytes: usize) -> Option<usize> {
    /// A letter may become `\\u0000`.
    const LETTER: usize = 6;
    /// A number, or what stands between two values.
    const SHORT: usize = 32;
    let left = bytes.checked_sub(SHORT)?;
    match value {
        Value::String(text) => left.checked_sub(LETTER * text.len()),
        Value::Array(items) => items.iter().try_fold(left, |left, item| left_of(item, left)),
        Value::Object(fields) => fields
            .iter()
            .try_fold(left, |left, (name, value)| left_of(value, left.checked_sub(LETTER * name.len() + 4)?)),
        _ => Some(left),
    }
}

struct GoFloats;

impl serde_json::ser::Formatter for GoFloats {
    fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        let text =
            Number::from_f64(value).map(|number| kube_structural_schema::object::go::json(&Value::Number(number)));
        writer.write_all(text.unwrap_or_default().as_bytes())
    }
}

#[derive(Default)]
struct Reader {
    path: String,
    twice: Vec<String>,
}

struct Seed<'r> {
    reader: &'r mut Reader,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        let mut value = Value::from(value);
        normalised(&mut value);
        Ok(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("the number is too large"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let length = self.reader.path.len();
            self.reader.path.push_str(&format!("[{}]", list.len()));
            let item = items.next_element_seed(Seed { reader: self.reader })?;
            self.reader.path.truncate(length);
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let length = self.reader.path.len();
            if length > 0 {
                self.reader.path.push('.');
            }
            self.reader.path.push_str(&name);
            let value = entries.next_value_seed(Seed { reader: self.reader })?;
            if fields.insert(name, value).is_some() && !self.reader.twice.contains(&self.reader.path) {
                self.reader.twice.push(self.reader.path.clone());
            }
            self.reader.path.truncate(length);
        }
        Ok(Value::Object(fields))
    }
}
