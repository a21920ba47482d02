//! JSON patches (RFC 6902).
//!
//! Source: `evanphx/json-patch` v4. Negative indexes count from the end, a missing value is read as null, and `replace`
//! does not require the field to exist. The API server does not report reason an operation fails.

use kube_structural_schema::object::go;
use kube_structural_schema::pointer::unescape_token;
use serde_json::Value;

use crate::json::depth::{MAX_LEVELS, value_levels};
use crate::registry::FieldValidation;
use crate::status::Failure;

/// The maximum number of bytes that copies add to an object. Source: `JSONPatchMaxCopyBytes` of the API server's
/// configuration.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// The maximum number of operations.
const MAX_OPERATIONS: usize = 10_000;

/// Validates a patch and returns its warnings.
///
/// # Errors
/// Returns a 400 or 413 if it is not a valid patch.
pub(super) fn validate(patch: &Value, validation: FieldValidation) -> Result<Vec<String>, Failure> {
    let ignores_unknown = validation == FieldValidation::Ignore;
    let mismatch = |value: &Value, location: &str| {
        let reason = format!("json: cannot unmarshal {} into Go {location}", go::json_kind(value, location));
        Failure::bad_request(if ignores_unknown { reason } else { format!("error decoding patch: {reason}") })
    };
    let operations = match patch {
        Value::Null => return Ok(Vec::new()),
        Value::Array(operations) => operations,
        other if ignores_unknown => return Err(mismatch(other, "value of type jsonpatch.Patch")),
        other => return Err(mismatch(other, "value of type []handlers.jsonPatchOp")),
    };
    let mut unknown = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let fields = match operation {
            Value::Null => continue,
            Value::Object(fields) => fields,
            other if ignores_unknown => return Err(mismatch(other, "value of type jsonpatch.Operation")),
            other => return Err(mismatch(other, "value of type handlers.jsonPatchOp")),
        };
        for (name, value) in fields.iter().filter(|_| !ignores_unknown) {
            match name.as_str() {
                "op" | "path" | "from" if !value.is_string() && !value.is_null() => {
                    return Err(mismatch(value, &format!("struct field jsonPatchOp.{name} of type string")));
                }
                "op" | "path" | "from" | "value" => {}
                _ => unknown.push(format!("unknown field {}", go::quoted(&format!("[{index}].{name}")))),
            }
        }
    }
    if operations.len() > MAX_OPERATIONS {
        return Err(Failure::too_large(format!(
            "Request entity too large: The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    Ok(unknown)
}

/// Applies a list of operations to an object.
pub(super) fn patch(object: &mut Value, patch: &Value) -> Result<(), Failure> {
    let mut copied = 0;
    let mut levels = Levels { max: value_levels(object), patch_levels: value_levels(patch) };
    for operation in patch.as_array().into_iter().flatten() {
        levels.check(object, operation).ok_or_else(Failure::rejected)?;
        apply_operation(object, operation, &mut copied).ok_or_else(Failure::rejected)?;
    }
    (levels.max <= MAX_LEVELS || value_levels(object) <= MAX_LEVELS).then_some(()).ok_or_else(Failure::rejected)
}

/// A bound of the nesting of the patched object. The object is only measured if the bound is too large.
struct Levels {
    max: usize,
    patch_levels: usize,
}

impl Levels {
    /// Accounts for an operation, which inserts a value at the end of its path.
    fn check(&mut self, object: &Value, operation: &Value) -> Option<()> {
        let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        let path_levels = path.bytes().filter(|byte| *byte == b'/').count();
        if self.max.max(self.patch_levels) + path_levels > 2 * MAX_LEVELS {
            self.max = value_levels(object);
        }
        self.max = self.max.max(self.patch_levels) + path_levels;
        (self.max <= 2 * MAX_LEVELS).then_some(())
    }
}

fn apply_operation(object: &mut Value, operation: &Value, copied: &mut usize) -> Option<()> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let patch_value = operation.get("value").unwrap_or(&Value::Null);
    let value = || patch_value.clone();
    let path = text("path");
    match text("op")? {
        "test" => (read(object, path?)? == patch_value).then_some(()),
        "add" => add(object, path?, value()),
        "replace" if path == Some("") => {
            let value = value();
            (value.is_object() || value.is_array()).then(|| *object = value)
        }
        "replace" => {
            read(object, path?)?;
            set(object, path?, value())
        }
        "remove" => remove(object, path?).map(drop),
        "move" => {
            let value = remove(object, text("from")?)?;
            add(object, path?, value)
        }
        "copy" => {
            let from = text("from").filter(|from| !from.is_empty())?;
            let value = read(object, from)?;
            *copied += crate::json::write(value).len();
            if *copied > MAX_COPIED {
                return None;
            }
            let value = value.clone();
            add(object, path?, value)
        }
        _ => None,
    }
}

/// Returns the object or array that contains the end of a path, and the key.
fn parent<'v>(object: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let mut parts: Vec<String> = path.split('/').map(|part| unescape_token(part).into_owned()).collect();
    if parts.len() < 2 {
        return None;
    }
    let last = parts.pop()?;
    let mut container = object;
    for part in parts.into_iter().skip(1) {
        container = match container {
            Value::Object(fields) => fields.get_mut(&part)?,
            Value::Array(items) => {
                let index = index(&part, items.len(), items.len())?;
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    matches!(container, Value::Object(_) | Value::Array(_)).then_some((container, last))
}

/// Parses an index path_levels `max`; negative ones count from `length`.
fn index(text: &str, length: usize, max: usize) -> Option<usize> {
    let number: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let index = usize::try_from(if number < 0 { number + length } else { number }).ok()?;
    (index < max).then_some(index)
}

fn read<'v>(object: &'v mut Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(object);
    }
    let (container, key) = parent(object, path)?;
    match container {
        Value::Object(fields) => Some(fields.get(&key).unwrap_or(&Value::Null)),
        Value::Array(items) => items.get(index(&key, items.len(), items.len())?),
        _ => None,
    }
}

fn set(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (container, key) = parent(object, path)?;
    match container {
        Value::Object(fields) => drop(fields.insert(key, value)),
        Value::Array(items) => {
            let index = index(&key, items.len(), items.len())?;
            *items.get_mut(index)? = value;
        }
        _ => return None,
    }
    Some(())
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (container, key) = parent(object, path)?;
    match container {
        Value::Object(fields) => drop(fields.insert(key, value)),
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            let index = index(&key, items.len() + 1, items.len() + 1)?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(object: &mut Value, path: &str) -> Option<Value> {
    let (container, key) = parent(object, path)?;
    match container {
        Value::Object(fields) => fields.remove(&key),
        Value::Array(items) => {
            let index = index(&key, items.len(), items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
