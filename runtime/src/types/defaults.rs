//! Schema defaults, applied on demand.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Json;
use crate::decode;

/// A type whose schema has defaults, directly or in nested properties.
pub trait Defaulted: Serialize + DeserializeOwned {
    /// The defaults, by property.
    const DEFAULTS: &'static [PropertyDefault];
}

/// The default of one property and of the properties nested in it.
#[derive(Debug)]
pub struct PropertyDefault {
    /// The property; `None` for additional properties.
    pub name: Option<&'static str>,
    /// The default as JSON.
    pub value: Option<&'static str>,
    /// The defaults of nested properties.
    pub nested: NestedDefaults,
}

/// The defaults inside the value of a property.
#[derive(Debug)]
pub enum NestedDefaults {
    /// No nested defaults.
    None,
    /// Defaults of an object's properties.
    Object(&'static [PropertyDefault]),
    /// Defaults in each item of a list.
    Items(&'static NestedDefaults),
    /// Defaults in each value of a map.
    Values(&'static NestedDefaults),
}

/// Returns the object with all defaults applied, as the API server applies them. If a default does not fit its own type,
/// the object is returned unchanged.
pub fn apply<T: Defaulted>(object: T) -> T {
    let Ok(mut value) = serde_json::to_value(&object).map(Json::from) else { return object };
    fill(&mut value, T::DEFAULTS);
    decode::from_value(value).unwrap_or(object)
}

fn fill(value: &mut Value, defaults: &[PropertyDefault]) {
    let Value::Object(fields) = value else { return };
    for default in defaults {
        let Some(name) = default.name else {
            let named = |field: &String| defaults.iter().any(|default| default.name == Some(field));
            fields
                .iter_mut()
                .filter(|(field, _)| !named(field))
                .for_each(|(_, value)| fill_nested(value, &default.nested));
            continue;
        };
        if let (false, Some(Ok(value))) = (fields.contains_key(name), default.value.map(serde_json::from_str)) {
            fields.insert(name.to_owned(), value);
        }
        if let Some(value) = fields.get_mut(name) {
            fill_nested(value, &default.nested);
        }
    }
}

fn fill_nested(value: &mut Value, nested: &NestedDefaults) {
    match (nested, value) {
        (NestedDefaults::Object(defaults), value) => fill(value, defaults),
        (NestedDefaults::Items(nested), Value::Array(items)) => {
            items.iter_mut().for_each(|item| fill_nested(item, nested))
        }
        (NestedDefaults::Values(nested), Value::Object(entries)) => {
            entries.values_mut().for_each(|value| fill_nested(value, nested));
        }
        _ => {}
    }
}

/// Implements [`Defaulted`](crate::types::Defaulted) and `with_defaults` for a type. An entry is
/// `"property": "default as JSON", nested;`, with `_` for no default, `[T]` for the items of a list, `{T}` for the values
/// of a map, and `("property": …;)` in place of a type that does not implement `Defaulted`.
///
/// ```
/// # use kube_client_runtime::{defaults, serde::{Serialize, Deserialize}};
/// # #[derive(Serialize, Deserialize, Default)] #[serde(crate = "kube_client_runtime::serde")]
/// struct Port {
///     #[serde(skip_serializing_if = "Option::is_none")]
///     port: Option<i64>,
/// }
/// # #[derive(Serialize, Deserialize, Default)] #[serde(crate = "kube_client_runtime::serde")]
/// struct Backend { ports: Vec<Port> }
/// defaults! { Port { "port": "80"; } }
/// defaults! { Backend { "ports": _, [Port]; } }
/// assert_eq!(Backend { ports: vec![Port::default()] }.with_defaults().ports[0].port, Some(80));
/// ```
#[macro_export]
macro_rules! defaults {
    ($name:ident { $($property:tt : $value:tt $(, $nested:tt)? ;)* }) => {
        impl $crate::types::Defaulted for $name {
            const DEFAULTS: &'static [$crate::types::PropertyDefault] =
                $crate::defaults!(@all $($property : $value $(, $nested)? ;)*);
        }

        impl $name {
            /// Applies the defaults of the schema, including nested ones, as the API server does.
            // Instantiated only where it is called: it instantiates all of the type's serde.
            #[inline]
            pub fn with_defaults(self) -> Self {
                $crate::types::with_defaults(self)
            }
        }
    };
    (@all $($property:tt : $value:tt $(, $nested:tt)? ;)*) => {
        &[
            $($crate::types::PropertyDefault {
                name: $crate::defaults!(@text $property),
                value: $crate::defaults!(@text $value),
                nested: $crate::defaults!(@nested $($nested)?),
            }),*
        ]
    };
    (@text _) => { ::core::option::Option::None };
    (@text $text:literal) => { ::core::option::Option::Some($text) };
    (@nested) => { $crate::types::NestedDefaults::None };
    (@nested [$nested:tt]) => { $crate::types::NestedDefaults::Items(&$crate::defaults!(@nested $nested)) };
    (@nested {$nested:tt}) => { $crate::types::NestedDefaults::Values(&$crate::defaults!(@nested $nested)) };
    (@nested ($($defaults:tt)*)) => { $crate::types::NestedDefaults::Object($crate::defaults!(@all $($defaults)*)) };
    (@nested $type:ident) => { $crate::types::NestedDefaults::Object(<$type as $crate::types::Defaulted>::DEFAULTS) };
}
