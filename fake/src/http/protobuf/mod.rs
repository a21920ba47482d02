//! Request bodies in Kubernetes' protobuf encoding, which Go clients send for built-in kinds. They are decoded into
//! JSON.
//!
//! Source: `apimachinery/pkg/runtime/serializer/protobuf` and the `generated.proto` of each group.

mod messages;
mod wire;

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Map, Value};

use self::messages::{Field, Kind};
use self::wire::{Fields, Wire};

/// The prefix of all bodies.
const MAGIC: &[u8] = b"k8s\0";

/// Whether a kind is accepted as protobuf.
pub(super) fn supports(api_version: &str, kind: &str) -> bool {
    messages::of(api_version, kind).is_some()
}

/// The error for a body without the prefix.
pub(super) const NOT_PROTOBUF: &str =
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";

/// Whether a body has the prefix.
pub(super) fn has_prefix(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
}

/// Decodes a body; `None` if it is malformed or its kind is not accepted as protobuf.
pub(super) fn read(body: &[u8]) -> Option<Value> {
    let mut envelope = Envelope::default();
    for field in Fields::new(body.strip_prefix(MAGIC)?) {
        match field? {
            (1, Wire::Bytes(type_)) => envelope.decode_type(type_)?,
            (2, Wire::Bytes(raw)) => envelope.raw = raw,
            _ => {}
        }
    }
    let mut object = message(messages::of(envelope.api_version, envelope.kind)?, envelope.raw)?;
    object.insert("apiVersion".to_owned(), envelope.api_version.into());
    object.insert("kind".to_owned(), envelope.kind.into());
    Some(Value::Object(object))
}

#[derive(Default)]
struct Envelope<'b> {
    api_version: &'b str,
    kind: &'b str,
    raw: &'b [u8],
}

impl<'b> Envelope<'b> {
    fn decode_type(&mut self, type_: &'b [u8]) -> Option<()> {
        for field in Fields::new(type_) {
            match field? {
                (1, Wire::Bytes(text)) => self.api_version = std::str::from_utf8(text).ok()?,
                (2, Wire::Bytes(text)) => self.kind = std::str::from_utf8(text).ok()?,
                _ => {}
            }
        }
        Some(())
    }
}

/// Decodes a message. Unknown and empty fields are omitted.
fn message(fields: &[Field], bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for read in Fields::new(bytes) {
        let (number, wire) = read?;
        let Some(field) = fields.iter().find(|field| field.number == number) else { continue };
        let name = || field.name.to_owned();
        match (&field.kind, wire) {
            (Kind::Texts, Wire::Bytes(text)) => push(&mut object, name(), string(text)?.into()),
            (Kind::Messages(inner), Wire::Bytes(bytes)) => push(&mut object, name(), message(inner, bytes)?.into()),
            (Kind::TextMap, Wire::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                put(&mut object, name(), key, string(value)?.into());
            }
            (Kind::BytesMap, Wire::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                put(&mut object, name(), key, base64::engine::general_purpose::STANDARD.encode(value).into());
            }
            (kind, wire) => {
                let value = single(kind, wire)?;
                if !value.is_null() {
                    object.insert(name(), value);
                }
            }
        }
    }
    Some(object)
}

/// Decodes a field that is not repeated; null if it is empty.
fn single(kind: &Kind, wire: Wire<'_>) -> Option<Value> {
    Some(match (kind, wire) {
        (Kind::Text, Wire::Bytes(text)) => match string(text)? {
            text if text.is_empty() => Value::Null,
            text => text.into(),
        },
        (Kind::Bool, Wire::Number(number)) => (number != 0).into(),
        (Kind::Count, Wire::Number(0)) => Value::Null,
        // Negative numbers are sent in two's complement.
        (Kind::Number | Kind::Count, Wire::Number(number)) => number.cast_signed().into(),
        (Kind::Message(inner), Wire::Bytes(bytes)) => match message(inner, bytes)? {
            message if message.is_empty() => Value::Null,
            message => message.into(),
        },
        (Kind::Time(format), Wire::Bytes(bytes)) => time(bytes, format)?,
        (Kind::FieldsV1, Wire::Bytes(bytes)) => {
            let json = Fields::new(bytes).find_map(|field| match field? {
                (1, Wire::Bytes(json)) => Some(json),
                _ => None,
            });
            crate::json::decode_stored(json.unwrap_or_default())
        }
        _ => return None,
    })
}

fn string(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn push(object: &mut Map<String, Value>, name: String, value: Value) {
    if let Value::Array(items) = object.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        items.push(value);
    }
}

fn put(object: &mut Map<String, Value>, name: String, key: String, value: Value) {
    if let Value::Object(fields) = object.entry(name).or_insert_with(|| Value::Object(Map::new())) {
        fields.insert(key, value);
    }
}

fn map_entry(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut value): (String, &[u8]) = Default::default();
    for field in Fields::new(bytes) {
        match field? {
            (1, Wire::Bytes(text)) => key = string(text)?,
            (2, Wire::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Some((key, value))
}

/// Decodes a time; null if it is zero.
fn time(bytes: &[u8], format: &str) -> Option<Value> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::new(bytes) {
        match field? {
            (1, Wire::Number(number)) => seconds = number.cast_signed(),
            (2, Wire::Number(number)) => nanos = i32::try_from(number).ok()?,
            _ => {}
        }
    }
    if (seconds, nanos) == (0, 0) {
        return Some(Value::Null);
    }
    Timestamp::new(seconds, nanos).ok().map(|time| time.strftime(format).to_string().into())
}
