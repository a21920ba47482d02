//! Which types hold deep JSON safely.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Visitor};

/// The name under which generated objects ask to be deserialized.
pub(crate) const GENERATED: &str = "$kube_client_runtime::Object";

/// Whether the type is an object of a generated crate: the name that it asks for says so.
pub(super) fn is_generated<T: DeserializeOwned>() -> bool {
    matches!(T::deserialize(Probe), Err(Asked(Some(GENERATED))))
}

/// Has no data; it only sees what is asked for.
struct Probe;

/// The name of the struct that was asked for.
#[derive(Debug)]
struct Asked(Option<&'static str>);

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("there is no data")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Asked(None)
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(None))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked(Some(name)))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
