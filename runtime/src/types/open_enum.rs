//! Enums that keep unknown values.

/// An enum of the values in a schema that also represents unknown values, such as those of a newer schema.
pub trait OpenEnum: Sized + 'static {
    /// The values in the schema, in its order.
    const KNOWN: &'static [Self];

    /// Returns whether the schema contains this value.
    fn is_known(&self) -> bool;
}

/// Implements conversions from and to text, serde, [`OpenEnum`] and `Default` for an enum. The `Default` is the zero value
/// of the type of its values (an empty string, 0, false), never a default of the schema.
///
/// ```
/// # use kube_client_runtime::open_enum;
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// pub enum Mode { Fast, Slow, Unknown(String) }
///
/// open_enum! {
///     Mode: String, Unknown {
///         Fast = "fast",
///         Slow = "slow",
///     }
/// }
///
/// assert_eq!(Mode::from("fast"), Mode::Fast);
/// assert_eq!(Mode::from("new").as_str(), "new");
/// ```
#[macro_export]
macro_rules! open_enum {
    ($name:ident: String, $other:ident { $($variant:ident = $value:literal),* $(,)? }) => {
        impl $name {
            /// Returns the value in the API.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $value,)*
                    $name::$other(text) => text,
                }
            }
        }

        impl ::core::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($value => $name::$variant,)*
                    _ => $name::$other(::std::borrow::ToOwned::to_owned(text)),
                }
            }
        }

        impl ::core::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    $($value => $name::$variant,)*
                    _ => $name::$other(text),
                }
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = ::core::convert::Infallible;

            fn from_str(text: &str) -> ::core::result::Result<Self, ::core::convert::Infallible> {
                ::core::result::Result::Ok(Self::from(text))
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self::from("")
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::resource::cow_str(deserializer).map(|text| Self::from(&*text))
            }
        }

        $crate::open_enum!(@known $name, $other [$($variant),*]);
    };
    ($name:ident: $repr:ident, $other:ident { $($variant:ident = $value:literal),* $(,)? }) => {
        impl $name {
            /// Returns the value in the API.
            pub fn value(&self) -> $repr {
                match self {
                    $($name::$variant => $value,)*
                    $name::$other(value) => *value,
                }
            }
        }

        impl ::core::convert::From<$repr> for $name {
            #[allow(unreachable_patterns, clippy::match_bool)]
            fn from(value: $repr) -> Self {
                match value {
                    $($value => $name::$variant,)*
                    other => $name::$other(other),
                }
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = <$repr as ::core::str::FromStr>::Err;

            fn from_str(text: &str) -> ::core::result::Result<Self, <$repr as ::core::str::FromStr>::Err> {
                text.parse::<$repr>().map(Self::from)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.value(), out)
            }
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self::from(<$repr as ::core::default::Default>::default())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::serde::Serialize::serialize(&self.value(), serializer)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                <$repr as $crate::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        $crate::open_enum!(@known $name, $other [$($variant),*]);
    };
    (@known $name:ident, $other:ident [$($variant:ident),*]) => {
        impl $crate::types::OpenEnum for $name {
            const KNOWN: &'static [Self] = &[$($name::$variant),*];

            fn is_known(&self) -> bool {
                !::core::matches!(self, $name::$other(_))
            }
        }
    };
}

#[cfg(test)]
// The macro emits public items.
#[allow(unreachable_pub)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Code {
        Code301,
        Unknown(i64),
    }
    open_enum! { Code: i64, Unknown { Code301 = 301 } }

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Only {
        True,
        Unknown(bool),
    }
    open_enum! { Only: bool, Unknown { True = true } }

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Mode {
        Fast,
        Unknown(String),
    }
    open_enum! { Mode: String, Unknown { Fast = "fast" } }

    #[test]
    fn known_and_unknown_values_round_trip() {
        for value in [serde_json::json!("fast"), serde_json::json!("new")] {
            assert_eq!(serde_json::to_value(serde_json::from_value::<Mode>(value.clone()).unwrap()).unwrap(), value);
        }
        for value in [serde_json::json!(301), serde_json::json!(302)] {
            assert_eq!(serde_json::to_value(serde_json::from_value::<Code>(value.clone()).unwrap()).unwrap(), value);
        }
        for value in [serde_json::json!(true), serde_json::json!(false)] {
            assert_eq!(serde_json::to_value(serde_json::from_value::<Only>(value.clone()).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn default_is_the_zero_value_of_the_value_type() {
        assert_eq!(Mode::default(), Mode::Unknown(String::new()));
        assert_eq!(Code::default(), Code::Unknown(0));
        assert!(Mode::Fast.is_known() && !Mode::default().is_known());
        assert_eq!(Mode::KNOWN, [Mode::Fast]);
    }
}
