//! Serde for fields that distinguish absent from null, and for additional properties.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Decodes an existing field, null included, as `Some`. With `#[serde(default)]`, `None` means absent.
pub fn deserialize_some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Serde for a flattened map of typed values.
///
/// `#[serde(flatten)]` buffers its input, and buffered numbers lose their type if another crate enables `serde_json`'s
/// `arbitrary_precision`. Decoding through JSON values preserves it.
pub mod rest {
    use super::{BTreeMap, Deserialize, Deserializer};
    use serde::de::{DeserializeOwned, Error};
    use serde::{Serialize, Serializer};
    use serde_json::Value;

    /// Decodes the entries.
    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, T>, D::Error> {
        let values: BTreeMap<String, Value> = BTreeMap::deserialize(deserializer)?;
        let typed = |(name, value)| serde_json::from_value(value).map(|value| (name, value)).map_err(D::Error::custom);
        values.into_iter().map(typed).collect()
    }

    /// Encodes the entries.
    pub fn serialize<T: Serialize, S: Serializer>(
        entries: &BTreeMap<String, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        entries.serialize(serializer)
    }
}
