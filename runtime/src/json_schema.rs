//! `JsonSchema` of generated types: what the CRD says, word for word.

use serde_json::Value;

/// The schema at a JSON pointer (RFC 6901) into the schema of one version of an embedded CRD.
///
/// `nullable` and `default` belong to the place that uses a type, not to the type: they are left out.
///
/// # Panics
/// If the CRD has no such place. Generators name only places that they have read themselves, and the tests of an emitted
/// crate ask for all of them.
pub fn at(embedded: &str, version: &str, pointer: &str) -> schemars::Schema {
    let json = embedded.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    let schema = serde_json::from_str(json).ok().and_then(|crd: Value| {
        let versions = crd.pointer("/spec/versions")?.as_array()?;
        let version = versions.iter().find(|entry| entry["name"] == version)?;
        version.pointer("/schema/openAPIV3Schema")?.pointer(pointer).cloned()
    });
    let Some(Value::Object(mut schema)) = schema else {
        panic!("an embedded CRD has no schema at {version} {pointer}");
    };
    schema.remove("nullable");
    schema.remove("default");
    schema.into()
}

/// Implements `JsonSchema` for types of the crate that calls it: a module's path, where the schema stands, and in which CRD
/// and version.
#[macro_export]
macro_rules! json_schema {
    ($root:tt { $($(#[$gate:meta])* $($path:ident)::+ = $pointer:literal in $crd:ident $version:literal,)* }) => {
        $(
            $(#[$gate])*
            impl $crate::schemars::JsonSchema for $root::$($path)::+ {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    let path = ::core::stringify!($($path)::+);
                    path.rsplit("::").next().unwrap_or(path).trim().into()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!($($path)::+)).into()
                }

                fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                    $crate::json_schema::at($root::crds::$crd, $version, $pointer)
                }
            }
        )*
    };
}
