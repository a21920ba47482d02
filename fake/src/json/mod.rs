//! JSON as the API server decodes it: integers that fit into 64 bits are integers, all other numbers are floats, and
//! duplicate keys are reported.

pub(crate) mod base64;
pub(crate) mod depth;
mod indent;
mod syntax;
mod text;
pub(crate) mod time;

use std::fmt;

pub(crate) use indent::indent;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
pub(crate) use syntax::error as syntax_error;

/// Decodes a value; also returns the paths of duplicate keys.
pub(crate) fn read(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let bytes = text::repair(bytes);
    let mut reader = Reader::default();
    if depth::json_levels(&bytes) > depth::MAX_LEVELS {
        return Err(Error::custom("exceeded max depth"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    deserializer.disable_recursion_limit();
    let value = Seed { reader: &mut reader }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, reader.duplicates))
}

/// Decodes JSON that this server has written.
pub(crate) fn decode_stored(bytes: &[u8]) -> Value {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer).unwrap_or_default()
}

/// Converts numbers that other modules decoded to the form of this module.
pub(crate) fn normalize(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *value = Value::Number(float);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalize),
        Value::Object(fields) => fields.values_mut().for_each(normalize),
        _ => {}
    }
}

/// Converts floats without a fraction to integers. The conversion of YAML to JSON and back does the same.
pub(crate) fn whole_floats_to_integers(value: &mut Value) {
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
        Value::Array(items) => items.iter_mut().for_each(whole_floats_to_integers),
        Value::Object(fields) => fields.values_mut().for_each(whole_floats_to_integers),
        _ => {}
    }
}

/// Encodes a value for storage and responses. Floats without a fraction are written as integers, as Go does.
pub(crate) fn write(value: &impl serde::Serialize) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, GoFloats);
    // JSON values can always be encoded to memory.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    out
}

/// Whether the encoding of a value certainly fits into `bytes`.
pub(crate) fn fits_into(value: &Value, bytes: usize) -> bool {
    remaining(value, bytes).is_some()
}

/// Returns the bytes that remain after the largest possible encoding of a value.
fn remaining(value: &Value, bytes: usize) -> Option<usize> {
    /// A character may be encoded as `\\u0000`.
    const MAX_CHAR: usize = 6;
    /// A number, or the separators of a value.
    const MAX_SCALAR: usize = 32;
    let remaining_bytes = bytes.checked_sub(MAX_SCALAR)?;
    match value {
        Value::String(text) => remaining_bytes.checked_sub(MAX_CHAR * text.len()),
        Value::Array(items) => {
            items.iter().try_fold(remaining_bytes, |remaining_bytes, item| remaining(item, remaining_bytes))
        }
        Value::Object(fields) => fields.iter().try_fold(remaining_bytes, |remaining_bytes, (name, value)| {
            remaining(value, remaining_bytes.checked_sub(MAX_CHAR * name.len() + 4)?)
        }),
        _ => Some(remaining_bytes),
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
    duplicates: Vec<String>,
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
        normalize(&mut value);
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
            if fields.insert(name, value).is_some() && !self.reader.duplicates.contains(&self.reader.path) {
                self.reader.duplicates.push(self.reader.path.clone());
            }
            self.reader.path.truncate(length);
        }
        Ok(Value::Object(fields))
    }
}
