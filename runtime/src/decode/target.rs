//! Detection of generated types.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Visitor};

/// The struct name that generated objects pass to `deserialize_struct`.
pub(crate) const GENERATED: &str = "$kube_client_runtime::Object";

/// Returns whether the type is an object of a generated crate, by the struct name that it requests.
pub(super) fn is_generated<T: DeserializeOwned>() -> bool {
    matches!(T::deserialize(Probe), Err(RequestedName(Some(GENERATED))))
}

/// A deserializer without data that records the requested struct name.
struct Probe;

/// The requested struct name, as an error.
#[derive(Debug)]
struct RequestedName(Option<&'static str>);

impl fmt::Display for RequestedName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("no data")
    }
}

impl std::error::Error for RequestedName {}

impl serde::de::Error for RequestedName {
    fn custom<T: fmt::Display>(_: T) -> Self {
        RequestedName(None)
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = RequestedName;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, RequestedName> {
        Err(RequestedName(None))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, RequestedName> {
        Err(RequestedName(Some(name)))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
