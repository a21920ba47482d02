//! `JsonSchema` of generated types: the schema of the CRD, unchanged.

use serde_json::Value;

/// Returns the schema at a JSON pointer (RFC 6901) into the schema of one version of an embedded CRD, without `nullable`
/// and `default`: they belong to the property that uses a type, not to the type.
///
/// # Panics
/// Panics if the CRD has no schema at the pointer. Generators emit only pointers that exist in the CRD that they embed,
/// and the tests of an emitted crate resolve all of them.
pub fn schema_at(embedded: &str, version: &str, pointer: &str) -> schemars::Schema {
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

/// Implements `JsonSchema` for types of the calling crate. Each entry names the type, the JSON pointer of its schema, the
/// embedded CRD and the version.
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
                    $crate::json_schema::schema_at($root::crds::$crd, $version, $pointer)
                }
            }
        )*
    };
}
