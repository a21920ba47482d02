//! Decoding objects as deep as the API server stores them.
//!
//! The API server reads and stores JSON of up to 10,000 levels (Go's `encoding/json` has that limit), `serde_json` reads
//! 127. [`from_slice`] reads as many levels as can be held safely:
//!
//! - [`MAX_DEPTH`] levels where the type comes from a generated crate: what nests deep there is
//!   [`Json`], and that can be dropped and cloned at any depth;
//! - [`MAX_FOREIGN_DEPTH`] levels in all other types, such as kube's `DynamicObject`: they may hold a
//!   [`serde_json::Value`], and dropping one takes stack for each level.
//!
//! Managed fields that nest deeper than [`MAX_FOREIGN_DEPTH`] levels are left out of the decoded object, because
//! k8s-openapi's type for them is a `Value`. An update that sends none leaves the stored ones unchanged.

pub(crate) mod depth;
mod managed_fields;
pub(crate) mod stack;
mod target;

use serde::de::{DeserializeOwned, Error};

use crate::types::Json;
pub(crate) use target::GENERATED;

/// The number of levels that objects of generated types may have: what the API server reads.
///
/// Source: `maxNestingDepth` in `encoding/json/scanner.go`, and in the copy of it in `sigs.k8s.io/json`.
pub const MAX_DEPTH: usize = 10_000;

/// The number of levels that objects of other types may have. A `serde_json::Value` of so many levels is cloned in 1 MiB of
/// stack without optimization, half of what a thread has.
pub const MAX_FOREIGN_DEPTH: usize = 512;

/// What `serde_json` reads by itself.
const UNASSISTED_DEPTH: usize = 127;

/// Decodes an object.
///
/// # Errors
/// If the text is not JSON, does not fit the type, or nests deeper than the type can hold.
///
/// # Examples
/// ```
/// use kube_client_runtime::decode;
/// use kube_client_runtime::kube::core::DynamicObject;
///
/// let text = r#"{"apiVersion": "example.com/v1", "kind": "Animal", "metadata": {"name": "cat"}}"#;
/// let cat: DynamicObject = decode::from_slice(text.as_bytes())?;
/// assert_eq!(cat.metadata.name.as_deref(), Some("cat"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json).or_else(|error| if_deep(json, error))
}

/// Decodes an object that could not be decoded, if its depth may be the reason.
pub(crate) fn if_deep<T: DeserializeOwned>(json: &[u8], error: serde_json::Error) -> Result<T, serde_json::Error> {
    if depth::of_text(json) <= UNASSISTED_DEPTH {
        return Err(error);
    }
    let most = if target::is_generated::<T>() { MAX_DEPTH } else { MAX_FOREIGN_DEPTH };
    deep(&managed_fields::without_deep(json), most)
}

/// Decodes any JSON.
#[cfg(feature = "client")]
pub(crate) fn json(text: &[u8]) -> Result<Json, serde_json::Error> {
    serde_json::from_slice(text)
        .or_else(|error| if depth::of_text(text) > UNASSISTED_DEPTH { deep(text, MAX_DEPTH) } else { Err(error) })
}

/// Decodes a value, which has been read in some other way.
pub(crate) fn from_value<T: DeserializeOwned>(value: Json) -> Result<T, serde_json::Error> {
    if depth::of_value(&value) <= UNASSISTED_DEPTH {
        return serde_json::from_value(value.into_value());
    }
    from_slice(&serde_json::to_vec(&value)?)
}

fn deep<T: DeserializeOwned>(json: &[u8], most: usize) -> Result<T, serde_json::Error> {
    let levels = depth::of_text(json);
    if levels > most {
        let why = format!("the object nests {levels} levels deep; at most {most} levels of this type can be decoded");
        return Err(serde_json::Error::custom(why));
    }
    stack::grown_for(levels, || {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        deserializer.disable_recursion_limit();
        let value = T::deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    })
}
