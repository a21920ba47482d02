//! Removal of managed fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

#[cfg(feature = "informers")]
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::depth::{self, MAX_FOREIGN_DEPTH};

type Fields<'j> = BTreeMap<Cow<'j, str>, Cow<'j, RawValue>>;

/// Returns the object without its managed fields if they nest too deep to be decoded, and any other text unchanged.
pub(super) fn without_deep(json: &[u8]) -> Cow<'_, [u8]> {
    rewritten(json).map_or(Cow::Borrowed(json), Cow::Owned)
}

fn rewritten(json: &[u8]) -> Option<Vec<u8>> {
    let mut object = fields(json)?;
    let metadata = object.get("metadata")?.clone();
    let mut metadata = fields(metadata.get().as_bytes())?;
    let managed = metadata.remove("managedFields")?;
    if depth::of_text(managed.get().as_bytes()) <= MAX_FOREIGN_DEPTH {
        return None;
    }
    object.insert("metadata".into(), Cow::Owned(to_raw_value(&metadata).ok()?));
    serde_json::to_vec(&object).ok()
}

fn fields(json: &[u8]) -> Option<Fields<'_>> {
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(json).ok()?;
    Some(fields.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect())
}

/// Returns the object with `null` instead of its managed fields, and any other text unchanged.
#[cfg(feature = "informers")]
pub(crate) fn without(json: &[u8]) -> Cow<'_, [u8]> {
    let Some(managed) = value(json) else { return Cow::Borrowed(json) };
    // The value is a part of the text.
    let start = managed.as_ptr().addr() - json.as_ptr().addr();
    Cow::Owned([&json[..start], b"null", &json[start + managed.len()..]].concat())
}

/// Returns the JSON of the managed fields.
#[cfg(feature = "informers")]
fn value(json: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Object<'j> {
        #[serde(borrow)]
        metadata: &'j RawValue,
    }

    #[derive(Deserialize)]
    struct Metadata<'j> {
        #[serde(borrow, rename = "managedFields")]
        managed: &'j RawValue,
    }

    let object: Object<'_> = serde_json::from_slice(json).ok()?;
    let metadata: Metadata<'_> = serde_json::from_str(object.metadata.get()).ok()?;
    Some(metadata.managed.get())
}

#[cfg(all(test, feature = "informers"))]
mod tests {
    use super::without;

    #[test]
    fn managed_fields_are_replaced_and_other_text_is_unchanged() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        for (json, expected) in [
            (
                r#" {"metadata": {"managedFields" : [{"a": "]"}], "name": "ä"}, "managedFields": 1}"#,
                r#" {"metadata": {"managedFields" : null, "name": "ä"}, "managedFields": 1}"#,
            ),
            (
                r#"{"metadata":{"managed\u0046ields":[]},"spec":{}}"#,
                r#"{"metadata":{"managed\u0046ields":null},"spec":{}}"#,
            ),
            (r#"{"metadata":{"name":"a"}}"#, r#"{"metadata":{"name":"a"}}"#),
            (r#"{"metadata":[]}"#, r#"{"metadata":[]}"#),
            ("{", "{"),
            (
                &format!(r#"{{"metadata":{{"managedFields":{deep}}},"spec":{deep}}}"#),
                &format!(r#"{{"metadata":{{"managedFields":null}},"spec":{deep}}}"#),
            ),
        ] {
            assert_eq!(String::from_utf8_lossy(&without(json.as_bytes())), expected);
        }
    }
}
