//! The macro that emits the apply configuration of a type.

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
