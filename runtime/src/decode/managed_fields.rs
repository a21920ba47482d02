//! Removal of managed fields that nest too deep.

use std::borrow::Cow;
use std::collections::BTreeMap;

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
