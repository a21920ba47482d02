//! The macros that emit apply configurations.

/// Emits an apply configuration: a wrapper of [`Fields`](crate::apply::Fields) with typed methods.
///
/// An entry names the methods and the field: `with_x x unset_x x_mut: mode(type) = "x"`. Lists add how the API server merges
/// them (`as atomic`, `as set` or `as map["key"]`, where a key may have a default), and sensitive fields `+ secret`.
///
/// | mode | field | argument of `with_x` |
/// |---|---|---|
/// | `text()` | string | `impl Into<String>` |
/// | `value(T)` | any value | `impl Into<T>` |
/// | `values(T)` | list | items into `T`, which are appended |
/// | `entries(T)` | map | pairs of a key and a value into `T`, which are added |
/// | `nested(C)` | object with an apply configuration | `impl Into<C>` |
/// | `list(C)`, `map(C)` | list or map of such objects | as above |
///
/// `x_mut` exists for the last three.
///
/// ```
/// use kube_client_runtime::apply::Configuration as _;
/// use kube_client_runtime::apply_fields;
///
/// #[derive(serde::Serialize)]
/// pub struct Port { port: i64, protocol: Option<String> }
/// #[derive(serde::Serialize)]
/// pub struct Spec { ports: Vec<Port>, size: i64 }
///
/// apply_fields! {
///     PortApplyConfiguration: Port {
///         with_port port unset_port: value(i64) = "port",
///         with_protocol protocol unset_protocol: text() = "protocol",
///     }
/// }
/// apply_fields! {
///     SpecApplyConfiguration: Spec {
///         with_ports ports unset_ports ports_mut: list(PortApplyConfiguration) = "ports" as map["port", "protocol" = "\"TCP\""],
///         with_size size unset_size: value(i64) = "size",
///     }
/// }
///
/// let port = PortApplyConfiguration::new().with_port(80);
/// let mut spec = SpecApplyConfiguration::new().with_ports([port.clone()]);
/// assert_eq!(serde_json::to_string(&spec).unwrap(), r#"{"ports":[{"port":80}]}"#);
///
/// spec.ports_mut().push(port.with_protocol("TCP"));
/// let error = spec.check().unwrap_err().to_string();
/// assert_eq!(error, r#"ports: items 0 and 1 have the same key [port=80,protocol="TCP"]; remove one of them"#);
/// ```
///
/// A value of another type does not compile:
///
/// ```compile_fail,E0277
/// # use kube_client_runtime::apply_fields;
/// # #[derive(serde::Serialize)]
/// # pub struct Spec { size: i64 }
/// apply_fields! { SpecApplyConfiguration: Spec { with_size size unset_size: value(i64) = "size" } }
/// let _ = SpecApplyConfiguration::new().with_size("large");
/// ```
#[macro_export]
macro_rules! apply_fields {
    ($name:ident: $of:path { $($entries:tt)* }) => {
        $crate::apply_fields! { @items $name, $of, [] { $($entries)* } }

        impl $name {
            /// Creates an empty configuration.
            #[inline]
            pub fn new() -> Self {
                ::core::default::Default::default()
            }
        }
    };

    (@items $name:ident, $of:path, [$($more:expr)?] { $(
        $with:ident $get:ident $unset:ident $($mut:ident)? : $mode:ident ($($type:ty)?) = $property:literal
            $(as $topology:ident $([$($keys:tt)*])?)? $(+ $flag:ident)?
    ),* $(,)? }) => {
        #[doc = ::core::concat!("The fields of a [`", ::core::stringify!($of), "`] that a field manager applies.")]
        ///
        /// Getters return `None` if the field is not set or has another type. Those of objects, lists and maps return a
        /// copy; the methods that end in `_mut` change them in place.
        #[derive(Clone, Default, PartialEq)]
        pub struct $name {
            fields: $crate::apply::Fields,
        }

        impl $crate::apply::Configuration for $name {
            const SHAPE: &'static $crate::apply::Shape = &$crate::apply::Shape { fields: &[
                $( $crate::apply::Field {
                    name: $property,
                    below: $crate::apply_fields!(@below $mode $($type)?),
                    topology: $crate::apply_fields!(@topology $($topology $([$($keys)*])?)?),
                    secret: $crate::apply_fields!(@secret $($flag)?),
                }, )*
                $($more)?
            ] };

            #[inline]
            fn from_fields(fields: $crate::apply::Fields) -> Self {
                Self { fields }
            }

            #[inline]
            fn fields(&self) -> &$crate::apply::Fields {
                &self.fields
            }

            #[inline]
            fn fields_mut(&mut self) -> &mut $crate::apply::Fields {
                &mut self.fields
            }

            #[inline]
            fn into_fields(self) -> $crate::apply::Fields {
                self.fields
            }
        }

        impl ::core::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::apply::debug(::core::stringify!($name), &self.fields, <Self as $crate::apply::Configuration>::SHAPE, out)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::serde::Serialize::serialize(&self.fields, serializer)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::serde::Deserialize::deserialize(deserializer).map(|fields| Self { fields })
            }
        }

        #[doc = ::core::concat!("Applies all fields that a [`", ::core::stringify!($of), "`] encodes, including required ones.")]
        impl ::core::convert::From<$of> for $name {
            #[inline]
            fn from(value: $of) -> Self {
                Self { fields: $crate::apply::Fields::encode(&value) }
            }
        }

        impl $name {
            $( $crate::apply_field! { $mode ($($type)?) $property, $with $get $unset $($mut)?, [$($topology $([$($keys)*])?)?] } )*
        }
    };

    (@below nested $type:ty) => { $crate::apply::Below::Object(<$type as $crate::apply::Configuration>::SHAPE) };
    (@below list $type:ty) => { $crate::apply::Below::Items(<$type as $crate::apply::Configuration>::SHAPE) };
    (@below map $type:ty) => { $crate::apply::Below::Values(<$type as $crate::apply::Configuration>::SHAPE) };
    (@below entries $type:ty) => { $crate::apply::Below::Entries };
    (@below $mode:ident $($type:ty)?) => { $crate::apply::Below::Opaque };

    (@topology) => { $crate::apply::Topology::Granular };
    (@topology atomic) => { $crate::apply::Topology::Atomic };
    (@topology set) => { $crate::apply::Topology::Set };
    (@topology map [$($keys:tt)*]) => { $crate::apply::Topology::Map($crate::apply_fields!(@keys map [$($keys)*])) };

    (@keys map [$($key:literal $(= $default:literal)?),*]) => {
        &[$( $crate::apply::Key { name: $key, default: $crate::apply_fields!(@default $($default)?) } ),*]
    };
    (@keys $($other:tt)*) => { &[] };

    (@default) => { ::core::option::Option::None };
    (@default $default:literal) => { ::core::option::Option::Some($default) };

    (@secret) => { false };
    (@secret secret) => { true };

    (@note) => { "" };
    (@note atomic) => { "\n\nAtomic: an apply replaces it as a whole, and has one manager." };
    (@note set) => { "\n\nA set: items are unique, and each has its own managers." };
    (@note map [$($key:literal $(= $default:literal)?),*]) => {
        ::core::concat!("\n\nA map: each item has its own managers. Keys:", $(" `", $key, "`",)* ".")
    };
}

/// Emits the methods of a field for [`apply_fields!`].
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

/// Emits the apply configuration of a kind: [`apply_fields!`] for an object, with its constructor and what a manager owns.
///
/// The head names the scope (`Namespaced` or `Cluster`), and `status` if the status is a subresource.
///
/// ```
/// use kube_client_runtime::apply::ObjectConfiguration as _;
/// use kube_client_runtime::apply_object;
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// apply_object! {
///     ConfigMapApplyConfiguration: ConfigMap, Namespaced {
///         with_data data unset_data: entries(String) = "data",
///     }
/// }
///
/// let map = ConfigMapApplyConfiguration::new("settings", "default").with_data([("level", "debug")]).with_labels([("tier", "web")]);
/// assert_eq!(
///     serde_json::to_value(&map).unwrap(),
///     serde_json::json!({
///         "apiVersion": "v1",
///         "kind": "ConfigMap",
///         "metadata": {"name": "settings", "namespace": "default", "labels": {"tier": "web"}},
///         "data": {"level": "debug"},
///     })
/// );
/// ```
///
/// A namespaced kind requires a namespace:
///
/// ```compile_fail,E0061
/// # use kube_client_runtime::apply_object;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// # apply_object! { ConfigMapApplyConfiguration: ConfigMap, Namespaced { } }
/// let _ = ConfigMapApplyConfiguration::new("settings");
/// ```
///
/// A kind without the status subresource has no status to extract:
///
/// ```compile_fail,E0599
/// # use kube_client_runtime::apply_object;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// # apply_object! { ConfigMapApplyConfiguration: ConfigMap, Namespaced { } }
/// let _ = ConfigMapApplyConfiguration::extract_status(&ConfigMap::default(), "controller");
/// ```
#[macro_export]
macro_rules! apply_object {
    ($name:ident: $of:path, $scope:ident $($status:ident)? { $($entries:tt)* }) => {
        $crate::apply_fields! { @items $name, $of, [$crate::apply::METADATA] { $($entries)* } }

        impl $crate::apply::ObjectConfiguration for $name {}

        impl $crate::apply::ApplyConfiguration<$of> for $name {
            #[inline]
            fn body(
                &self,
                _: &<$of as $crate::kube::Resource>::DynamicType,
            ) -> ::core::result::Result<::std::borrow::Cow<'_, $crate::types::Json>, $crate::apply::ConfigurationError> {
                $crate::apply::body(
                    &self.fields,
                    <Self as $crate::apply::Configuration>::SHAPE,
                    &<$of as $crate::kube::Resource>::api_version(&()),
                    &<$of as $crate::kube::Resource>::kind(&()),
                )
            }
        }

        impl $name {
            $crate::apply_object! { @new $scope $of }

            /// Returns the fields that a manager applied, but not through a subresource. Without any, the result contains
            /// only the identity of the object.
            ///
            /// # Errors
            /// Returns an error if the manager owns a field that the type does not know:
            /// [`apply::extract`]($crate::apply::extract) extracts from JSON.
            #[inline]
            pub fn extract(object: &$of, manager: &str) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
                Self::extract_subresource(object, manager, "")
            }

            /// [`extract`](Self::extract) for the fields that a manager applied through a subresource.
            ///
            /// # Errors
            /// As for [`extract`](Self::extract).
            #[inline]
            pub fn extract_subresource(
                object: &$of,
                manager: &str,
                subresource: &str,
            ) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
                $crate::apply::extract_typed(object, manager, subresource)
            }

            $( $crate::apply_object! { @$status $of } )?
        }
    };

    (@new Namespaced $of:path) => {
        /// Creates the configuration of the object of this name in this namespace.
        #[inline]
        pub fn new(
            name: impl ::core::convert::Into<::std::string::String>,
            namespace: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            let (version, kind) = (<$of as $crate::kube::Resource>::api_version(&()), <$of as $crate::kube::Resource>::kind(&()));
            let namespace = ::core::option::Option::Some(namespace.into());
            Self { fields: $crate::apply::identified(&version, &kind, name.into(), namespace) }
        }
    };
    (@new Cluster $of:path) => {
        /// Creates the configuration of the object of this name.
        #[inline]
        pub fn new(name: impl ::core::convert::Into<::std::string::String>) -> Self {
            let (version, kind) = (<$of as $crate::kube::Resource>::api_version(&()), <$of as $crate::kube::Resource>::kind(&()));
            Self { fields: $crate::apply::identified(&version, &kind, name.into(), ::core::option::Option::None) }
        }
    };

    (@status $of:path) => {
        /// Returns the fields of the status that a manager applied through the subresource.
        ///
        /// # Errors
        /// As for [`extract`](Self::extract).
        #[inline]
        pub fn extract_status(object: &$of, manager: &str) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
            Self::extract_subresource(object, manager, "status")
        }
    };
}
