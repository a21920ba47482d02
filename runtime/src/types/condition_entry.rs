//! Conditions of generated types and of built-in kinds.

use std::fmt::Display;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{OpenEnum, Timestamp};

/// A field of a condition that is text in JSON.
#[doc(hidden)]
pub trait ConditionText {
    fn text(&self) -> String;

    fn of(text: &str) -> Self;
}

impl ConditionText for String {
    fn text(&self) -> String {
        self.clone()
    }

    fn of(text: &str) -> Self {
        text.to_owned()
    }
}

/// k8s-openapi has such fields since Kubernetes 1.37 where earlier versions have text.
impl ConditionText for Option<String> {
    fn text(&self) -> String {
        self.clone().unwrap_or_default()
    }

    fn of(text: &str) -> Self {
        Some(text.to_owned())
    }
}

impl ConditionText for Timestamp {
    fn text(&self) -> String {
        self.as_str().to_owned()
    }

    fn of(text: &str) -> Self {
        Timestamp::from(text)
    }
}

impl ConditionText for Time {
    fn text(&self) -> String {
        Timestamp::from(self.clone()).text()
    }

    /// The type cannot represent other text than a time: that becomes the current time.
    fn of(text: &str) -> Self {
        Time(text.parse().unwrap_or_else(|_| jiff::Timestamp::now()))
    }
}

impl<T: OpenEnum + Display + for<'t> From<&'t str>> ConditionText for T {
    fn text(&self) -> String {
        self.to_string()
    }

    fn of(text: &str) -> Self {
        T::from(text)
    }
}

/// Implements [`ConditionEntry`](crate::types::ConditionEntry) for a struct from its fields. Each field is `required`
/// (text, an enum or a time; an integer for the generation) or `optional` (an `Option` of these).
#[macro_export]
macro_rules! condition_entry {
    ($name:ty { $($property:ident: $field:ident $presence:ident),* $(,)? }) => {
        impl $crate::types::ConditionEntry for $name {
            #[inline]
            fn from_condition(condition: $crate::types::Condition) -> Self {
                let mut entry = Self::default();
                $crate::types::ConditionEntry::assign(&mut entry, condition);
                entry
            }

            #[inline]
            #[allow(clippy::needless_update)]
            fn to_condition(&self) -> $crate::types::Condition {
                $crate::types::Condition {
                    $( $property: $crate::condition_entry!(@get $property $presence self.$field), )*
                    ..::core::default::Default::default()
                }
            }

            #[inline]
            fn assign(&mut self, condition: $crate::types::Condition) {
                $( $crate::condition_entry!(@set $property $presence self.$field, condition.$property); )*
            }
        }
    };

    (@get observed_generation required $value:expr) => {
        ::core::option::Option::Some(::core::convert::From::from($value))
    };
    (@get observed_generation optional $value:expr) => { $value.map(::core::convert::From::from) };
    (@get $property:ident required $value:expr) => {
        ::core::convert::From::from($crate::types::ConditionText::text(&$value))
    };
    (@get $property:ident optional $value:expr) => {
        ::core::convert::From::from($value.as_ref().map($crate::types::ConditionText::text).unwrap_or_default())
    };

    (@set observed_generation required $field:expr, $value:expr) => {
        $field = $value.and_then(|value| ::core::convert::TryFrom::try_from(value).ok()).unwrap_or_default()
    };
    (@set observed_generation optional $field:expr, $value:expr) => {
        $field = $value.and_then(|value| ::core::convert::TryFrom::try_from(value).ok())
    };
    (@set $property:ident required $field:expr, $value:expr) => {
        $field = $crate::types::ConditionText::of($value.as_str())
    };
    (@set $property:ident optional $field:expr, $value:expr) => {
        $field = (!$value.as_str().is_empty()).then(|| $crate::types::ConditionText::of($value.as_str()))
    };
}
