//! Values of objects, typed by their schema.
//!
//! Source: `apiserver/pkg/cel/common/valuesunstructured.go`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::LazyLock;

use base64::Engine as _;
use serde_json::{Map, Value};

use super::names::{escape, unescape};
use super::time;
use super::value::{Error, Result, Val, failed, no_overload};
use crate::object::go;
use crate::schema::{Additional, ListType, Schema, Type};

/// The items of a list.
#[derive(Clone, Debug)]
pub(super) enum Items<'v> {
    Borrowed(&'v [Value], &'v Schema, &'v Schema),
    /// Created by an expression, with the schema of the original list if that still applies.
    Owned(Rc<[Val<'v>]>, Option<&'v Schema>),
}

/// The entries of a map, or the fields of an object.
#[derive(Clone, Debug)]
pub(super) enum Entries<'v> {
    Borrowed(&'v Map<String, Value>, &'v Schema, bool),
    Owned(Rc<[(Val<'v>, Val<'v>)]>),
}

/// The fields that every object has in addition to its schema.
static META: LazyLock<Schema> = LazyLock::new(|| {
    let text = || Schema { type_: Some(Type::String), ..Schema::default() };
    let fields = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), text())).collect();
    let metadata =
        Schema { type_: Some(Type::Object), properties: fields(&["name", "generateName"]), ..Schema::default() };
    let mut meta = Schema { properties: fields(&["apiVersion", "kind"]), ..Schema::default() };
    meta.properties.insert("metadata".to_owned(), metadata);
    meta
});

/// Returns the value of JSON with a schema; `object`: it has `apiVersion`, `kind` and `metadata`.
pub(super) fn view<'v>(value: &'v Value, schema: &'v Schema, object: bool) -> Result<'v> {
    if value.is_null() {
        return if schema.nullable {
            Ok(Val::Null)
        } else {
            failed("invalid data, got null for schema with nullable=false")
        };
    }
    if schema.int_or_string {
        return match value {
            Value::String(text) => Ok(Val::text(text.as_str())),
            Value::Number(number) if !number.is_f64() => Ok(Val::Int(number.as_i64().unwrap_or_default())),
            _ => failed("invalid data, expected XIntOrString value to be either a string or integer"),
        };
    }
    match (schema.type_, value) {
        (Some(Type::Object), Value::Object(fields)) => {
            Ok(Val::Map(Entries::Borrowed(fields, schema, object || schema.embedded_resource)))
        }
        (Some(Type::Object), _) => failed("invalid data, expected a map for the provided schema with type=object"),
        (Some(Type::Array), Value::Array(items)) => match &schema.items {
            Some(of) => Ok(Val::List(Items::Borrowed(items, schema, of))),
            None => failed("invalid array type, expected Items with a non-empty Schema"),
        },
        (Some(Type::Array), _) => failed("invalid data, expected an array for the provided schema with type=array"),
        (Some(Type::String), Value::String(text)) => view_string(text, schema),
        (Some(Type::String), other) => failed(format!("invalid data, expected string, got {}", go::type_name(other))),
        (Some(Type::Number), Value::Number(number)) => Ok(Val::Double(number.as_f64().unwrap_or_default())),
        (Some(Type::Number), other) => failed(format!("invalid data, expected float, got {}", go::type_name(other))),
        (Some(Type::Integer), Value::Number(number)) if !number.is_f64() => {
            Ok(Val::Int(number.as_i64().unwrap_or_default()))
        }
        (Some(Type::Integer), other) => failed(format!("invalid data, expected int, got {}", go::type_name(other))),
        (Some(Type::Boolean), Value::Bool(value)) => Ok(Val::Bool(*value)),
        (Some(Type::Boolean), other) => failed(format!("invalid data, expected bool, got {}", go::type_name(other))),
        (None, value) if schema.preserve_unknown_fields => Ok(Val::Unknown(value)),
        (None, _) => failed(
            "invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ",
        ),
    }
}

fn view_string<'v>(text: &'v str, schema: &Schema) -> Result<'v> {
    let parsed = match schema.format.as_deref() {
        Some("duration") => time::parse_format_duration(text).map(Val::Duration),
        Some("date") => time::parse_date(text).map(Val::Timestamp),
        Some("date-time") => time::parse_date_time(text).map(Val::Timestamp),
        Some("byte") => {
            base64::engine::general_purpose::URL_SAFE.decode(text).ok().map(|bytes| Val::Bytes(bytes.into()))
        }
        _ => return Ok(Val::text(text)),
    };
    let format = schema.format.as_deref().unwrap_or_default();
    parsed.map_or_else(|| failed(format!("Invalid {format} formatted string {text}")), Ok)
}

impl<'v> Items<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Items::Borrowed(items, ..) => items.len(),
            Items::Owned(items, _) => items.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Result<'v>> {
        match self {
            Items::Borrowed(items, _, schema) => items.get(index).map(|item| view(item, schema, false)),
            Items::Owned(items, _) => items.get(index).cloned().map(Ok),
        }
    }

    pub(super) fn all(&self) -> std::result::Result<Vec<Val<'v>>, Error> {
        (0..self.len()).filter_map(|index| self.get(index)).collect()
    }

    /// Returns whether the list is from an object, or a set or associative list derived from one. Only other lists can
    /// be compared with it.
    pub(super) fn is_from_object(&self) -> bool {
        !matches!(self, Items::Owned(_, None))
    }

    fn list_type(&self) -> Option<(ListType, &'v Schema)> {
        match self {
            Items::Borrowed(_, schema, _) | Items::Owned(_, Some(schema)) => {
                schema.list_type.map(|list_type| (list_type, *schema))
            }
            Items::Owned(_, None) => None,
        }
    }

    pub(super) fn contains(&self, value: &Val<'v>) -> std::result::Result<bool, Error> {
        for index in 0..self.len() {
            if let Some(item) = self.get(index)
                && item?.equals(value)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compares two lists; the order of sets and associative lists is ignored.
    pub(super) fn equals(&self, other: &Items<'v>) -> std::result::Result<bool, Error> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let (mine, others) = (self.all()?, other.all()?);
        match self.list_type() {
            Some((ListType::Set, _)) => {
                for item in &mine {
                    if !other.contains(item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Some((ListType::Map, schema)) => {
                for item in &others {
                    let found = mine.iter().find(|mine| same_keys(mine, item, &schema.list_map_keys));
                    match found {
                        Some(found) if found.equals(item)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => {
                for (mine, other) in mine.iter().zip(&others) {
                    if !mine.equals(other)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// Concatenates two lists; sets stay unique, and items of an associative list are replaced by those with the same
    /// keys.
    pub(super) fn plus(&self, other: &Items<'v>) -> std::result::Result<Items<'v>, Error> {
        let mut all = self.all()?;
        match self.list_type() {
            Some((ListType::Set, _)) => {
                for item in other.all()? {
                    let mut exists = false;
                    for mine in &all {
                        exists |= mine.equals(&item)?;
                    }
                    if !exists {
                        all.push(item);
                    }
                }
            }
            Some((ListType::Map, schema)) => {
                for item in other.all()? {
                    match all.iter_mut().find(|mine| same_keys(mine, &item, &schema.list_map_keys)) {
                        Some(mine) => *mine = item,
                        None => all.push(item),
                    }
                }
            }
            _ => all.extend(other.all()?),
        }
        let kept = self.list_type().filter(|(list_type, _)| *list_type != ListType::Atomic);
        Ok(Items::Owned(all.into(), kept.map(|(_, schema)| schema)))
    }
}

fn same_keys(one: &Val<'_>, other: &Val<'_>, keys: &[String]) -> bool {
    let key = |value: &Val<'_>, name: &str| match value {
        Val::Map(entries) => entries.raw(name).cloned(),
        _ => None,
    };
    keys.iter().all(|name| key(one, name) == key(other, name))
}

impl<'v> Entries<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Entries::Borrowed(fields, ..) => fields.len(),
            Entries::Owned(entries) => entries.len(),
        }
    }

    fn raw(&self, name: &str) -> Option<&'v Value> {
        match self {
            Entries::Borrowed(fields, ..) => fields.get(name),
            Entries::Owned(_) => None,
        }
    }

    /// Returns whether the entries are fields of an object instead of a map.
    fn is_object(&self) -> bool {
        matches!(self, Entries::Borrowed(_, schema, object) if *object || !schema.properties.is_empty())
    }

    /// Returns the value of a field by its unescaped name.
    pub(super) fn field(&self, name: &str) -> Option<Result<'v>> {
        let Entries::Borrowed(fields, schema, object) = self else { return None };
        let value = fields.get(name)?;
        let is_object = self.is_object();
        if is_object && value.is_null() {
            return None;
        }
        let of = if *object { META.properties.get(name).map(|meta| -> &'v Schema { meta }) } else { None };
        let of = match (of, schema.properties.get(name), &schema.additional_properties) {
            // The schema of metadata only restricts its names.
            (Some(of), _, _) | (None, Some(of), _) => of,
            (None, None, Some(Additional::Schema(of))) if !is_object => of,
            _ => return None,
        };
        Some(view(value, of, false))
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &Val<'v>) -> std::result::Result<Option<Val<'v>>, Error> {
        match self {
            Entries::Owned(entries) => {
                for (name, value) in entries.iter() {
                    if name.equals(key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            Entries::Borrowed(..) => {
                let Val::Text(name) = key else { return no_overload() };
                let name: Cow<'_, str> = if self.is_object() {
                    match unescape(name) {
                        Some(name) => name.into(),
                        None => return Ok(None),
                    }
                } else {
                    Cow::Borrowed(name)
                };
                self.field(&name).transpose()
            }
        }
    }

    pub(super) fn keys(&self) -> Vec<Val<'v>> {
        match self {
            Entries::Owned(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
            Entries::Borrowed(fields, schema, object) => {
                let is_object = self.is_object();
                let known = |name: &str| {
                    (*object && META.properties.contains_key(name))
                        || schema.properties.contains_key(name)
                        || (!is_object && matches!(schema.additional_properties, Some(Additional::Schema(_))))
                };
                fields
                    .keys()
                    .filter(|name| known(name))
                    .map(|name| match escape(name).filter(|_| is_object) {
                        Some(name) => Val::text(name),
                        None => Val::text(name.as_str()),
                    })
                    .collect()
            }
        }
    }

    pub(super) fn equals(&self, other: &Entries<'v>) -> std::result::Result<bool, Error> {
        if self.len() != other.len() {
            return Ok(false);
        }
        if let (Entries::Borrowed(mine, ..), Entries::Borrowed(others, ..)) = (self, other) {
            // Fields without schema are compared as JSON.
            let known: HashSet<String> = self
                .keys()
                .iter()
                .filter_map(|key| if let Val::Text(name) = key { Some(name.to_string()) } else { None })
                .collect();
            for (name, value) in mine.iter().filter(|(name, _)| !known.contains(*name)) {
                if others.get(name).is_some_and(|other| other != value) {
                    return Ok(false);
                }
            }
        }
        for key in self.keys() {
            match (self.get(&key)?, other.get(&key)?) {
                (Some(mine), Some(other)) if mine.equals(&other)? => {}
                (None, None) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// Adds an entry to a map, replacing an entry with the same key.
pub(super) fn put<'v>(
    map: &mut Vec<(Val<'v>, Val<'v>)>,
    key: Val<'v>,
    value: Val<'v>,
) -> std::result::Result<(), Error> {
    for (name, old) in map.iter_mut() {
        if name.equals(&key)? {
            *old = value;
            return Ok(());
        }
    }
    map.push((key, value));
    Ok(())
}
