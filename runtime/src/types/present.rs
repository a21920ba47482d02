//! Serde for fields in which absent and null differ, and for what a schema does not name.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Decodes a field that is there: `Some` of its value, null too. Together with `default`, `None` means absent.
pub fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Serde for a flattened map of typed values.
///
/// Flattening buffers what it reads, and buffered numbers lose their type where another crate turns on `serde_json`'s
/// `arbitrary_precision`; going through JSON values does not.
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
