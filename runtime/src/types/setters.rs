//! Chained setters for optional fields.

/// Emits one setter per entry: `field: mode(type)`, or `field as name: mode(type)`.
///
/// | mode | field | argument |
/// |---|---|---|
/// | `value(T)` | `Option<T>` | `impl Into<T>` |
/// | `boxed(T)` | `Option<Box<T>>` | `impl Into<T>` |
/// | `list(T)` | `Option<Vec<T>>` | items into `T` |
/// | `map(T)` | `Option<BTreeMap<String, T>>` | pairs of a name and a value into `T` |
/// | `nullable(T)`, `nullable_box(T)` | `Option<Option<T>>` | `T`, or `None` for null |
///
/// ```
/// # use kube_client_runtime::setters;
/// #[derive(Default)]
/// pub struct Backend { name: Option<String>, tags: Option<Vec<String>> }
/// setters! { Backend { name: value(String), tags: list(String), } }
/// assert_eq!(Backend::default().tags(["a", "b"]).name("x").tags.unwrap().len(), 2);
/// ```
#[macro_export]
macro_rules! setters {
    ($name:ident { $($field:ident $(as $setter:ident)? : $mode:ident ($type:ty)),* $(,)? }) => {
        impl $name {
            $( $crate::setter! { $field $($setter)?, $mode, $type } )*
        }
    };
}

/// Emits one setter for [`setters!`].
#[doc(hidden)]
#[macro_export]
macro_rules! setter {
    ($field:ident, $mode:ident, $type:ty) => {
        $crate::setter! { $field $field, $mode, $type }
    };
    ($field:ident $setter:ident, value, $type:ty) => {
        #[doc = ::core::concat!("Sets `", ::core::stringify!($field), "`.")]
        pub fn $setter(mut self, value: impl ::core::convert::Into<$type>) -> Self {
            self.$field = ::core::option::Option::Some(value.into());
            self
        }
    };
    ($field:ident $setter:ident, boxed, $type:ty) => {
        #[doc = ::core::concat!("Sets `", ::core::stringify!($field), "`.")]
        pub fn $setter(mut self, value: impl ::core::convert::Into<$type>) -> Self {
            self.$field = ::core::option::Option::Some(::std::boxed::Box::new(value.into()));
            self
        }
    };
    ($field:ident $setter:ident, list, $type:ty) => {
        #[doc = ::core::concat!("Sets the items of `", ::core::stringify!($field), "`.")]
        pub fn $setter(
            mut self,
            items: impl ::core::iter::IntoIterator<Item = impl ::core::convert::Into<$type>>,
        ) -> Self {
            self.$field = ::core::option::Option::Some(items.into_iter().map(::core::convert::Into::into).collect());
            self
        }
    };
    ($field:ident $setter:ident, map, $type:ty) => {
        #[doc = ::core::concat!("Sets the entries of `", ::core::stringify!($field), "`.")]
        pub fn $setter(
            mut self,
            entries: impl ::core::iter::IntoIterator<
                Item = (impl ::core::convert::Into<::std::string::String>, impl ::core::convert::Into<$type>),
            >,
        ) -> Self {
            self.$field = ::core::option::Option::Some(
                entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            );
            self
        }
    };
    ($field:ident $setter:ident, nullable, $type:ty) => {
        #[doc = ::core::concat!("Sets `", ::core::stringify!($field), "`; `None` is null.")]
        pub fn $setter(mut self, value: impl ::core::convert::Into<::core::option::Option<$type>>) -> Self {
            self.$field = ::core::option::Option::Some(value.into());
            self
        }
    };
    ($field:ident $setter:ident, nullable_box, $type:ty) => {
        #[doc = ::core::concat!("Sets `", ::core::stringify!($field), "`; `None` is null.")]
        pub fn $setter(mut self, value: impl ::core::convert::Into<::core::option::Option<$type>>) -> Self {
            self.$field = ::core::option::Option::Some(value.into().map(::std::boxed::Box::new));
            self
        }
    };
}
