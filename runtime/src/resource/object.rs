//! Serde for objects, and the macro that implements kube's traits for a generated type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::cow_str;
use crate::decode::GENERATED;

/// Decoding of an object from its fields. Implemented by [`resource!`](crate::resource!).
pub trait ReadObject<'de>: Sized {
    /// Decodes all fields of the object.
    fn read_fields<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;

    /// Decodes an object.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: ReadObject<'de>> Visitor<'de> for Object<T> {
            type Value = T;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a Kubernetes object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::read_fields(map)
            }
        }

        deserializer.deserialize_struct(GENERATED, &[], Object(PhantomData))
    }
}

/// Returns the name of the next field.
pub fn next_key<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    map.next_key_seed(TextSeed)
}

/// Decodes `apiVersion` or `kind`, and returns an error if the value is not that of the type.
pub fn check_type_meta<'de, A: MapAccess<'de>>(
    map: &mut A,
    name: &'static str,
    expected: &str,
) -> Result<(), A::Error> {
    let found = map.next_value_seed(TextSeed)?;
    if found == expected {
        Ok(())
    } else {
        Err(A::Error::custom(format!("{name} is {found:?}, expected {expected:?}")))
    }
}

struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        cow_str(deserializer)
    }
}

/// Implements [`CustomKind`](super::CustomKind) for a type that implements serde and kube's `Resource` by other means, such
/// as kube's derive.
#[macro_export]
macro_rules! custom_kind {
    ($name:ident {
        group: $group:literal,
        version: $version:literal,
        kind: $kind:literal,
        list_kind: $list_kind:literal,
        plural: $plural:literal,
        singular: $singular:literal,
        short_names: [$($short_name:literal),*],
        categories: [$($category:literal),*],
        scope: $scope:ident,
        storage: $storage:literal,
        deprecated: $deprecated:expr,
        subresources: [$($subresource:tt),*],
        selectable_fields: [$($selectable:literal),*],
        crd: $crd:path,
    }) => {
        impl $crate::resource::CustomKind for $name {
            const INFO: $crate::resource::KindInfo = $crate::resource::KindInfo {
                group: $group,
                version: $version,
                kind: $kind,
                list_kind: $list_kind,
                plural: $plural,
                singular: $singular,
                short_names: &[$($short_name),*],
                categories: &[$($category),*],
                scope: $crate::resource::Scope::$scope,
                storage: $storage,
                deprecated: $deprecated,
                subresources: &[$($subresource),*],
                selectable_fields: &[$($selectable),*],
            };

            fn custom_resource_definition() -> $crate::CustomResourceDefinition {
                $crate::crd($crd)
            }
        }

        $( $crate::custom_kind!(@subresource $subresource, $name); )*
    };

    (@subresource "scale", $name:ident) => {
        impl $crate::resource::HasScaleSubresource for $name {}
    };
    (@subresource $other:literal, $name:ident) => {};
}

/// Implements serde (`apiVersion` and `kind` first, another kind is an error), kube's `Resource`, `CustomResourceExt`,
/// `HasSpec` and `HasStatus`, and [`CustomKind`](super::CustomKind) for a type.
#[macro_export]
macro_rules! resource {
    ($name:ident {
        group: $group:literal,
        version: $version:literal,
        kind: $kind:literal,
        list_kind: $list_kind:literal,
        plural: $plural:literal,
        singular: $singular:literal,
        short_names: [$($short_name:literal),*],
        categories: [$($category:literal),*],
        scope: $scope:ident,
        storage: $storage:literal,
        deprecated: $deprecated:expr,
        subresources: [$($subresource:tt),*],
        selectable_fields: [$($selectable:literal),*],
        crd: $crd:path,
        fields: { $($field:ident = $property:literal : $presence:ident),* },
        $(rest: $rest:ident,)?
        $(spec: $spec_mode:ident($spec:ty),)?
        $(status: $status_mode:ident($($status:ty)?),)?
    }) => {
        $crate::custom_kind! {
            $name {
                group: $group,
                version: $version,
                kind: $kind,
                list_kind: $list_kind,
                plural: $plural,
                singular: $singular,
                short_names: [$($short_name),*],
                categories: [$($category),*],
                scope: $scope,
                storage: $storage,
                deprecated: $deprecated,
                subresources: [$($subresource),*],
                selectable_fields: [$($selectable),*],
                crd: $crd,
            }
        }

        impl $crate::kube::Resource for $name {
            type DynamicType = ();
            type Scope = $crate::resource!(@scope $scope);

            fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
                $kind.into()
            }

            fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
                $group.into()
            }

            fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
                $version.into()
            }

            fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
                ::core::concat!($group, "/", $version).into()
            }

            fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
                $plural.into()
            }

            fn meta(&self) -> &$crate::types::ObjectMeta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut $crate::types::ObjectMeta {
                &mut self.metadata
            }
        }

        impl $crate::kube::CustomResourceExt for $name {
            fn crd() -> $crate::CustomResourceDefinition {
                $crate::crd($crd)
            }

            fn crd_name() -> &'static str {
                ::core::concat!($plural, ".", $group)
            }

            fn api_resource() -> $crate::kube::core::ApiResource {
                $crate::kube::core::ApiResource::erase::<Self>(&())
            }

            fn shortnames() -> &'static [&'static str] {
                &[$($short_name),*]
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                use $crate::serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(::core::option::Option::None)?;
                map.serialize_entry("apiVersion", ::core::concat!($group, "/", $version))?;
                map.serialize_entry("kind", $kind)?;
                $( $crate::resource!(@write $presence, map, $property, &self.$field); )*
                $( for (name, value) in &self.$rest { map.serialize_entry(name, value)?; } )?
                map.end()
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                <Self as $crate::resource::ReadObject>::read(deserializer)
            }
        }

        impl<'de> $crate::resource::ReadObject<'de> for $name {
            fn read_fields<A: $crate::serde::de::MapAccess<'de>>(mut map: A) -> ::core::result::Result<Self, A::Error> {
                $( let mut $field = ::core::option::Option::None; )*
                $( let mut $rest = ::std::collections::BTreeMap::new(); )?
                while let ::core::option::Option::Some(name) = $crate::resource::next_key(&mut map)? {
                    match &*name {
                        "apiVersion" => $crate::resource::check_type_meta(&mut map, "apiVersion", ::core::concat!($group, "/", $version))?,
                        "kind" => $crate::resource::check_type_meta(&mut map, "kind", $kind)?,
                        $( $property => $field = ::core::option::Option::Some(map.next_value()?), )*
                        _ => { $crate::resource!(@other map, name $(, $rest)?); }
                    }
                }
                ::core::result::Result::Ok(Self {
                    $( $field: $crate::resource!(@read $presence, $property, $field), )*
                    $( $rest )?
                })
            }
        }

        $( $crate::resource!(@spec $spec_mode, $name, $spec); )?
        $( $crate::resource!(@status $status_mode, $name $(, $status)?); )?
    };

    (@scope Namespaced) => { $crate::k8s_openapi::NamespaceResourceScope };
    (@scope Cluster) => { $crate::k8s_openapi::ClusterResourceScope };

    (@write optional, $map:ident, $property:literal, $value:expr) => {
        if let ::core::option::Option::Some(value) = $value { $map.serialize_entry($property, value)?; }
    };
    (@write nullable, $map:ident, $property:literal, $value:expr) => {
        if let ::core::option::Option::Some(value) = $value { $map.serialize_entry($property, value)?; }
    };
    (@write $presence:ident, $map:ident, $property:literal, $value:expr) => { $map.serialize_entry($property, $value)?; };

    (@read required, $property:literal, $value:ident) => {
        $value.ok_or_else(|| <A::Error as $crate::serde::de::Error>::missing_field($property))?
    };
    (@read nullable, $property:literal, $value:ident) => { $value };
    (@read $presence:ident, $property:literal, $value:ident) => { $value.unwrap_or_default() };

    (@other $map:ident, $field:ident) => { $map.next_value::<$crate::serde::de::IgnoredAny>()?; };
    (@other $map:ident, $field:ident, $rest:ident) => { $rest.insert($field.into_owned(), $map.next_value()?); };

    (@spec required, $name:ident, $spec:ty) => {
        impl $name {
            /// Returns the spec.
            pub fn spec(&self) -> &$spec {
                &self.spec
            }

            /// Returns the spec.
            pub fn spec_mut(&mut self) -> &mut $spec {
                &mut self.spec
            }
        }

        impl $crate::kube::core::object::HasSpec for $name {
            type Spec = $spec;

            fn spec(&self) -> &$spec {
                &self.spec
            }

            fn spec_mut(&mut self) -> &mut $spec {
                &mut self.spec
            }
        }
    };
    (@spec optional, $name:ident, $spec:ty) => {
        impl $name {
            /// Returns the spec, if it exists.
            pub fn spec(&self) -> ::core::option::Option<&$spec> {
                self.spec.as_ref()
            }

            /// Returns the spec, created empty if it does not exist.
            pub fn spec_mut(&mut self) -> &mut $spec {
                self.spec.get_or_insert_default()
            }
        }
    };

    (@spec nullable, $name:ident, $spec:ty) => {
        impl $name {
            /// Returns the spec, if it exists and is not null.
            pub fn spec(&self) -> ::core::option::Option<&$spec> {
                self.spec.as_ref().and_then(::core::option::Option::as_ref)
            }

            /// Returns the spec, created empty if it does not exist or is null.
            pub fn spec_mut(&mut self) -> &mut $spec {
                self.spec.get_or_insert_default().get_or_insert_default()
            }
        }
    };

    (@status subresource, $name:ident, $status:ty) => {
        impl $crate::resource::HasStatusSubresource for $name {}
        $crate::resource!(@status field, $name, $status);
    };
    (@status untyped_subresource, $name:ident) => {
        impl $crate::resource::HasStatusSubresource for $name {}
    };
    (@status field, $name:ident, $status:ty) => {
        impl $crate::kube::core::object::HasStatus for $name {
            type Status = $status;

            fn status(&self) -> ::core::option::Option<&$status> {
                self.status.as_ref()
            }

            fn status_mut(&mut self) -> &mut ::core::option::Option<$status> {
                &mut self.status
            }
        }
    };
}
