//! JSON patches: RFC 6902, as the API server's library understands it.
//!
//! Source: `evanphx/json-patch` v4: indexes may count from the end, what is missing is null where it is read, and what is
//! replaced need not be there. Why an operation fails, the API server does not say.

use kube_structural_schema::object::go;
use serde_json::Value;

use crate::json::depth::{MOST_LEVELS, levels_of};
use crate::registry::FieldValidation;
use crate::status::Failure;

/// Copies add at most this many bytes to an object. Source: `JSONPatchMaxCopyBytes` of the API server's configuration.
const MOST_COPIED: usize = 3 * 1024 * 1024;

/// More operations than this are refused.
const MOST_OPERATIONS: usize = 10_000;

/// A deviation that does not make a patch fail.
///
/// # Errors
/// If it is not a patch.
pub(super) fn check(patch: &Value, validation: FieldValidation) -> Result<Vec<String>, Failure> {
    let is_lax = validation == FieldValidation::Ignore;
    let wrong = |value: &Value, place: &str| {
        let why = format!("json: cannot unmarshal {} into Go {place}", crate::json::go_kind(value));
        Failure::bad_request(if is_lax { why } else { format!("error decoding patch: {why}") })
    };
    let operations = match patch {
        Value::Null => return Ok(Vec::new()),
        Value::Array(operations) => operations,
        other if is_lax => return Err(wrong(other, "value of type jsonpatch.Patch")),
        other => return Err(wrong(other, "value of type []handlers.jsonPatchOp")),
    };
    let mut unknown = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let fields = match operation {
            Value::Null => continue,
            Value::Object(fields) => fields,
            other if is_lax => return Err(wrong(other, "value of type jsonpatch.Operation")),
            other => return Err(wrong(other, "value of type handlers.jsonPatchOp")),
        };
        for (name, value) in fields.iter().filter(|_| !is_lax) {
            match name.as_str() {
                "op" | "path" | "from" if !value.is_string() && !value.is_null() => {
                    return Err(wrong(value, &format!("struct field jsonPatchOp.{name} of type string")));
                }
                "op" | "path" | "from" | "value" => {}
                _ => unknown.push(format!("unknown field {}", go::quoted(&format!("[{index}].{name}")))),
            }
        }
    }
    if operations.len() > MOST_OPERATIONS {
        return Err(Failure::too_large(format!(
            "Request entity too large: The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    Ok(unknown)
}

/// Changes an object by a list of operations.
pub(super) fn patch(object: &mut Value, patch: &Value) -> Result<(), Failure> {
    let mut copied = 0;
    let mut levels = Levels { most: levels_of(object), sent: levels_of(patch) };
    for operation in patch.as_array().into_iter().flatten() {
        levels.check(object, operation).ok_or_else(Failure::rejected)?;
        operate(object, operation, &mut copied).ok_or_else(Failure::rejected)?;
    }
    (levels.most <= MOST_LEVELS || levels_of(object) <= MOST_LEVELS).then_some(()).ok_or_else(Failure::rejected)
}

/// An upper bound of the nesting of the object. The exact depth is measured only where the bound does not suffice.
struct Levels {
    most: usize,
    sent: usize,
}

impl Levels {
    /// An operation puts a value of the object or of the patch at the end of its path.
    fn check(&mut self, object: &Value, operation: &Value) -> Option<()> {
        let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        let below = path.bytes().filter(|byte| *byte == b'/').count();
        if self.most.max(self.sent) + below > 2 * MOST_LEVELS {
            self.most = levels_of(object);
        }
        self.most = self.most.max(self.sent) + below;
        (self.most <= 2 * MOST_LEVELS).then_some(())
    }
}

fn operate(object: &mut Value, operation: &Value, copied: &mut usize) -> Option<()> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let sent = operation.get("value").unwrap_or(&Value::Null);
    let value = || sent.clone();
    let path = text("path");
    match text("op")? {
        "test" => (read(object, path?)? == sent).then_some(()),
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
            if *copied > MOST_COPIED {
                return None;
            }
            let value = value.clone();
            add(object, path?, value)
        }
        _ => None,
    }
}

/// The end of a path: the map or list, and the key in it.
fn parent<'v>(object: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let mut parts: Vec<String> = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    if parts.len() < 2 {
        return None;
    }
    let last = parts.pop()?;
    let mut place = object;
    for part in parts.into_iter().skip(1) {
        place = match place {
            Value::Object(fields) => fields.get_mut(&part)?,
            Value::Array(items) => {
                let index = index(&part, items.len(), items.len())?;
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    matches!(place, Value::Object(_) | Value::Array(_)).then_some((place, last))
}

/// An index below `most`; below zero it counts from `length`.
fn index(text: &str, length: usize, most: usize) -> Option<usize> {
    let number: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let index = usize::try_from(if number < 0 { number + length } else { number }).ok()?;
    (index < most).then_some(index)
}

fn read<'v>(object: &'v mut Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(object);
    }
    let (place, key) = parent(object, path)?;
    match place {
        Value::Object(fields) => Some(fields.get(&key).unwrap_or(&Value::Null)),
        Value::Array(items) => items.get(index(&key, items.len(), items.len())?),
        _ => None,
    }
}

fn set(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (place, key) = parent(object, path)?;
    match place {
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
    let (place, key) = parent(object, path)?;
    match place {
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
    let (place, key) = parent(object, path)?;
    match place {
        Value::Object(fields) => fields.remove(&key),
        Value::Array(items) => {
            let index = index(&key, items.len(), items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
