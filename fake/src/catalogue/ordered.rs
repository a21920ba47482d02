//! Objects with their fields in the order of Go's structs, in which the API server encodes them.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::{GoType, Named, Struct};

/// A value and the type that decides the order of its fields. Fields that the type does not have follow in the order of their
/// names.
pub(crate) struct Ordered<'v> {
    layout: Layout,
    value: &'v Value,
}

#[derive(Clone, Copy)]
enum Layout {
    Struct(&'static Struct),
    /// A list of values, or a map with them.
    Of(&'static GoType),
    None,
}

impl<'v> Ordered<'v> {
    /// Orders an object by its struct.
    pub(crate) fn new(type_: &'static Struct, value: &'v Value) -> Self {
        Ordered { layout: Layout::Struct(type_), value }
    }

    fn of(type_: &'static GoType, value: &'v Value) -> Self {
        let layout = match type_.resolved() {
            GoType::List(inner) | GoType::Map(_, inner) => Layout::Of(inner),
            GoType::Named(reference) => match reference.get() {
                Named::Struct(inner) => Layout::Struct(inner),
                Named::SchemaOr(_, schema) => match schema.get() {
                    Named::Struct(inner) => Layout::Struct(inner),
                    Named::Alias(_) | Named::Special(_) | Named::SchemaOr(..) => Layout::None,
                },
                Named::Alias(_) | Named::Special(_) => Layout::None,
            },
            _ => Layout::None,
        };
        Ordered { layout, value }
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.layout, self.value) {
            (Layout::Struct(type_), Value::Object(object)) => {
                let mut out = serializer.serialize_map(Some(object.len()))?;
                let mut written = 0;
                for field in type_.in_order() {
                    if let Some(value) = object.get(field.name) {
                        out.serialize_entry(field.name, &Ordered::of(&field.type_, value))?;
                        written += 1;
                    }
                }
                if written < object.len() {
                    for (name, value) in object.iter().filter(|(name, _)| type_.field(name).is_none()) {
                        out.serialize_entry(name, value)?;
                    }
                }
                out.end()
            }
            (Layout::Of(values), Value::Object(object)) => {
                serializer.collect_map(object.iter().map(|(name, value)| (name, Ordered::of(values, value))))
            }
            (Layout::Of(items), Value::Array(list)) => {
                serializer.collect_seq(list.iter().map(|value| Ordered::of(items, value)))
            }
            (_, value) => value.serialize(serializer),
        }
    }
}
