//! The macro that emits the methods of a field.

/// Emits the methods of a field for [`apply_fields!`](crate::apply_fields).
#[doc(hidden)]
#[macro_export]
macro_rules! apply_field {
    ($mode:ident $type:tt $property:literal, $with:ident $get:ident $unset:ident $($mut:ident)?, $topology:tt) => {
        $crate::apply_field! { @with $mode $type $property, $with, $topology }
        $crate::apply_field! { @get $mode $type $property, $get }
        $( $crate::apply_field! { @mut $mode $type $property, $mut, $topology } )?

        #[doc = ::core::concat!("Removes `", $property, "`: the manager gives it up with the next apply.")]
        #[inline]
        pub fn $unset(&mut self) -> &mut Self {
            self.fields.take($property);
            self
        }
    };

    (@with text () $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Sets `", $property, "`.")]
        #[must_use]
        pub fn $with(mut self, value: impl ::core::convert::Into<::std::string::String>) -> Self {
            self.fields.set($property, $crate::serde_json::Value::String(value.into()));
            self
        }
    };
    (@with value ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Sets `", $property, "`.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(mut self, value: impl ::core::convert::Into<$type>) -> Self {
            self.fields.set_encoded::<$type>($property, &value.into());
            self
        }
    };
    (@with nested ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Sets `", $property, "`, replacing what was set before.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(mut self, value: impl ::core::convert::Into<$type>) -> Self {
            let value: $type = value.into();
            self.fields.set_nested($property, $crate::apply::Configuration::into_fields(value));
            self
        }
    };
    (@with values ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Appends items to `", $property, "`.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(
            mut self,
            items: impl ::core::iter::IntoIterator<Item = impl ::core::convert::Into<$type>>,
        ) -> Self {
            self.fields.ensure_list($property);
            for item in items {
                self.fields.append_encoded::<$type>($property, &item.into());
            }
            self
        }
    };
    (@with list ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Appends items to `", $property, "`.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(
            mut self,
            items: impl ::core::iter::IntoIterator<Item = impl ::core::convert::Into<$type>>,
        ) -> Self {
            self.fields.ensure_list($property);
            for item in items {
                let item: $type = item.into();
                self.fields.append_nested($property, $crate::apply::Configuration::into_fields(item));
            }
            self
        }
    };
    (@with entries ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Adds entries to `", $property, "`.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(
            mut self,
            entries: impl ::core::iter::IntoIterator<
                Item = (impl ::core::convert::Into<::std::string::String>, impl ::core::convert::Into<$type>),
            >,
        ) -> Self {
            self.fields.ensure_map($property);
            for (key, value) in entries {
                self.fields.put_encoded::<$type>($property, key.into(), &value.into());
            }
            self
        }
    };
    (@with map ($type:ty) $property:literal, $with:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Adds entries to `", $property, "`.", $crate::apply_fields!(@note $($topology)*))]
        #[must_use]
        pub fn $with(
            mut self,
            entries: impl ::core::iter::IntoIterator<
                Item = (impl ::core::convert::Into<::std::string::String>, impl ::core::convert::Into<$type>),
            >,
        ) -> Self {
            self.fields.ensure_map($property);
            for (key, value) in entries {
                let value: $type = value.into();
                self.fields.put_nested($property, key.into(), $crate::apply::Configuration::into_fields(value));
            }
            self
        }
    };

    (@get text () $property:literal, $get:ident) => {
        #[doc = ::core::concat!("Returns `", $property, "`.")]
        #[inline]
        #[must_use]
        pub fn $get(&self) -> ::core::option::Option<&str> {
            self.fields.text($property)
        }
    };
    (@get value ($type:ty) $property:literal, $get:ident) => {
        $crate::apply_field! { @decoded $property, $get, $type }
    };
    (@get nested ($type:ty) $property:literal, $get:ident) => {
        #[doc = ::core::concat!("Returns `", $property, "`.")]
        #[inline]
        #[must_use]
        pub fn $get(&self) -> ::core::option::Option<$type> {
            self.fields.nested($property).map(<$type as $crate::apply::Configuration>::from_fields)
        }
    };
    (@get values ($type:ty) $property:literal, $get:ident) => {
        $crate::apply_field! { @decoded $property, $get, ::std::vec::Vec<$type> }
    };
    (@get list ($type:ty) $property:literal, $get:ident) => {
        $crate::apply_field! { @decoded $property, $get, ::std::vec::Vec<$type> }
    };
    (@get entries ($type:ty) $property:literal, $get:ident) => {
        $crate::apply_field! { @decoded $property, $get, $crate::types::BTreeMap<::std::string::String, $type> }
    };
    (@get map ($type:ty) $property:literal, $get:ident) => {
        $crate::apply_field! { @decoded $property, $get, $crate::types::BTreeMap<::std::string::String, $type> }
    };
    (@decoded $property:literal, $get:ident, $type:ty) => {
        #[doc = ::core::concat!("Returns `", $property, "`.")]
        #[inline]
        #[must_use]
        pub fn $get(&self) -> ::core::option::Option<$type> {
            self.fields.decode($property)
        }
    };

    (@mut nested ($type:ty) $property:literal, $mut:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Returns `", $property, "` to change it, created empty if it is not set.")]
        #[inline]
        pub fn $mut(&mut self) -> $crate::apply::NestedMut<'_, $type> {
            $crate::apply::NestedMut::new(&mut self.fields, $property)
        }
    };
    (@mut list ($type:ty) $property:literal, $mut:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Returns the items of `", $property, "` to change them.", $crate::apply_fields!(@note $($topology)*))]
        #[inline]
        pub fn $mut(&mut self) -> $crate::apply::ListMut<'_, $type> {
            $crate::apply::ListMut::new(&mut self.fields, $property, $crate::apply_fields!(@keys $($topology)*))
        }
    };
    (@mut map ($type:ty) $property:literal, $mut:ident, [$($topology:tt)*]) => {
        #[doc = ::core::concat!("Returns the entries of `", $property, "` to change them.")]
        #[inline]
        pub fn $mut(&mut self) -> $crate::apply::MapMut<'_, $type> {
            $crate::apply::MapMut::new(&mut self.fields, $property)
        }
    };
}
