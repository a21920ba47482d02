//! Simple paths within objects, such as `.spec.replicas`.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/unstructured/helpers.go`, `NestedFieldNoCopy` and its callers.

use kube_structural_schema::object::go;
use serde_json::{Map, Value};

/// Returns the names of a path.
pub(super) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('.').unwrap_or(path).split('.')
}

/// Returns the value at a path, if it exists.
pub(super) fn find<'o>(object: &'o Value, path: &str) -> Option<&'o Value> {
    names(path).try_fold(object, |value, name| value.get(name))
}

/// Returns the value at a path, if it exists.
///
/// # Errors
/// Returns Go's message if a parent is not an object.
pub(super) fn value<'o>(object: &'o Value, path: &str) -> Result<Option<&'o Value>, String> {
    let (mut value, mut so_far) = (object, String::new());
    for name in names(path) {
        so_far = format!("{so_far}.{name}");
        if value.is_null() {
            return Ok(None);
        }
        if !value.is_object() {
            return Err(wrong_type(value, &so_far, "map[string]interface{}"));
        }
        let Some(inner) = value.get(name) else { return Ok(None) };
        value = inner;
    }
    Ok(Some(value))
}

/// Returns Go's message for a value that does not have the expected type.
pub(super) fn wrong_type(value: &Value, path: &str, expected: &str) -> String {
    let (text, type_) = (go::plain(value), go::type_name(value));
    format!("{path} accessor error: {text} is of the type {type_}, expected {expected}")
}

/// Sets the value at a path and creates its parents.
///
/// # Errors
/// Returns Go's message if a parent is not an object.
pub(super) fn set(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut location = object;
    for name in names(path) {
        if location.is_null() {
            *location = Value::Object(Map::new());
        }
        let fields = location
            .as_object_mut()
            .ok_or_else(|| format!("value cannot be set because {path} is not a map[string]interface{{}}"))?;
        location = fields.entry(name.to_owned()).or_insert(Value::Null);
    }
    *location = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{set, value};

    #[test]
    fn value_is_found_unless_a_parent_is_missing_or_null() {
        let object = json!({"spec": {"replicas": 3, "nothing": null}, "status": "text"});
        assert_eq!(value(&object, ".spec.replicas"), Ok(Some(&json!(3))));
        assert_eq!(value(&object, ".spec.nothing"), Ok(Some(&json!(null))));
        assert_eq!(value(&object, ".spec.nothing.replicas"), Ok(None));
        assert_eq!(value(&object, ".other.replicas"), Ok(None));
        let message = ".status.replicas accessor error: text is of the type string, expected map[string]interface{}";
        assert_eq!(value(&object, ".status.replicas"), Err(message.to_owned()));
    }

    #[test]
    fn set_creates_missing_parents() {
        let mut object = json!({"spec": {"nothing": null}, "status": "text"});
        assert_eq!(set(&mut object, ".spec.nothing.replicas", json!(3)), Ok(()));
        assert_eq!(object["spec"], json!({"nothing": {"replicas": 3}}));
        assert!(set(&mut object, ".status.replicas", json!(3)).is_err());
    }
}
