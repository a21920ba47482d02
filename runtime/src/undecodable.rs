//! Objects that do not fit their type: no reader gets them typed, and no reader loses them.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decode;
use crate::types::Json;

/// An object that cannot be decoded, with what identifies it.
///
/// The API server stores objects that a type cannot hold: a CRD may have changed since the type was generated, and JSON
/// may nest deeper than the type [can hold](crate::decode). One such object does not hide the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The namespace, for objects in one.
    pub namespace: Option<String>,
    /// The name; empty where not even the metadata can be read.
    pub name: String,
    /// The object as the API server sent it: JSON.
    pub raw: Arc<str>,
    /// Why it cannot be decoded.
    pub error: Arc<str>,
}

impl Undecodable {
    pub(crate) fn new(raw: &str, error: impl Into<Arc<str>>) -> Self {
        let Identity { namespace, name, .. } = Identity::of(raw.as_bytes());
        Undecodable { namespace, name: name.unwrap_or_default(), raw: raw.into(), error: error.into() }
    }

    /// The object as JSON.
    ///
    /// # Errors
    /// If it nests deeper than [`MAX_DEPTH`](crate::decode::MAX_DEPTH) levels.
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

/// What identifies an object, read without the rest of it, however deep that is.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    #[cfg(feature = "informers")]
    pub(crate) uid: Option<String>,
    #[cfg(feature = "informers")]
    pub(crate) resource_version: Option<String>,
}

/// A value of any type, of which only texts are kept.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'j>(#[serde(borrow)] &'j RawValue);

impl Text<'_> {
    fn text(self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }
}

#[derive(Deserialize)]
struct Whole<'j> {
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
        let whole = serde_json::from_slice::<Whole<'_>>(json).ok().and_then(|whole| whole.metadata);
        let metadata = whole.and_then(|metadata| serde_json::from_str::<Metadata<'_>>(metadata.get()).ok());
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
    fn identity_is_read_from_objects_that_nest_deeper_than_any_reader_goes() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        let json = format!("{{\"spec\":{deep},\"metadata\":{{\"name\":\"a\",\"namespace\":\"b\",\"uid\":7}}}}");
        let found = Undecodable::new(&json, "too deep");
        assert_eq!(found.to_string(), "b/a: too deep");
        assert!(found.json().is_err());
        assert_eq!(Undecodable::new("{\"metadata\":[]}", "no").to_string(), ": no");
    }
}
