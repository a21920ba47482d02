//! Decoding of objects up to the depth limit of the API server.
//!
//! The API server accepts JSON of up to 10,000 levels (the limit of Go's `encoding/json`), `serde_json` decodes 127.
//! [`from_slice`] decodes as many levels as is safe for the type:
//!
//! - [`MAX_DEPTH`] levels for types of a generated crate: their deep values are [`Json`], which can be dropped and cloned
//!   at any depth;
//! - [`MAX_FOREIGN_DEPTH`] levels for all other types, such as kube's `DynamicObject`: they may contain a
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
pub use depth::{MAX_DEPTH, MAX_FOREIGN_DEPTH};
#[cfg(feature = "informers")]
pub(crate) use managed_fields::without as without_managed_fields;
pub(crate) use target::GENERATED;

/// The recursion limit of `serde_json`.
const UNASSISTED_DEPTH: usize = 127;

/// Decodes an object.
///
/// # Errors
/// Returns an error if the text is not JSON, does not fit the type, or exceeds the type's depth limit.
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
    // Strings of a text that is valid as a whole are not validated one by one.
    let decoded = match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    };
    decoded.or_else(|error| retry_if_deep(json, error))
}

/// Decodes an object again without the recursion limit, if its depth may be the reason of the error.
pub(crate) fn retry_if_deep<T: DeserializeOwned>(
    json: &[u8],
    error: serde_json::Error,
) -> Result<T, serde_json::Error> {
    if depth::of_text(json) <= UNASSISTED_DEPTH {
        return Err(error);
    }
    let limit = if target::is_generated::<T>() { MAX_DEPTH } else { MAX_FOREIGN_DEPTH };
    deep(&managed_fields::without_deep(json), limit)
}

/// Decodes a JSON value.
#[cfg(feature = "client")]
pub(crate) fn json(text: &[u8]) -> Result<Json, serde_json::Error> {
    serde_json::from_slice(text)
        .or_else(|error| if depth::of_text(text) > UNASSISTED_DEPTH { deep(text, MAX_DEPTH) } else { Err(error) })
}

/// Decodes an object from a JSON value.
pub(crate) fn from_value<T: DeserializeOwned>(value: Json) -> Result<T, serde_json::Error> {
    if depth::of_value(&value) <= UNASSISTED_DEPTH {
        return serde_json::from_value(value.into_value());
    }
    from_slice(&serde_json::to_vec(&value)?)
}

fn deep<T: DeserializeOwned>(json: &[u8], limit: usize) -> Result<T, serde_json::Error> {
    let levels = depth::of_text(json);
    if levels > limit {
        return Err(serde_json::Error::custom(format!(
            "the object nests {levels} levels deep; at most {limit} levels of this type can be decoded"
        )));
    }
    stack::with_stack_for(levels, || {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        deserializer.disable_recursion_limit();
        let value = T::deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    })
}
