//! Defaults of a schema, applied on demand.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Json;
use crate::decode;

/// A type whose schema has defaults, of its own or somewhere below.
pub trait Defaulted: Serialize + DeserializeOwned {
    /// The defaults, by property.
    const DEFAULTS: &'static [DefaultOf];
}

/// What the API server does with one property that is absent, and what is below it.
#[derive(Debug)]
pub struct DefaultOf {
    /// The property; `None` for all that the schema does not name.
    pub name: Option<&'static str>,
    /// The default as JSON.
    pub value: Option<&'static str>,
    /// Where defaults go on below.
    pub below: Below,
}

/// Where defaults go on.
#[derive(Debug)]
pub enum Below {
    /// Nowhere.
    Nothing,
    /// In an object.
    Object(&'static [DefaultOf]),
    /// In each item of a list.
    Items(&'static Below),
    /// In each value of a map.
    Values(&'static Below),
}

/// The object with all defaults filled in, as the API server fills them in. What cannot be filled in (a default that does
/// not fit its own type) leaves the object as it is.
pub fn apply<T: Defaulted>(object: T) -> T {
    let Ok(mut value) = serde_json::to_value(&object).map(Json::from) else { return object };
    fill(&mut value, T::DEFAULTS);
    decode::from_value(value).unwrap_or(object)
}

fn fill(value: &mut Value, defaults: &[DefaultOf]) {
    let Value::Object(fields) = value else { return };
    for default in defaults {
        let Some(name) = default.name else {
            let named = |field: &String| defaults.iter().any(|default| default.name == Some(field));
            fields.iter_mut().filter(|(field, _)| !named(field)).for_each(|(_, value)| go_on(value, &default.below));
            continue;
        };
        if let (false, Some(Ok(value))) = (fields.contains_key(name), default.value.map(serde_json::from_str)) {
            fields.insert(name.to_owned(), value);
        }
        if let Some(value) = fields.get_mut(name) {
            go_on(value, &default.below);
        }
    }
}

fn go_on(value: &mut Value, below: &Below) {
    match (below, value) {
        (Below::Object(defaults), value) => fill(value, defaults),
        (Below::Items(below), Value::Array(items)) => items.iter_mut().for_each(|item| go_on(item, below)),
        (Below::Values(below), Value::Object(entries)) => entries.values_mut().for_each(|value| go_on(value, below)),
        _ => {}
    }
}

/// Gives a type `with_defaults`: `"property": "default as JSON", where it goes on;`, with `_` for no default, `[T]` for the
/// items of a list, `{T}` for the values of a map, and `("property": …;)` in place of a type that does not say its defaults
/// itself.
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
    ($name:ident { $($property:tt : $value:tt $(, $below:tt)? ;)* }) => {
        impl $crate::types::Defaulted for $name {
            const DEFAULTS: &'static [$crate::types::DefaultOf] =
                $crate::defaults!(@all $($property : $value $(, $below)? ;)*);
        }

        impl $name {
            /// Fills in what the API server fills in: the defaults of the schema, here and below.
            // Compiled where it is called: it brings all of the type's serde with it.
            #[inline]
            pub fn with_defaults(self) -> Self {
                $crate::types::with_defaults(self)
            }
        }
    };
    (@all $($property:tt : $value:tt $(, $below:tt)? ;)*) => {
        &[
            $($crate::types::DefaultOf {
                name: $crate::defaults!(@text $property),
                value: $crate::defaults!(@text $value),
                below: $crate::defaults!(@below $($below)?),
            }),*
        ]
    };
    (@text _) => { ::core::option::Option::None };
    (@text $text:literal) => { ::core::option::Option::Some($text) };
    (@below) => { $crate::types::Below::Nothing };
    (@below [$below:tt]) => { $crate::types::Below::Items(&$crate::defaults!(@below $below)) };
    (@below {$below:tt}) => { $crate::types::Below::Values(&$crate::defaults!(@below $below)) };
    (@below ($($defaults:tt)*)) => { $crate::types::Below::Object($crate::defaults!(@all $($defaults)*)) };
    (@below $type:ident) => { $crate::types::Below::Object(<$type as $crate::types::Defaulted>::DEFAULTS) };
}
