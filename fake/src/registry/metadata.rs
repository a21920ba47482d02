//! `metadata`: decoding, access and validation.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`, `apimachinery/pkg/api/validation/objectmeta.go`.

use std::collections::BTreeMap;

use kube_structural_schema::object::{ErrorKind, FieldError, go};
use serde_json::{Map, Value};

use crate::json::time::{Layout, normalize as normalize_time};
use kube_structural_schema::object::names;

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
            // An empty list of managers resets the managed fields.
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
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if path.is_empty() {
        return format!("json: cannot unmarshal {found} into Go value of type {expected}");
    }
    let owner = if path.contains('.') { item_type(path).trim_start_matches("v1.") } else { "ObjectMeta" };
    format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {expected}")
}

/// The annotation of the bookmark after the initial events of a watch.
pub(crate) const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Whether an object is the bookmark after the initial events.
pub(crate) fn ends_initial_events(object: &Value) -> bool {
    get(object, "annotations").is_some_and(|annotations| annotations[INITIAL_EVENTS_END] == "true")
}

/// Returns a string of `metadata`; empty if it does not exist.
pub(crate) fn text<'o>(object: &'o Value, name: &str) -> &'o str {
    object.get("metadata").and_then(|metadata| metadata.get(name)).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn get<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    object.get("metadata")?.get(name)
}

/// Sets or removes a field of `metadata`.
pub(crate) fn set(object: &mut Value, name: &str, value: Option<Value>) {
    let Some(object) = object.as_object_mut() else { return };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        match value {
            Some(value) => drop(metadata.insert(name.to_owned(), value)),
            None => drop(metadata.remove(name)),
        }
    }
}

pub(crate) fn generation(object: &Value) -> i64 {
    get(object, "generation").and_then(Value::as_i64).unwrap_or_default()
}

pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    let items = get(object, "finalizers").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn is_deleting(object: &Value) -> bool {
    get(object, "deletionTimestamp").is_some()
}

/// Returns labels or annotations.
pub(crate) fn texts<'o>(object: &'o Value, name: &str) -> BTreeMap<&'o str, &'o str> {
    let fields = get(object, name).and_then(Value::as_object);
    // Null is decoded as an empty string.
    let text = |value: &'o Value| if value.is_null() { Some("") } else { value.as_str() };
    fields.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect()
}

/// A validation of names.
pub(crate) type NameValidation = fn(&str) -> Vec<String>;

/// Validates the metadata of a new object.
pub(crate) fn validate(
    object: &Value,
    namespaced: bool,
    rule: Option<(NameValidation, NameValidation)>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (name, generate_name) = (text(object, "name"), text(object, "generateName"));
    let (validate_name, validate_prefix) = rule.unwrap_or((names::path_segment, names::path_segment_prefix));
    let invalid =
        |field: &str, value: &str, detail: String| FieldError::invalid(format!("metadata.{field}"), value, detail);
    if !generate_name.is_empty() {
        errors.extend(
            validate_prefix(generate_name).into_iter().map(|detail| invalid("generateName", generate_name, detail)),
        );
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        errors.extend(validate_name(name).into_iter().map(|detail| invalid("name", name, detail)));
    }
    let namespace = text(object, "namespace");
    match (namespaced, namespace.is_empty()) {
        (true, true) => errors.push(FieldError::required("metadata.namespace", "")),
        (true, false) => {
            errors.extend(names::label(namespace).into_iter().map(|detail| invalid("namespace", namespace, detail)));
        }
        (false, false) => errors.push(FieldError::forbidden("metadata.namespace", "not allowed on this type")),
        (false, true) => {}
    }
    validate_common(object, &mut errors);
    validate_finalizers(object, &mut errors);
    errors
}

fn validate_common(object: &Value, errors: &mut Vec<FieldError>) {
    if generation(object) < 0 {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("metadata.generation", generation(object), detail));
    }
    for (name, value) in texts(object, "labels") {
        let field = "metadata.labels";
        errors.extend(names::qualified_name(name).into_iter().map(|detail| FieldError::invalid(field, name, detail)));
        errors.extend(names::label_value(value).into_iter().map(|detail| FieldError::invalid(field, value, detail)));
    }
    let annotations = texts(object, "annotations");
    for name in annotations.keys() {
        let wrong = names::qualified_name(&name.to_lowercase());
        errors.extend(wrong.into_iter().map(|detail| FieldError::invalid("metadata.annotations", *name, detail)));
    }
    let max = 256 * 1024;
    if annotations.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > max {
        errors.push(FieldError::too_long("metadata.annotations", i64::try_from(max).unwrap_or(i64::MAX)));
    }
    validate_owners(object, errors);
    validate_managers(object, errors);
}

fn validate_owners(object: &Value, errors: &mut Vec<FieldError>) {
    let owners = get(object, "ownerReferences").and_then(Value::as_array);
    let mut controller: Option<String> = None;
    for (index, owner) in owners.into_iter().flatten().enumerate() {
        let of = |name: &str| owner.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = format!("metadata.ownerReferences[{index}]");
        let api_version = of("apiVersion");
        if api_version.is_empty() {
            errors.push(FieldError::required(format!("{field}.apiVersion"), "must not be empty"));
        } else if api_version.split('/').count() > 2 || api_version.ends_with('/') {
            let detail = "must be <group>/<version> or <version>";
            errors.push(FieldError::invalid(format!("{field}.apiVersion"), api_version, detail));
        }
        for name in ["kind", "name", "uid"] {
            if of(name).is_empty() {
                errors.push(FieldError::required(format!("{field}.{name}"), "must not be empty"));
            }
        }
        if (api_version, of("kind")) == ("v1", "Event") {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(FieldError::invalid(field, owner.clone(), detail));
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let this = format!("{}/{}", of("kind"), of("name"));
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    let all = owners.cloned().unwrap_or_default();
                    errors.push(FieldError::invalid("metadata.ownerReferences", Value::Array(all), detail));
                }
            }
        }
    }
}

fn validate_managers(object: &Value, errors: &mut Vec<FieldError>) {
    let entries = get(object, "managedFields").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let of = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = format!("metadata.managedFields[{index}]");
        match of("operation") {
            "" => errors.push(FieldError::required(format!("{field}.operation"), "must not be empty")),
            "Apply" | "Update" => {}
            other => errors.push(FieldError::not_supported(format!("{field}.operation"), other, ["Apply", "Update"])),
        }
        if !matches!(of("fieldsType"), "" | "FieldsV1") {
            let field = format!("{field}.fieldsType");
            errors.push(FieldError::invalid(field, of("fieldsType"), "must be `FieldsV1`"));
        }
    }
}

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

fn validate_finalizers(object: &Value, errors: &mut Vec<FieldError>) {
    let finalizers = finalizers(object);
    for finalizer in &finalizers {
        let wrong = names::qualified_name(finalizer).into_iter();
        errors.extend(wrong.map(|detail| FieldError::invalid("metadata.finalizers", finalizer.as_str(), detail)));
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
    if has(ORPHAN) && has(FOREGROUND) {
        let detail = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        errors.push(FieldError::invalid("metadata.finalizers", finalizers, detail));
    }
}

/// Validates the metadata of an updated object.
pub(crate) fn validate_update(object: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if is_deleting(old) {
        let before = finalizers(old);
        let mut new: Vec<String> = finalizers(object).into_iter().filter(|name| !before.contains(name)).collect();
        if !new.is_empty() {
            new.sort();
            new.dedup();
            let new: Vec<String> = new.iter().map(|name| go::quoted(name)).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                new.join(", ")
            );
            errors.push(FieldError::forbidden("metadata.finalizers", detail));
        }
    }
    if text(object, "resourceVersion").is_empty() {
        errors.push(FieldError::invalid("metadata.resourceVersion", "", "must be specified for an update"));
    }
    if generation(object) < generation(old) {
        errors.push(FieldError::invalid("metadata.generation", generation(object), "must not be decremented"));
    }
    for name in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        let (new, old) = (get(object, name), get(old, name));
        if new != old {
            let value = new.cloned().unwrap_or(match name {
                "deletionTimestamp" | "deletionGracePeriodSeconds" | "creationTimestamp" => Value::Null,
                _ => "".into(),
            });
            errors.push(FieldError::invalid(format!("metadata.{name}"), value, "field is immutable"));
        }
    }
    validate_common(object, &mut errors);
    errors
}

/// Removes duplicate errors.
pub(crate) fn deduplicate(errors: Vec<FieldError>) -> Vec<FieldError> {
    let mut out: Vec<FieldError> = Vec::new();
    for error in errors {
        if error.kind == ErrorKind::Internal || !out.contains(&error) {
            out.push(error);
        }
    }
    out
}
