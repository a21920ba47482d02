//! Definitions as Go writes them: zero values are omitted or added according to the declaration of each field.

use serde_json::{Map, Value, json};

use super::equality::is_zero;
use super::fields::{DEFINITION, Field, Presence, Shape, Struct};

/// Converts `spec` and `status` of a definition to the form that the API server stores and sends.
pub fn normalize(definition: &mut Map<String, Value>) {
    for field in DEFINITION.fields {
        let value = definition.entry(field.json).or_insert(Value::Null);
        normalize_value(&field.shape, value);
    }
}

fn normalize_struct(of: &Struct, fields: &mut Map<String, Value>) {
    for Field { json, presence, shape, .. } in of.fields {
        let value = match fields.get_mut(*json) {
            Some(value) => value,
            None if *presence == Presence::Always => fields.entry(*json).or_insert(Value::Null),
            None => continue,
        };
        let is_omitted = match presence {
            Presence::Always => false,
            Presence::NotEmpty => is_zero(value),
            Presence::Set => value.is_null(),
        };
        if is_omitted {
            fields.remove(*json);
        } else {
            normalize_value(shape, value);
        }
    }
}

fn normalize_value(shape: &Shape, value: &mut Value) {
    match *shape {
        Shape::Struct(of) => {
            if value.is_null() {
                *value = json!({});
            }
            value.as_object_mut().into_iter().for_each(|fields| normalize_struct(of, fields));
        }
        Shape::List(of, _) => {
            let items = value.as_array_mut().into_iter().flatten();
            items.for_each(|item| normalize_value(&Shape::Struct(of), item));
        }
        Shape::Map(of, _) => {
            let values = value.as_object_mut().into_iter().flat_map(Map::values_mut);
            values.for_each(|inner| normalize_value(&Shape::Struct(of), inner));
        }
        Shape::OneOrMany(of) => match value {
            Value::Array(items) if items.is_empty() => *value = Value::Null,
            Value::Array(items) => items.iter_mut().for_each(|item| normalize_value(&Shape::Struct(of), item)),
            Value::Object(fields) => normalize_struct(of, fields),
            _ => {}
        },
        Shape::OrBool(of) => value.as_object_mut().into_iter().for_each(|fields| normalize_struct(of, fields)),
        Shape::Dependencies(of) => {
            let values = value.as_object_mut().into_iter().flat_map(Map::values_mut);
            values.filter_map(Value::as_object_mut).for_each(|fields| normalize_struct(of, fields));
        }
        Shape::Text(_) if value.is_null() => *value = "".into(),
        Shape::Flag if value.is_null() => *value = false.into(),
        Shape::Texts => {
            let items = value.as_array_mut().into_iter().flatten();
            items.filter(|item| item.is_null()).for_each(|item| *item = "".into());
        }
        _ => {}
    }
}
