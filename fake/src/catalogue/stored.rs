//! Objects as they are read back from etcd, where they are stored in protobuf.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>: empty lists and maps are not encoded.

use serde_json::Value;

use super::{Field, GoType, Named, Omit, Struct};

/// Removes empty lists and maps. Fields that Go always encodes become null.
pub(crate) fn drop_empty(type_: &'static Struct, object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    for field in type_.all_fields() {
        let Some(value) = fields.get_mut(field.name) else { continue };
        if !is_empty(field, value) {
            in_value(&field.type_, value);
        } else if field.omit == Omit::Never {
            *value = Value::Null;
        } else {
            fields.remove(field.name);
        }
    }
}

fn is_empty(field: &'static Field, value: &Value) -> bool {
    match (field.type_.resolved(), value) {
        (GoType::List(_), Value::Array(items)) => items.is_empty(),
        (GoType::Map(..), Value::Object(entries)) => entries.is_empty(),
        _ => false,
    }
}

fn in_value(type_: &'static GoType, value: &mut Value) {
    match (type_.resolved(), value) {
        (GoType::List(items), Value::Array(values)) => values.iter_mut().for_each(|value| in_value(items, value)),
        (GoType::Map(_, values), Value::Object(entries)) => {
            entries.values_mut().for_each(|value| in_value(values, value));
        }
        (GoType::Named(reference), value) => {
            if let Named::Struct(inner) = reference.get() {
                drop_empty(inner, value);
            }
        }
        _ => {}
    }
}
