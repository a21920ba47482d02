//! Equality as in Go: absent, null and empty values are equal, except for pointers.
//!
//! Source: `apimachinery/third_party/forked/golang/reflect/deep_equal.go`.

use serde_json::{Map, Value};

use super::fields::{Presence, Shape, Struct};

/// Returns whether two values are equal as a struct.
pub(super) fn same_struct(of: &Struct, one: &Value, other: &Value) -> bool {
    let empty = Map::new();
    let (one, other) = (one.as_object().unwrap_or(&empty), other.as_object().unwrap_or(&empty));
    let field = |name: &str| of.fields.iter().find(|field| field.json == name);
    // Fields that Go's struct does not have are not compared.
    let may_be_absent = |name: &str, value: &Value| {
        value.is_null() || field(name).is_none_or(|field| field.presence != Presence::Set && is_zero(value))
    };
    one.iter().all(|(name, one)| match other.get(name).filter(|other| !other.is_null()) {
        Some(other) if one == other => true,
        Some(other) if one.is_null() => may_be_absent(name, other),
        Some(other) => field(name).is_none_or(|field| same_value(&field.shape, one, other)),
        None => may_be_absent(name, one),
    }) && other.iter().all(|(name, other)| one.contains_key(name) || may_be_absent(name, other))
}

/// Returns whether two values other than null are equal as a field of this shape.
pub(super) fn same_value(shape: &Shape, one: &Value, other: &Value) -> bool {
    match *shape {
        Shape::Struct(of) => same_struct(of, one, other),
        Shape::List(of, _) => same_list(one, other, |one, other| same_struct(of, one, other)),
        Shape::Map(of, _) => same_map(one, other, |one, other| same_struct(of, one, other)),
        Shape::OneOrMany(of) | Shape::OrBool(of) => same_schema_or_list(of, one, other),
        Shape::Dependencies(of) => same_map(one, other, |one, other| same_schema_or_list(of, one, other)),
        Shape::Float => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn same_schema_or_list(of: &Struct, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(_), Value::Object(_)) => same_struct(of, one, other),
        (Value::Array(_), Value::Array(_)) => same_list(one, other, |one, other| same_struct(of, one, other)),
        _ => one == other,
    }
}

fn same_list(one: &Value, other: &Value, same: impl Fn(&Value, &Value) -> bool) -> bool {
    let items = |value| Value::as_array(value).map(Vec::as_slice).unwrap_or_default();
    let (one, other) = (items(one), items(other));
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

fn same_map(one: &Value, other: &Value, same: impl Fn(&Value, &Value) -> bool) -> bool {
    let empty = Map::new();
    let (one, other) = (one.as_object().unwrap_or(&empty), other.as_object().unwrap_or(&empty));
    one.len() == other.len() && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
}

/// Returns whether a value is the zero value of its type, which Go omits with `omitempty`.
pub fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}
