//! Defaults in values whose types are not emitted.

use kube_structural_schema::{Additional, Schema};

use crate::api::{DefaultOf, Defaults};

/// Returns the defaults that the API server sets in a value.
pub(super) fn below(schema: &Schema) -> Defaults {
    if let Some(items) = &schema.items {
        return inside(below(items), Defaults::Items);
    }
    let values = match &schema.additional_properties {
        Some(Additional::Schema(values)) => below(values),
        _ => Defaults::Nothing,
    };
    if schema.properties.is_empty() {
        return inside(values, Defaults::Values);
    }
    let named = schema.properties.iter().map(|(name, property)| DefaultOf {
        name: Some(name.clone()),
        value: property.default.as_ref().filter(|default| !default.is_null()).map(ToString::to_string),
        below: below(property),
    });
    let rest = DefaultOf { name: None, value: None, below: values };
    let has_default = |default: &DefaultOf| default.value.is_some() || default.below != Defaults::Nothing;
    let defaults: Vec<DefaultOf> = named.chain([rest]).filter(has_default).collect();
    if defaults.is_empty() { Defaults::Nothing } else { Defaults::Object(defaults) }
}

fn inside(below: Defaults, wrap: fn(Box<Defaults>) -> Defaults) -> Defaults {
    if below == Defaults::Nothing { below } else { wrap(Box::new(below)) }
}
