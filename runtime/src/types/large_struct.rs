//! `Deserialize` for structs with many fields.

/// Implements `Deserialize` for a struct with many fields, with the behaviour of serde's derive.
///
/// The derive declares a local variable for each field, in nested scopes. With more than a thousand fields, the compiler
/// overflows its stack, and so does an unoptimized program that decodes such a struct. This macro keeps the fields on the
/// heap until all of them have been decoded.
///
/// | entry | field |
/// |---|---|
/// | `field = "property": required(T)` | `T`; the property must exist |
/// | `field = "property": optional(Option<T>)` | `None` where the property does not exist or is null |
/// | `field = "property": nullable(Option<T>)` | `None` where the property does not exist; `T` decodes null |
/// | `..rest` | a map of all other properties |
///
/// ```
/// # use kube_client_runtime::{large_struct, serde_json};
/// struct Port { name: String, port: Option<i64> }
/// large_struct! { Port { name = "name": required(String), port = "containerPort": optional(Option<i64>), } }
///
/// let port: Port = serde_json::from_str(r#"{"name": "http", "containerPort": 80}"#)?;
/// assert_eq!((port.name.as_str(), port.port), ("http", Some(80)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! large_struct {
    ($name:ident { $($field:ident = $property:literal : $presence:ident ($type:ty),)* $(.. $rest:ident,)? }) => {
        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                #[derive(::core::default::Default)]
                struct Fields { $($field: ::core::option::Option<$type>,)* }

                struct StructVisitor;

                impl<'de> $crate::serde::de::Visitor<'de> for StructVisitor {
                    type Value = $name;

                    fn expecting(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        out.write_str(::core::concat!("struct ", ::core::stringify!($name)))
                    }

                    fn visit_map<A: $crate::serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> ::core::result::Result<$name, A::Error> {
                        let mut fields = ::std::boxed::Box::<Fields>::default();
                        $( let mut $rest = ::std::collections::BTreeMap::new(); )?
                        while let ::core::option::Option::Some(name) = $crate::resource::next_key(&mut map)? {
                            match &*name {
                                $( $property => {
                                    if fields.$field.is_some() {
                                        return ::core::result::Result::Err(
                                            <A::Error as $crate::serde::de::Error>::duplicate_field($property),
                                        );
                                    }
                                    fields.$field = ::core::option::Option::Some($crate::large_struct!(@read $presence, map));
                                } )*
                                _ => { $crate::resource!(@other map, name $(, $rest)?); }
                            }
                        }
                        ::core::result::Result::Ok($name {
                            $( $field: $crate::large_struct!(@take $presence, fields.$field, $property), )*
                            $( $rest, )?
                        })
                    }
                }

                deserializer.deserialize_map(StructVisitor)
            }
        }
    };

    (@read nullable, $map:ident) => { ::core::option::Option::Some($map.next_value()?) };
    (@read $presence:ident, $map:ident) => { $map.next_value()? };

    (@take required, $value:expr, $property:literal) => {
        $value.take().ok_or_else(|| <A::Error as $crate::serde::de::Error>::missing_field($property))?
    };
    (@take $presence:ident, $value:expr, $property:literal) => { $value.take().flatten() };
}

#[cfg(test)]
mod tests {
    use crate::types::Json;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq)]
    #[expect(clippy::option_option, reason = "null and absence differ")]
    struct All {
        name: String,
        r#type: Option<i64>,
        free: Option<Json>,
        null: Option<Option<i64>>,
        rest: BTreeMap<String, Json>,
    }

    crate::large_struct! {
        All {
            name = "name": required(String),
            r#type = "type": optional(Option<i64>),
            free = "free": nullable(Option<Json>),
            null = "a-null": nullable(Option<Option<i64>>),
            ..rest,
        }
    }

    #[test]
    fn absence_and_null_are_distinguished_as_by_the_derive() {
        let read = |text: &str| serde_json::from_str::<All>(text).map_err(|error| error.to_string());
        let all = read(r#"{"name":"a","type":null,"free":null,"a-null":null,"other":[1]}"#).unwrap();
        assert_eq!((all.r#type, &all.free, all.null), (None, &Some(Json::default()), Some(None)));
        assert_eq!(all.rest["other"][0], 1);
        let few = read(r#"{"name":"a","type":1}"#).unwrap();
        assert_eq!((few.r#type, few.free, few.null, few.rest.len()), (Some(1), None, None, 0));
        assert!(read("{}").unwrap_err().starts_with("missing field `name`"));
        assert!(read(r#"{"name":"a","type":1,"type":2}"#).unwrap_err().starts_with("duplicate field `type`"));
        assert!(read("[]").unwrap_err().starts_with("invalid type: sequence, expected struct All"));
    }
}
