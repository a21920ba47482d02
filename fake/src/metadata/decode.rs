//! Decoding of `metadata`.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.

use kube_structural_schema::object::go;
use serde_json::{Map, Value};

use crate::json::time::{Layout, normalize as normalize_time};

/// The types of the fields of `metadata`.
#[derive(Clone, Copy)]
enum Type {
    /// A string that is omitted if empty.
    String,
    RequiredString,
    Integer,
    /// An integer that is kept if zero.
    OptionalInteger,
    Bool,
    Time,
    StringMap,
    StringList,
    List(&'static [(&'static str, Type)]),
    Any,
}

const OWNER_REFERENCE: &[(&str, Type)] = &[
    ("apiVersion", Type::RequiredString),
    ("kind", Type::RequiredString),
    ("name", Type::RequiredString),
    ("uid", Type::RequiredString),
    ("controller", Type::Bool),
    ("blockOwnerDeletion", Type::Bool),
];

const MANAGED_FIELDS_ENTRY: &[(&str, Type)] = &[
    ("manager", Type::String),
    ("operation", Type::String),
    ("apiVersion", Type::String),
    ("time", Type::Time),
    ("fieldsType", Type::String),
    ("fieldsV1", Type::Any),
    ("subresource", Type::String),
];

const METADATA: &[(&str, Type)] = &[
    ("name", Type::String),
    ("generateName", Type::String),
    ("namespace", Type::String),
    ("selfLink", Type::String),
    ("uid", Type::String),
    ("resourceVersion", Type::String),
    ("generation", Type::Integer),
    ("creationTimestamp", Type::Time),
    ("deletionTimestamp", Type::Time),
    ("deletionGracePeriodSeconds", Type::OptionalInteger),
    ("labels", Type::StringMap),
    ("annotations", Type::StringMap),
    ("ownerReferences", Type::List(OWNER_REFERENCE)),
    ("finalizers", Type::StringList),
    ("managedFields", Type::List(MANAGED_FIELDS_ENTRY)),
];

/// Decodes `metadata` as the API server does. Returns the paths of unknown fields, which are removed.
///
/// # Errors
/// Returns Go's message if a field has the wrong type.
pub(crate) fn normalize(object: &mut Value) -> Result<Vec<String>, String> {
    let Some(metadata) = object.get_mut("metadata") else { return Ok(Vec::new()) };
    let mut unknown = Vec::new();
    *metadata = match metadata {
        Value::Null => Value::Object(Map::new()),
        Value::Object(fields) => Value::Object(decode_fields(METADATA, fields, "", "metadata", &mut unknown)?),
        other => return Err(mismatch(other, "", "v1.ObjectMeta")),
    };
    Ok(unknown)
}

fn decode_fields(
    known: &[(&str, Type)],
    fields: &Map<String, Value>,
    path: &str,
    full_path: &str,
    unknown: &mut Vec<String>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (name, value) in fields {
        let Some((_, type_)) = known.iter().find(|(other, _)| other == name) else {
            unknown.push(format!("{full_path}.{name}"));
            continue;
        };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(value) = decode_value(*type_, value, &path, &format!("{full_path}.{name}"), unknown)? {
            out.insert(name.clone(), value);
        }
    }
    for (name, _) in known.iter().filter(|(_, type_)| matches!(type_, Type::RequiredString)) {
        out.entry(*name).or_insert_with(|| "".into());
    }
    Ok(out)
}

fn decode_value(
    type_: Type,
    value: &Value,
    path: &str,
    full_path: &str,
    unknown: &mut Vec<String>,
) -> Result<Option<Value>, String> {
    Ok(match (type_, value) {
        (_, Value::Null) => None,
        (Type::String, Value::String(text)) => (!text.is_empty()).then(|| value.clone()),
        (Type::RequiredString, Value::String(_)) | (Type::Bool, Value::Bool(_)) | (Type::Any, _) => Some(value.clone()),
        (Type::Bool, other) => return Err(mismatch(other, path, "bool")),
        (Type::Integer | Type::OptionalInteger, other) => match other.as_i64() {
            Some(0) if matches!(type_, Type::Integer) => None,
            Some(_) => Some(value.clone()),
            None => return Err(mismatch(other, path, "int64")),
        },
        (Type::Time, Value::String(text)) => Some(normalize_time(text, Layout::Seconds)?.into()),
        (Type::String | Type::RequiredString | Type::Time, other) => {
            let expected = if path.ends_with("uid") { "types.UID" } else { "string" };
            return Err(mismatch(other, path, expected));
        }
        (Type::StringMap, Value::Object(fields)) => {
            let mut texts = Map::new();
            for (name, value) in fields {
                texts.insert(
                    name.clone(),
                    decode_value(Type::RequiredString, value, path, full_path, unknown)?.unwrap_or_else(|| "".into()),
                );
            }
            (!texts.is_empty()).then_some(Value::Object(texts))
        }
        (Type::StringMap, other) => return Err(mismatch(other, path, "map[string]string")),
        (Type::StringList, Value::Array(items)) => {
            let text = |item| {
                Ok(decode_value(Type::RequiredString, item, path, full_path, &mut Vec::new())?
                    .unwrap_or_else(|| "".into()))
            };
            let items = items.iter().map(text).collect::<Result<Vec<Value>, String>>()?;
            (!items.is_empty()).then_some(Value::Array(items))
        }
        (Type::StringList, other) => return Err(mismatch(other, path, "[]string")),
        (Type::List(known), Value::Array(items)) => {
            let list = decode_items(known, items, path, full_path, unknown)?;
            // An empty list of managers resets the managed fields of a struct.
            (!list.is_empty() || path == "managedFields").then_some(Value::Array(list))
        }
        (Type::List(_), other) => return Err(mismatch(other, path, &format!("[]{}", item_type(path)))),
    })
}

fn decode_items(
    known: &[(&str, Type)],
    items: &[Value],
    path: &str,
    full_path: &str,
    unknown: &mut Vec<String>,
) -> Result<Vec<Value>, String> {
    let empty = Map::new();
    let mut list = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let fields = match item {
            Value::Object(fields) => fields,
            Value::Null => &empty,
            other => return Err(mismatch(other, path, item_type(path))),
        };
        list.push(Value::Object(decode_fields(known, fields, path, &format!("{full_path}[{index}]"), unknown)?));
    }
    Ok(list)
}

/// Returns the Go type of the items of a list.
fn item_type(path: &str) -> &'static str {
    if path.starts_with("managedFields") { "v1.ManagedFieldsEntry" } else { "v1.OwnerReference" }
}

fn mismatch(found: &Value, path: &str, expected: &str) -> String {
    let found = go::json_kind(found, "");
    if path.is_empty() {
        return format!("json: cannot unmarshal {found} into Go value of type {expected}");
    }
    let owner = if path.contains('.') { item_type(path).trim_start_matches("v1.") } else { "ObjectMeta" };
    format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {expected}")
}
