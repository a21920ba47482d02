//! Constants for types and reasons of conditions.

/// Defines a constant for each type and reason of the conditions of a kind.
#[macro_export]
macro_rules! condition_names {
    ($name:ident { $($constant:ident = $value:literal),* $(,)? }) => {
        impl $name {
            $(
                #[doc = ::core::concat!("`", $value, "`, in the conditions of the status.")]
                pub const $constant: &'static ::core::primitive::str = $value;
            )*
        }
    };
}
