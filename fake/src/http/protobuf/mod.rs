//! Kubernetes' protobuf encoding of built-in kinds, which Go clients use. Objects are converted from and to JSON by the fields of
//! their structs.
//!
//! Source: `apimachinery/pkg/runtime/serializer/protobuf`, and the struct tags from which `generated.pb.go` of each group is
//! generated.

mod decode;
mod encode;
mod special;
#[cfg(test)]
mod tests;
mod wire;

use serde_json::Value;

pub(super) use self::wire::Writer;
use self::wire::{Fields, Wire};
use crate::catalogue::{Catalogue, Struct};

/// The prefix of all bodies.
const MAGIC: &[u8] = b"k8s\0";

/// The error for a body without the prefix.
pub(super) const NOT_PROTOBUF: &str =
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";

/// The messages are so deep at most. Only schemas in custom resource definitions can be deep.
const MAX_DEPTH: usize = 10_000;

/// Whether a body has the prefix.
pub(super) fn has_prefix(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
}

/// Returns the struct of a kind, also of those that all groups have.
fn struct_of(catalogue: &'static Catalogue, api_version: &str, kind: &str) -> Option<&'static Struct> {
    const COMMON: [&str; 4] = ["DeleteOptions", "Status", "PartialObjectMetadata", "PartialObjectMetadataList"];
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let common = || COMMON.contains(&kind).then(|| catalogue.struct_named(&format!("meta/v1.{kind}")))?;
    catalogue.kind(group, version, kind).or_else(common)
}

/// Decodes a body; `None` if it is malformed or its kind has no protobuf encoding.
pub(super) fn read(catalogue: &'static Catalogue, body: &[u8]) -> Option<Value> {
    let mut envelope = Envelope::default();
    for field in Fields::new(body.strip_prefix(MAGIC)?) {
        match field? {
            (1, Wire::Bytes(type_)) => envelope.decode_type(type_)?,
            (2, Wire::Bytes(raw)) => envelope.raw = raw,
            _ => {}
        }
    }
    let type_ = struct_of(catalogue, envelope.api_version, envelope.kind)?;
    let mut object = decode::message(type_, envelope.raw)?;
    object.insert("apiVersion".to_owned(), envelope.api_version.into());
    object.insert("kind".to_owned(), envelope.kind.into());
    Some(Value::Object(object))
}

/// Encodes an object; `None` if its kind has no protobuf encoding.
pub(super) fn write(catalogue: &'static Catalogue, object: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let type_ = struct_of(catalogue, api_version, kind)?;
    let mut raw = Writer::default();
    encode::message(type_, object.as_object()?, &mut raw);
    Some(enveloped(api_version, kind, &raw.bytes))
}

/// Adds the prefix and the kind to a message.
fn enveloped(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut out = Writer { bytes: MAGIC.to_vec() };
    out.message(1, |type_| {
        type_.bytes(1, api_version.as_bytes());
        type_.bytes(2, kind.as_bytes());
    });
    out.bytes(2, raw);
    // The encoding and the type of the content, which are only set where it is not protobuf.
    out.bytes(3, b"");
    out.bytes(4, b"");
    out.bytes
}

/// Returns a frame of a watch stream: an event with an encoded object.
///
/// Source: `apimachinery/pkg/util/framer`, `metav1.WatchEvent`.
pub(super) fn frame(type_: &str, object: &[u8]) -> Vec<u8> {
    let mut event = Writer::default();
    event.bytes(1, type_.as_bytes());
    event.message(2, |raw| raw.bytes(1, object));
    let mut frame = u32::try_from(event.bytes.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    frame.extend_from_slice(&event.bytes);
    frame
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
