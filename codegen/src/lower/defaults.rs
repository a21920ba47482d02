//! Defaults below a value of a foreign type.

use kube_structural_schema::{Additional, Schema};

use crate::api::{DefaultOf, Defaults};

/// The defaults below a schema.
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
    let fills = |default: &DefaultOf| default.value.is_some() || default.below != Defaults::Nothing;
    let defaults: Vec<DefaultOf> = named.chain([rest]).filter(fills).collect();
    if defaults.is_empty() { Defaults::Nothing } else { Defaults::Object(defaults) }
}

fn inside(below: Defaults, wrap: fn(Box<Defaults>) -> Defaults) -> Defaults {
    if below == Defaults::Nothing { below } else { wrap(Box::new(below)) }
}
