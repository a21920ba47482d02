//! Objects that cannot be decoded into their type.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decode;
use crate::types::Json;

/// An object that cannot be decoded, with its namespace and name.
///
/// The API server may store objects that do not fit a type: the CRD may have changed since the type was generated, and
/// JSON may nest deeper than the type [supports](crate::decode). Such an object does not affect the decoding of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The namespace, for namespaced objects.
    pub namespace: Option<String>,
    /// The name; empty if the metadata cannot be decoded either.
    pub name: String,
    /// The JSON that the API server sent.
    pub raw: Arc<str>,
    /// The error of the decoder.
    pub error: Arc<str>,
}

impl Undecodable {
    pub(crate) fn new(raw: &str, error: impl Into<Arc<str>>) -> Self {
        let Identity { namespace, name, .. } = Identity::of(raw.as_bytes());
        Undecodable { namespace, name: name.unwrap_or_default(), raw: raw.into(), error: error.into() }
    }

    /// Returns the object as a JSON value.
    ///
    /// # Errors
    /// Returns an error if the object nests deeper than [`MAX_DEPTH`](crate::decode::MAX_DEPTH) levels.
    pub fn json(&self) -> Result<Json, serde_json::Error> {
        decode::json(self.raw.as_bytes())
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(out, "{namespace}/")?;
        }
        write!(out, "{}: {}", self.name, self.error)
    }
}

/// The identifying metadata of an object. The rest of the object is not decoded, so that its depth does not matter.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    #[cfg(feature = "informers")]
    pub(crate) uid: Option<String>,
    #[cfg(feature = "informers")]
    pub(crate) resource_version: Option<String>,
}

/// A value of any type; values other than strings are ignored.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'j>(#[serde(borrow)] &'j RawValue);

impl Text<'_> {
    fn text(self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }
}

#[derive(Deserialize)]
struct ObjectHeader<'j> {
    #[serde(borrow)]
    metadata: Option<&'j RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'j> {
    #[serde(borrow)]
    namespace: Option<Text<'j>>,
    #[serde(borrow)]
    name: Option<Text<'j>>,
    #[cfg(feature = "informers")]
    #[serde(borrow)]
    uid: Option<Text<'j>>,
    #[cfg(feature = "informers")]
    #[serde(borrow)]
    resource_version: Option<Text<'j>>,
}

impl Identity {
    pub(crate) fn of(json: &[u8]) -> Self {
        let metadata = serde_json::from_slice::<ObjectHeader<'_>>(json).ok().and_then(|header| header.metadata);
        let metadata = metadata.and_then(|metadata| serde_json::from_str::<Metadata<'_>>(metadata.get()).ok());
        let metadata = metadata.unwrap_or_default();
        let text = |text: Option<Text<'_>>| text.and_then(Text::text);
        Identity {
            namespace: text(metadata.namespace),
            name: text(metadata.name),
            #[cfg(feature = "informers")]
            uid: text(metadata.uid),
            #[cfg(feature = "informers")]
            resource_version: text(metadata.resource_version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Undecodable;

    #[test]
    fn identity_is_decoded_from_objects_beyond_the_depth_limit() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        let json = format!("{{\"spec\":{deep},\"metadata\":{{\"name\":\"a\",\"namespace\":\"b\",\"uid\":7}}}}");
        let found = Undecodable::new(&json, "too deep");
        assert_eq!(found.to_string(), "b/a: too deep");
        assert!(found.json().is_err());
        assert_eq!(Undecodable::new("{\"metadata\":[]}", "no").to_string(), ": no");
    }
}
