//! The fields that a manager applied, from the managed fields of an object.
//!
//! Source: `apimachinery/pkg/util/managedfields/extract.go`, `structured-merge-diff/typed/remove.go`.

use std::collections::HashMap;

use kube::Resource;
use serde::Serialize;
use serde_json::{Map, Value};

use super::check::scalar;
use super::field_set::{Element, children, is_leaf};
use super::shape::{Below, Field, Shape, UNKNOWN};
use super::{ExtractError, Fields, ObjectConfiguration, identified};
use crate::decode::{depth, stack};
use crate::types::Json;

/// Returns the fields that a manager applied, but not through a subresource, from the JSON of an object as the API server
/// returned it. Without any, the result contains only the identity of the object.
///
/// # Errors
/// Returns an error if the managed fields are not valid, or if the manager applied through another version and owns a
/// field that does not exist in this one.
///
/// ```
/// use kube_client_runtime::apply::{Configuration as _, DynamicApplyConfiguration, extract};
/// use serde_json::json;
///
/// let object = json!({
///     "apiVersion": "v1", "kind": "ConfigMap",
///     "metadata": {"name": "settings", "managedFields": [
///         {"manager": "us", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:level": {}}}},
///     ]},
///     "data": {"level": "debug", "other": "theirs"},
/// });
/// let owned: DynamicApplyConfiguration = extract(&object, "us")?;
/// assert_eq!(owned.field("data"), Some(&json!({"level": "debug"})));
/// # Ok::<(), kube_client_runtime::apply::ExtractError>(())
/// ```
pub fn extract<C: ObjectConfiguration>(object: &Value, manager: &str) -> Result<C, ExtractError> {
    extract_subresource(object, manager, "")
}

/// [`extract`] for the fields that a manager applied through a subresource, such as `status`.
///
/// # Errors
/// As for [`extract`].
pub fn extract_subresource<C: ObjectConfiguration>(
    object: &Value,
    manager: &str,
    subresource: &str,
) -> Result<C, ExtractError> {
    owned(object, manager, subresource, C::SHAPE, false).map(C::from_fields)
}

/// Extracts from an object of a type, which may lack fields of the object.
#[doc(hidden)]
pub fn extract_typed<C: ObjectConfiguration, K>(object: &K, manager: &str, subresource: &str) -> Result<C, ExtractError>
where
    K: Resource + Serialize,
{
    let json = serde_json::to_value(object).map_err(|error| ExtractError::Encode(error.to_string()))?;
    owned(&Json::from(json), manager, subresource, C::SHAPE, true).map(C::from_fields)
}

fn owned(
    object: &Value,
    manager: &str,
    subresource: &str,
    shape: &'static Shape,
    may_lack_fields: bool,
) -> Result<Fields, ExtractError> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
    let identity = identified(text("/apiVersion"), text("/kind"), text("/metadata/name").to_owned(), namespace);
    let Some((applied, set)) = entry(object, manager, subresource) else { return Ok(identity) };
    let mut extraction = Extraction { missing: None, invalid: None };
    let levels = depth::of_value(object).max(depth::of_value(set));
    let mut fields = stack::with_stack_for(levels, || {
        Fields::from(extraction.object(object.as_object(), set, shape, &mut Vec::new()))
    });
    let manager = manager.to_owned();
    if let Some(element) = extraction.invalid {
        return Err(ExtractError::Fields { manager, element });
    }
    let read = text("/apiVersion");
    match extraction.missing {
        Some(path) if applied != read => {
            return Err(ExtractError::OtherVersion {
                manager,
                path,
                applied: applied.to_owned(),
                read: read.to_owned(),
            });
        }
        Some(path) if may_lack_fields => return Err(ExtractError::UnknownField { manager, path }),
        _ => {}
    }
    complete(&mut fields, &identity);
    Ok(fields)
}

/// Adds the identity of the object to its fields.
fn complete(fields: &mut Fields, identity: &Fields) {
    for name in ["apiVersion", "kind"] {
        fields.set(name, identity.get(name).cloned().unwrap_or_default());
    }
    for name in ["name", "namespace"] {
        if let Some(value) = identity.json().pointer(&format!("/metadata/{name}")) {
            fields.put("metadata", name.to_owned(), value.clone());
        }
    }
}

/// Returns the version and the set of an applier.
fn entry<'o>(object: &'o Value, manager: &str, subresource: &str) -> Option<(&'o str, &'o Value)> {
    let entries = object.pointer("/metadata/managedFields")?.as_array()?;
    let found = entries.iter().find(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        (text("manager"), text("operation"), text("subresource")) == (manager, "Apply", subresource)
    })?;
    Some((found.get("apiVersion").and_then(Value::as_str).unwrap_or_default(), found.get("fieldsV1")?))
}

/// The state of an extraction.
struct Extraction {
    /// The first owned path that the object does not contain.
    missing: Option<String>,
    /// The first invalid path element.
    invalid: Option<String>,
}

impl Extraction {
    fn object(
        &mut self,
        object: Option<&Map<String, Value>>,
        set: &Value,
        shape: &'static Shape,
        path: &mut Vec<String>,
    ) -> Value {
        let mut result = Map::new();
        for (text, below) in children(set) {
            let name = match Element::parse(text) {
                Some(Element::Field(name)) => name,
                Some(_) => continue,
                None => {
                    self.invalid.get_or_insert_with(|| text.clone());
                    continue;
                }
            };
            path.push(format!(".{name}"));
            match object.and_then(|object| object.get(&name)) {
                Some(value) => {
                    let part = self.value(value, below, shape.field(&name), path);
                    result.insert(name, part);
                }
                None => self.lacks(path),
            }
            path.pop();
        }
        Value::Object(result)
    }

    fn lacks(&mut self, path: &[String]) {
        self.missing.get_or_insert_with(|| path.concat());
    }

    /// Returns the owned part of a field's value.
    fn value(&mut self, value: &Value, set: &Value, field: Option<&'static Field>, path: &mut Vec<String>) -> Value {
        if is_leaf(set) {
            return match value {
                // Only the existence of the list or map is owned, not what others have added to it.
                Value::Object(_) if field.is_some_and(Field::is_granular) => Value::Object(Map::new()),
                Value::Array(_) if field.is_some_and(Field::is_granular) => Value::Array(Vec::new()),
                other => other.clone(),
            };
        }
        let below = field.map_or(Below::Opaque, |field| field.below);
        match (value, below) {
            (Value::Array(items), Below::Items(shape)) => self.list(items, set, shape, path),
            (Value::Array(items), _) => self.list(items, set, &UNKNOWN, path),
            (Value::Object(object), Below::Object(shape)) => self.object(Some(object), set, shape, path),
            (Value::Object(values), Below::Values(shape)) => self.values(values, set, shape, path),
            (Value::Object(object), _) => self.object(Some(object), set, &UNKNOWN, path),
            (other, _) => {
                self.lacks(path);
                other.clone()
            }
        }
    }

    /// Returns the owned entries of a map of objects.
    fn values(
        &mut self,
        values: &Map<String, Value>,
        set: &Value,
        shape: &'static Shape,
        path: &mut Vec<String>,
    ) -> Value {
        let mut result = Map::new();
        for (text, below) in children(set) {
            let Some(Element::Field(name)) = Element::parse(text) else {
                self.invalid.get_or_insert_with(|| text.clone());
                continue;
            };
            path.push(format!(".{name}"));
            match values.get(&name) {
                Some(value) if is_leaf(below) => drop(result.insert(name, value.clone())),
                Some(value) => drop(result.insert(name, self.object(value.as_object(), below, shape, path))),
                None => self.lacks(path),
            }
            path.pop();
        }
        Value::Object(result)
    }

    /// Returns the owned items of a list, in the order of the object.
    fn list(&mut self, items: &[Value], set: &Value, shape: &'static Shape, path: &mut Vec<String>) -> Value {
        let mut index = ItemIndex { items, by_keys: HashMap::new(), by_value: None };
        let mut found: Vec<(usize, Value)> = Vec::new();
        for (text, below) in children(set) {
            let Some(element) = Element::parse(text) else {
                self.invalid.get_or_insert_with(|| text.clone());
                continue;
            };
            path.push(format!("[{}]", text.get(2..).unwrap_or_default()));
            match index.find(&element) {
                Some(at) => found.push((at, self.item(&items[at], &element, below, shape, path))),
                None => self.lacks(path),
            }
            path.pop();
        }
        found.sort_by_key(|(at, _)| *at);
        Value::Array(found.into_iter().map(|(_, item)| item).collect())
    }

    fn item(
        &mut self,
        item: &Value,
        element: &Element,
        set: &Value,
        shape: &'static Shape,
        path: &mut Vec<String>,
    ) -> Value {
        // The keys are fields of the item: an owned item without further fields is atomic.
        let Some(fields) = item.as_object().filter(|_| !is_leaf(set)) else { return item.clone() };
        let mut owned = self.object(Some(fields), set, shape, path);
        if let (Element::Keys(keys), Value::Object(owned)) = (element, &mut owned) {
            // Without its keys, the item cannot be applied: kubernetes/code-generator#173.
            owned.extend(keys.iter().map(|(name, value)| (name.clone(), fields.get(name).unwrap_or(value).clone())));
        }
        owned
    }
}

/// The positions of a list's items.
struct ItemIndex<'i> {
    items: &'i [Value],
    /// By the names of keys, and then by their values.
    by_keys: HashMap<Vec<String>, HashMap<String, usize>>,
    by_value: Option<HashMap<String, usize>>,
}

impl ItemIndex<'_> {
    fn find(&mut self, element: &Element) -> Option<usize> {
        let items = self.items;
        match element {
            Element::Field(_) => None,
            Element::Index(index) => (*index < items.len()).then_some(*index),
            Element::Value(value) => {
                let index = self
                    .by_value
                    .get_or_insert_with(|| items.iter().enumerate().map(|(at, item)| (scalar(item), at)).collect());
                index.get(&scalar(value)).copied()
            }
            Element::Keys(keys) => {
                let names: Vec<String> = keys.keys().cloned().collect();
                let index = self.by_keys.entry(names.clone()).or_insert_with(|| {
                    let keyed = items.iter().enumerate().map(|(at, item)| (identity(item, &names), at));
                    keyed.collect()
                });
                index.get(&identity(&Value::Object(keys.clone()), &names)).copied()
            }
        }
    }
}

/// Returns the values of an item's keys as text. A key that is missing equals none.
fn identity(item: &Value, names: &[String]) -> String {
    let values = names.iter().map(|name| item.get(name).map_or_else(String::new, scalar));
    values.collect::<Vec<_>>().join(",")
}
