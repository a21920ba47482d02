//! `metadata`: its form, and the validation and changes of the API server.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`, `apimachinery/pkg/api/validation/objectmeta.go`.

use std::collections::BTreeMap;

use kube_structural_schema::object::{ErrorKind, FieldError, go};
use serde_json::{Map, Value};

use crate::json::time::{Layout, normalised as normalised_time};
use kube_structural_schema::object::names;

/// The types of `metadata`'s fields.
#[derive(Clone, Copy)]
enum Type {
    /// Text; empty text is dropped, unless the field is always serialized.
    Text,
    Always,
    Integer,
    /// An integer that is serialized even if it is zero.
    Count,
    Flag,
    Time,
    Texts,
    TextList,
    List(&'static [(&'static str, Type)]),
    Free,
}

const OWNER: &[(&str, Type)] = &[
    ("apiVersion", Type::Always),
    ("kind", Type::Always),
    ("name", Type::Always),
    ("uid", Type::Always),
    ("controller", Type::Flag),
    ("blockOwnerDeletion", Type::Flag),
];

const ENTRY: &[(&str, Type)] = &[
    ("manager", Type::Text),
    ("operation", Type::Text),
    ("apiVersion", Type::Text),
    ("time", Type::Time),
    ("fieldsType", Type::Text),
    ("fieldsV1", Type::Free),
    ("subresource", Type::Text),
];

const METADATA: &[(&str, Type)] = &[
    ("name", Type::Text),
    ("generateName", Type::Text),
    ("namespace", Type::Text),
    ("selfLink", Type::Text),
    ("uid", Type::Text),
    ("resourceVersion", Type::Text),
    ("generation", Type::Integer),
    ("creationTimestamp", Type::Time),
    ("deletionTimestamp", Type::Time),
    ("deletionGracePeriodSeconds", Type::Count),
    ("labels", Type::Texts),
    ("annotations", Type::Texts),
    ("ownerReferences", Type::List(OWNER)),
    ("finalizers", Type::TextList),
    ("managedFields", Type::List(ENTRY)),
];

/// Converts `metadata` to the form that the API server stores. Unknown fields are removed and returned by path.
///
/// # Errors
/// A value of a wrong type, in Go's words.
pub(crate) fn normalise(object: &mut Value) -> Result<Vec<String>, String> {
    let Some(metadata) = object.get_mut("metadata") else { return Ok(Vec::new()) };
    let mut unknown = Vec::new();
    *metadata = match metadata {
        Value::Null => Value::Object(Map::new()),
        Value::Object(fields) => Value::Object(of_fields(METADATA, fields, "", "metadata", &mut unknown)?),
        other => return Err(mismatch(other, "", "v1.ObjectMeta")),
    };
    Ok(unknown)
}

fn of_fields(
    known: &[(&str, Type)],
    fields: &Map<String, Value>,
    path: &str,
    shown: &str,
    unknown: &mut Vec<String>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (name, value) in fields {
        let Some((_, type_)) = known.iter().find(|(other, _)| other == name) else {
            unknown.push(format!("{shown}.{name}"));
            continue;
        };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(value) = of_type(*type_, value, &path, &format!("{shown}.{name}"), unknown)? {
            out.insert(name.clone(), value);
        }
    }
    for (name, _) in known.iter().filter(|(_, type_)| matches!(type_, Type::Always)) {
        out.entry(*name).or_insert_with(|| "".into());
    }
    Ok(out)
}

fn of_type(
    type_: Type,
    value: &Value,
    path: &str,
    shown: &str,
    unknown: &mut Vec<String>,
) -> Result<Option<Value>, String> {
    Ok(match (type_, value) {
        (_, Value::Null) => None,
        (Type::Text, Value::String(text)) => (!text.is_empty()).then(|| value.clone()),
        (Type::Always, Value::String(_)) | (Type::Flag, Value::Bool(_)) | (Type::Free, _) => Some(value.clone()),
        (Type::Flag, other) => return Err(mismatch(other, path, "bool")),
        (Type::Integer | Type::Count, other) => match other.as_i64() {
            Some(0) if matches!(type_, Type::Integer) => None,
            Some(_) => Some(value.clone()),
            None => return Err(mismatch(other, path, "int64")),
        },
        (Type::Time, Value::String(text)) => Some(normalised_time(text, Layout::Seconds)?.into()),
        (Type::Text | Type::Always | Type::Time, other) => {
            let wanted = if path.ends_with("uid") { "types.UID" } else { "string" };
            return Err(mismatch(other, path, wanted));
        }
        (Type::Texts, Value::Object(fields)) => {
            let mut texts = Map::new();
            for (name, value) in fields {
                texts.insert(
                    name.clone(),
                    of_type(Type::Always, value, path, shown, unknown)?.unwrap_or_else(|| "".into()),
                );
            }
            (!texts.is_empty()).then_some(Value::Object(texts))
        }
        (Type::Texts, other) => return Err(mismatch(other, path, "map[string]string")),
        (Type::TextList, Value::Array(items)) => {
            let text =
                |item| Ok(of_type(Type::Always, item, path, shown, &mut Vec::new())?.unwrap_or_else(|| "".into()));
            let items = items.iter().map(text).collect::<Result<Vec<Value>, String>>()?;
            (!items.is_empty()).then_some(Value::Array(items))
        }
        (Type::TextList, other) => return Err(mismatch(other, path, "[]string")),
        (Type::List(known), Value::Array(items)) => {
            let list = of_items(known, items, path, shown, unknown)?;
            // An empty list of managers resets them.
            (!list.is_empty() || path == "managedFields").then_some(Value::Array(list))
        }
        (Type::List(_), other) => return Err(mismatch(other, path, &format!("[]{}", item_type(path)))),
    })
}

fn of_items(
    known: &[(&str, Type)],
    items: &[Value],
    path: &str,
    shown: &str,
    unknown: &mut Vec<String>,
) -> Result<Vec<Value>, String> {
    let nothing = Map::new();
    let mut list = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let fields = match item {
            Value::Object(fields) => fields,
            Value::Null => &nothing,
            other => return Err(mismatch(other, path, item_type(path))),
        };
        list.push(Value::Object(of_fields(known, fields, path, &format!("{shown}[{index}]"), unknown)?));
    }
    Ok(list)
}

/// Go's name of the item type of a list.
fn item_type(path: &str) -> &'static str {
    if path.starts_with("managedFields") { "v1.ManagedFieldsEntry" } else { "v1.OwnerReference" }
}

fn mismatch(found: &Value, path: &str, wanted: &str) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if path.is_empty() {
        return format!("json: cannot unmarshal {found} into Go value of type {wanted}");
    }
    let owner = if path.contains('.') { item_type(path).trim_start_matches("v1.") } else { "ObjectMeta" };
    format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}")
}

/// The annotation of the bookmark that ends the first events of a watch.
pub(crate) const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Whether an object is that bookmark.
pub(crate) fn ends_initial_events(object: &Value) -> bool {
    get(object, "annotations").is_some_and(|annotations| annotations[INITIAL_EVENTS_END] == "true")
}

/// The text of a field of `metadata`; empty if it is absent.
pub(crate) fn text<'o>(object: &'o Value, name: &str) -> &'o str {
    object.get("metadata").and_then(|metadata| metadata.get(name)).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn get<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    object.get("metadata")?.get(name)
}

/// Sets a field of `metadata`, or removes it.
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

/// Labels or annotations.
pub(crate) fn texts<'o>(object: &'o Value, name: &str) -> BTreeMap<&'o str, &'o str> {
    let fields = get(object, name).and_then(Value::as_object);
    // Null is decoded as empty.
    let text = |value: &'o Value| if value.is_null() { Some("") } else { value.as_str() };
    fields.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect()
}

/// How the names of a kind are checked.
pub(crate) type NameRule = fn(&str) -> Vec<String>;

/// Errors in the metadata of a new object.
pub(crate) fn validate(object: &Value, namespaced: bool, rule: Option<(NameRule, NameRule)>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (name, generate_name) = (text(object, "name"), text(object, "generateName"));
    let (of_name, of_prefix) = rule.unwrap_or((names::path_segment, names::path_segment_prefix));
    let invalid =
        |field: &str, value: &str, what: String| FieldError::invalid(format!("metadata.{field}"), value, what);
    if !generate_name.is_empty() {
        errors.extend(of_prefix(generate_name).into_iter().map(|what| invalid("generateName", generate_name, what)));
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        errors.extend(of_name(name).into_iter().map(|what| invalid("name", name, what)));
    }
    let namespace = text(object, "namespace");
    match (namespaced, namespace.is_empty()) {
        (true, true) => errors.push(FieldError::required("metadata.namespace", "")),
        (true, false) => {
            errors.extend(names::label(namespace).into_iter().map(|what| invalid("namespace", namespace, what)));
        }
        (false, false) => errors.push(FieldError::forbidden("metadata.namespace", "not allowed on this type")),
        (false, true) => {}
    }
    common(object, &mut errors);
    finalizers_fit(object, &mut errors);
    errors
}

fn common(object: &Value, errors: &mut Vec<FieldError>) {
    if generation(object) < 0 {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("metadata.generation", generation(object), detail));
    }
    for (name, value) in texts(object, "labels") {
        let field = "metadata.labels";
        errors.extend(names::qualified_name(name).into_iter().map(|what| FieldError::invalid(field, name, what)));
        errors.extend(names::label_value(value).into_iter().map(|what| FieldError::invalid(field, value, what)));
    }
    let annotations = texts(object, "annotations");
    for name in annotations.keys() {
        let wrong = names::qualified_name(&name.to_lowercase());
        errors.extend(wrong.into_iter().map(|what| FieldError::invalid("metadata.annotations", *name, what)));
    }
    let most = 256 * 1024;
    if annotations.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > most {
        errors.push(FieldError::too_long("metadata.annotations", i64::try_from(most).unwrap_or(i64::MAX)));
    }
    owners_fit(object, errors);
    managers_fit(object, errors);
}

fn owners_fit(object: &Value, errors: &mut Vec<FieldError>) {
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

fn managers_fit(object: &Value, errors: &mut Vec<FieldError>) {
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

fn finalizers_fit(object: &Value, errors: &mut Vec<FieldError>) {
    let finalizers = finalizers(object);
    for finalizer in &finalizers {
        let wrong = names::qualified_name(finalizer).into_iter();
        errors.extend(wrong.map(|what| FieldError::invalid("metadata.finalizers", finalizer.as_str(), what)));
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
    if has(ORPHAN) && has(FOREGROUND) {
        let detail = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        errors.push(FieldError::invalid("metadata.finalizers", finalizers, detail));
    }
}

/// Errors in the metadata of an object that replaces another.
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
            let shown = new.cloned().unwrap_or(match name {
                "deletionTimestamp" | "deletionGracePeriodSeconds" | "creationTimestamp" => Value::Null,
                _ => "".into(),
            });
            errors.push(FieldError::invalid(format!("metadata.{name}"), shown, "field is immutable"));
        }
    }
    common(object, &mut errors);
    errors
}

/// Equivalent errors are reported once.
pub(crate) fn once(errors: Vec<FieldError>) -> Vec<FieldError> {
    let mut out: Vec<FieldError> = Vec::new();
    for error in errors {
        if error.kind == ErrorKind::Internal || !out.contains(&error) {
            out.push(error);
        }
    }
    out
}
