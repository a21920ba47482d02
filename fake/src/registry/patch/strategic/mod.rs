//! Strategic merge patches, which only built-in kinds support.
//!
//! Source: `apimachinery/pkg/util/strategicpatch/patch.go`.

mod list;

use kube_structural_schema::object::go::{plain, type_name};
use serde_json::{Map, Value};

use crate::kinds::builtin::{PatchStrategy, PatchedStruct};
use crate::status::Failure;

type Fields = Map<String, Value>;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";

/// Applies a patch to an object.
pub(super) fn patch(object: &mut Value, patch: &Fields, type_: PatchedStruct) -> Result<(), Failure> {
    let fields = object.as_object_mut().map(std::mem::take).unwrap_or_default();
    *object = merge(fields, patch.clone(), type_)?.into();
    Ok(())
}

/// Removes directives that were not applied.
pub(super) fn remove_directives(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_directive =
                |name: &str| name == RETAIN_KEYS || name.starts_with(ORDER) || name.starts_with(DELETE_FROM);
            fields.retain(|name, _| !is_directive(name));
            fields.values_mut().for_each(remove_directives);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_directives),
        _ => {}
    }
}

/// Merges a patch into the fields of an object.
fn merge(mut fields: Fields, mut patch: Fields, type_: PatchedStruct) -> Result<Fields, Failure> {
    if let Some(directive) = patch.get(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => {
                patch.remove(DIRECTIVE);
                Ok(patch)
            }
            Some("delete") => Ok(Fields::new()),
            _ => Err(unknown_directive(directive, &patch)),
        };
    }
    retain_keys(&mut fields, &mut patch)?;
    set_element_order(&mut fields, &mut patch, type_)?;
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix(DELETE_FROM) {
            delete_from(&mut fields, list, &value);
        } else if value.is_null() {
            fields.remove(&name);
        } else {
            let old = fields.remove(&name);
            if let Some(value) = merge_field(old, value, type_, &name)? {
                fields.insert(name, value);
            }
        }
    }
    Ok(fields)
}

/// Merges a patch into a single field.
fn merge_field(old: Option<Value>, new: Value, type_: PatchedStruct, name: &str) -> Result<Option<Value>, Failure> {
    Ok(match (old, new) {
        (Some(Value::Object(_)), Value::Object(new)) if type_.replaces(name) => Some(new.into()),
        (Some(Value::Object(old)), Value::Object(new)) => Some(merge(old, new, type_.inner(name))?.into()),
        (Some(Value::Array(old)), Value::Array(new)) => match type_.strategy(name) {
            PatchStrategy::Replace => Some(new.into()),
            strategy => Some(list::merge(old, new, name, strategy, type_.inner(name))?.into()),
        },
        (Some(old), new) if type_name(&old) == type_name(&new) => Some(new),
        (_, mut new) => {
            discard_nulls(&mut new);
            without_directives(new)
        }
    })
}

/// Applies `$retainKeys`, which lists the fields that may remain.
fn retain_keys(fields: &mut Fields, patch: &mut Fields) -> Result<(), Failure> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = || Failure::bad_request("invalid patch format of retainKeys");
    let keys = keys.as_array().ok_or_else(bad)?;
    let is_retained = |name: &str| keys.iter().any(|key| key == name);
    let is_change =
        |name: &str, value: &Value| !value.is_null() && !name.starts_with(DELETE_FROM) && !name.starts_with(ORDER);
    if patch.iter().any(|(name, value)| is_change(name, value) && !is_retained(name)) {
        return Err(bad());
    }
    fields.retain(|name, _| is_retained(name));
    Ok(())
}

/// Applies `$setElementOrder/LIST`: merges the list and sets its order.
fn set_element_order(fields: &mut Fields, patch: &mut Fields, type_: PatchedStruct) -> Result<(), Failure> {
    let names: Vec<String> = patch.keys().filter_map(|name| name.strip_prefix(ORDER)).map(str::to_owned).collect();
    for name in names {
        let order = patch.remove(&format!("{ORDER}{name}")).map(items).transpose()?.unwrap_or_default();
        let strategy = type_.strategy(&name);
        let old = fields.get(&name).cloned().map(items).transpose()?;
        let new = patch.remove(&name).map(items).transpose()?;
        if let Some(new) = &new {
            list::check_order(new, &order, strategy)?;
        }
        let merged = match (&old, new) {
            (None, None) => continue,
            (Some(old), None) => old.clone(),
            (None, Some(new)) => new.into_iter().filter_map(without_directives).collect(),
            (Some(_), Some(new)) if strategy == PatchStrategy::Replace => new,
            (Some(old), Some(new)) => list::merge(old.clone(), new, &name, strategy, type_.inner(&name))?,
        };
        let merged = list::sort(merged, &order, &old.unwrap_or_default(), strategy)?;
        fields.insert(name, merged.into());
    }
    Ok(())
}

/// Applies `$deleteFromPrimitiveList/LIST`, which lists items to delete; null deletes the list.
fn delete_from(fields: &mut Fields, name: &str, deleted: &Value) {
    match (fields.get_mut(name), deleted) {
        (Some(Value::Array(existing)), Value::Array(deleted)) => existing.retain(|item| !deleted.contains(item)),
        (Some(_), Value::Null) => drop(fields.remove(name)),
        _ => {}
    }
}

fn items(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(items) => Ok(items),
        other => {
            let actual = type_name(&other);
            Err(Failure::untyped(format!("expected a []interface {{}}, but received a {actual}")))
        }
    }
}

fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(discard_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// Removes values with directives; the result may be empty.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => {
            let kept = fields.into_iter().filter_map(|(name, value)| Some((name, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(items.into_iter().filter_map(without_directives).collect::<Vec<_>>().into()),
        other => Some(other),
    }
}

/// Formats a value as Go's `%s` does, which expects a string.
fn format_as_string(value: &Value) -> String {
    let wrong = |type_: &str| format!("%!s({type_}={})", plain(value));
    match value {
        Value::Null => "%!s(<nil>)".to_owned(),
        Value::Bool(_) => wrong("bool"),
        Value::Number(number) if number.is_f64() => wrong("float64"),
        Value::Number(_) => wrong("int64"),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(format_as_string).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}:{}", format_as_string(value)));
            format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
        }
    }
}

fn unknown_directive(directive: &Value, patch: &Fields) -> Failure {
    let (directive, patch) = (format_as_string(directive), plain(&Value::Object(patch.clone())));
    Failure::untyped(format!("unknown patch type: {directive} in map: {patch}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::{Catalogue, Release};

    fn patched(mut object: Value, changes: &Value) -> Result<Value, String> {
        let changes = changes.as_object().cloned().unwrap_or_default();
        let pod = Catalogue::of(Release::V1_37).kind("", "v1", "Pod");
        patch(&mut object, &changes, PatchedStruct(pod)).map(|()| object).map_err(|failure| failure.to_string())
    }

    fn containers(containers: &Value) -> Value {
        json!({"spec": {"containers": containers}})
    }

    #[test]
    fn lists_are_merged_by_key_or_replaced() {
        let object = containers(&json!([{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}]));
        let patch = containers(&json!([{"name": "a", "image": "2", "args": ["y"]}, {"name": "c"}]));
        let expected = containers(&json!([{"name": "a", "image": "2", "args": ["y"]}, {"name": "c"}, {"name": "b"}]));
        assert_eq!(patched(object, &patch), Ok(expected));
    }

    #[test]
    fn directives_delete_replace_and_order() {
        let object = containers(&json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]));
        let deleted = patched(object.clone(), &containers(&json!([{"$patch": "delete", "name": "b"}])));
        assert_eq!(deleted, Ok(containers(&json!([{"name": "a"}, {"name": "c"}]))));
        let replaced = patched(object.clone(), &containers(&json!([{"$patch": "replace"}, {"name": "z"}])));
        assert_eq!(replaced, Ok(containers(&json!([{"name": "z"}]))));
        let order = json!({"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}]}});
        let ordered = patched(object, &order);
        assert_eq!(ordered, Ok(containers(&json!([{"name": "c"}, {"name": "b"}, {"name": "a"}]))));
    }

    #[test]
    fn scalars_of_a_set_are_added_and_deleted() {
        let object = json!({"metadata": {"finalizers": ["a/b", "c/d"]}});
        let more = patched(object.clone(), &json!({"metadata": {"finalizers": ["e/f", "a/b"]}}));
        assert_eq!(more, Ok(json!({"metadata": {"finalizers": ["e/f", "a/b", "c/d"]}})));
        let fewer = patched(object, &json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/b"]}}));
        assert_eq!(fewer, Ok(json!({"metadata": {"finalizers": ["c/d"]}})));
        let object = json!({"metadata": {"finalizers": "a/b"}});
        let no_list = patched(object.clone(), &json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/b"]}}));
        assert_eq!(no_list, Ok(object));
    }

    #[test]
    fn retain_keys_deletes_other_keys() {
        let object = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
        let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
        assert_eq!(patched(object.clone(), &patch), Ok(json!({"spec": {"strategy": {"type": "Recreate"}}})));
        let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}});
        assert_eq!(patched(object, &patch), Err("invalid patch format of retainKeys".to_owned()));
    }

    #[test]
    fn null_deletes_fields_and_is_dropped_from_new_values() {
        let object = json!({"data": {"a": "1", "b": "2"}});
        let patch = json!({"data": {"a": null, "c": "3"}, "metadata": {"labels": {"x": null, "y": "z"}}});
        let expected = json!({"data": {"b": "2", "c": "3"}, "metadata": {"labels": {"y": "z"}}});
        assert_eq!(patched(object, &patch), Ok(expected));
    }
}
