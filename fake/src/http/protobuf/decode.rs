//! Decoding of messages.

use serde_json::{Map, Number, Value};

use super::MAX_DEPTH;
use super::special;
use super::wire::{Fields, Wire};
use crate::catalogue::{Field, GoType, Named, SchemaOr, Struct};
use crate::json::{base64, depth};

/// Decodes a message. Unknown fields are ignored.
pub(super) fn message(type_: &'static Struct, bytes: &[u8]) -> Option<Map<String, Value>> {
    // Only definitions have recursive types; each level has at least a tag and a length.
    let levels = if type_.name.contains("CustomResourceDefinition") { (bytes.len() / 2).min(MAX_DEPTH) } else { 0 };
    depth::with_stack_for(levels, || fields(type_, bytes, 0))
}

fn fields(type_: &'static Struct, bytes: &[u8], depth: usize) -> Option<Map<String, Value>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut object = Map::new();
    for read in Fields::new(bytes) {
        let (number, wire) = read?;
        let Some(field) = type_.fields.iter().find(|field| number != 0 && u64::from(field.number) == number) else {
            continue;
        };
        add(&mut object, field, wire, depth)?;
    }
    Some(object)
}

fn add(object: &mut Map<String, Value>, field: &'static Field, wire: Wire<'_>, depth: usize) -> Option<()> {
    let entry = |object: &mut Map<String, Value>, empty: Value| {
        object.entry(field.name).or_insert(empty);
    };
    match (container(field), wire) {
        (Container::Inlined(inner), Wire::Bytes(bytes)) if field.name.is_empty() => {
            object.append(&mut fields(inner, bytes, depth + 1)?);
        }
        (Container::List(items), wire) => {
            entry(object, Value::Array(Vec::new()));
            let item = value(items, wire, depth)?;
            object.get_mut(field.name)?.as_array_mut()?.push(item);
        }
        (Container::Map(values), Wire::Bytes(bytes)) => {
            let (key, value) = map_entry(values, bytes, depth)?;
            entry(object, Value::Object(Map::new()));
            object.get_mut(field.name)?.as_object_mut()?.insert(key, value);
        }
        (_, wire) => {
            object.insert(field.name.to_owned(), value(&field.type_, wire, depth)?);
        }
    }
    Some(())
}

/// How a field repeats.
enum Container {
    Inlined(&'static Struct),
    List(&'static GoType),
    Map(&'static GoType),
    None,
}

/// A list whose type has a name is a message of its own, unless it is repeated.
fn container(field: &'static Field) -> Container {
    match &field.type_ {
        GoType::List(items) => Container::List(items),
        GoType::Map(_, values) => Container::Map(values),
        GoType::Named(reference) => match reference.get() {
            Named::Struct(inner) => Container::Inlined(inner),
            Named::Alias(GoType::Map(_, values)) => Container::Map(values),
            Named::Alias(GoType::List(items)) if field.repeated => Container::List(items),
            Named::Alias(_) | Named::Special(_) | Named::SchemaOr(..) => Container::None,
        },
        _ => Container::None,
    }
}

fn value(type_: &'static GoType, wire: Wire<'_>, depth: usize) -> Option<Value> {
    Some(match (type_.resolved(), wire) {
        (GoType::Bool, Wire::Number(number)) => (number != 0).into(),
        // Negative numbers are sent in two's complement.
        (GoType::Int32 | GoType::Int64, Wire::Number(number)) => number.cast_signed().into(),
        (GoType::Float64, Wire::Bytes(bytes)) => {
            let float = f64::from_le_bytes(bytes.try_into().ok()?);
            Number::from_f64(float).map_or(Value::Null, Value::Number)
        }
        (GoType::Text, Wire::Bytes(bytes)) => String::from_utf8(bytes.to_vec()).ok()?.into(),
        (GoType::Bytes, Wire::Bytes(bytes)) => base64::encode(bytes).into(),
        (GoType::List(items), Wire::Bytes(bytes)) => {
            let mut list = Vec::new();
            for read in Fields::new(bytes) {
                let (_, wire) = read?;
                list.push(value(items, wire, depth + 1)?);
            }
            list.into()
        }
        (GoType::Named(reference), Wire::Bytes(bytes)) => match reference.get() {
            Named::Struct(inner) => fields(inner, bytes, depth + 1)?.into(),
            Named::Special(kind) => special::decode(*kind, bytes)?,
            Named::SchemaOr(or, schema) => schema_or(*or, schema.get(), bytes, depth)?,
            Named::Alias(_) => return None,
        },
        _ => return None,
    })
}

/// Decodes a schema or what is in its place.
fn schema_or(or: SchemaOr, schema: &'static Named, bytes: &[u8], depth: usize) -> Option<Value> {
    let Named::Struct(schema) = schema else { return None };
    let (place, others) = if or == SchemaOr::Bool { (2, 1) } else { (1, 2) };
    if let Some(bytes) = special::field(bytes, place).ok()? {
        return Some(fields(schema, bytes, depth + 1)?.into());
    }
    if or == SchemaOr::Bool {
        return Some((special::number(bytes, others)? != 0).into());
    }
    let mut list = Vec::new();
    for read in Fields::new(bytes) {
        match (read?, or) {
            ((2, Wire::Bytes(bytes)), SchemaOr::Schemas) => list.push(fields(schema, bytes, depth + 1)?.into()),
            ((2, Wire::Bytes(bytes)), _) => list.push(String::from_utf8(bytes.to_vec()).ok()?.into()),
            _ => {}
        }
    }
    Some(Value::Array(list))
}

fn map_entry(values: &'static GoType, bytes: &[u8], depth: usize) -> Option<(String, Value)> {
    let (mut key, mut found) = (String::new(), None);
    for read in Fields::new(bytes) {
        match read? {
            (1, Wire::Bytes(text)) => key = String::from_utf8(text.to_vec()).ok()?,
            (2, wire) => found = Some(value(values, wire, depth + 1)?),
            _ => {}
        }
    }
    // The zero value of a map's entry is added when the object is decoded as JSON.
    Some((key, found.unwrap_or(Value::Null)))
}
