//! Strategic merge patches, which Kubernetes' own kinds take and custom resources do not.
//!
//! Source: `apimachinery/pkg/util/strategicpatch/patch.go`.

mod list;

use kube_structural_schema::object::go::{plain, type_name};
use serde_json::{Map, Value};

use crate::kinds::builtin::{Merging, merging};
use crate::status::Failure;

type Fields = Map<String, Value>;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";

/// Changes an object by a patch.
pub(super) fn patch(object: &mut Value, patch: &Fields) -> Result<(), Failure> {
    let fields = object.as_object_mut().map(std::mem::take).unwrap_or_default();
    *object = merge(fields, patch.clone(), "")?.into();
    Ok(())
}

/// Takes away directives that have had nothing to direct.
pub(super) fn forget_directives(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_directive =
                |name: &str| name == RETAIN_KEYS || name.starts_with(ORDER) || name.starts_with(DELETE_FROM);
            fields.retain(|name, _| !is_directive(name));
            fields.values_mut().for_each(forget_directives);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_directives),
        _ => {}
    }
}

/// Merges the fields of an object that is the value of a field of this name.
fn merge(mut fields: Fields, mut patch: Fields, place: &str) -> Result<Fields, Failure> {
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
    put_in_order(&mut fields, &mut patch, place)?;
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix(DELETE_FROM) {
            delete_from(&mut fields, list, &value);
        } else if value.is_null() {
            fields.remove(&name);
        } else {
            let old = fields.remove(&name);
            if let Some(value) = merged(old, value, place, &name)? {
                fields.insert(name, value);
            }
        }
    }
    Ok(fields)
}

/// Merges one field.
fn merged(old: Option<Value>, new: Value, place: &str, name: &str) -> Result<Option<Value>, Failure> {
    Ok(match (old, new) {
        (Some(Value::Object(old)), Value::Object(new)) => Some(merge(old, new, name)?.into()),
        (Some(Value::Array(old)), Value::Array(new)) => match merging(place, name) {
            Merging::Replace => Some(new.into()),
            how => Some(list::merge(old, new, name, how)?.into()),
        },
        (Some(old), new) if type_name(&old) == type_name(&new) => Some(new),
        (_, mut new) => {
            discard_nulls(&mut new);
            without_directives(new)
        }
    })
}

/// `$retainKeys` names the only fields that may stay.
fn retain_keys(fields: &mut Fields, patch: &mut Fields) -> Result<(), Failure> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = || Failure::bad_request("invalid patch format of retainKeys");
    let keys = keys.as_array().ok_or_else(bad)?;
    let stays = |name: &str| keys.iter().any(|key| key == name);
    let is_change =
        |name: &str, value: &Value| !value.is_null() && !name.starts_with(DELETE_FROM) && !name.starts_with(ORDER);
    if patch.iter().any(|(name, value)| is_change(name, value) && !stays(name)) {
        return Err(bad());
    }
    fields.retain(|name, _| stays(name));
    Ok(())
}

/// `$setElementOrder/LIST` gives the items of a list their order; the list is merged on the way.
fn put_in_order(fields: &mut Fields, patch: &mut Fields, place: &str) -> Result<(), Failure> {
    let names: Vec<String> = patch.keys().filter_map(|name| name.strip_prefix(ORDER)).map(str::to_owned).collect();
    for name in names {
        let order = patch.remove(&format!("{ORDER}{name}")).map(items).transpose()?.unwrap_or_default();
        let how = merging(place, &name);
        let old = fields.get(&name).cloned().map(items).transpose()?;
        let new = patch.remove(&name).map(items).transpose()?;
        if let Some(new) = &new {
            list::check_order(new, &order, how)?;
        }
        let merged = match (&old, new) {
            (None, None) => continue,
            (Some(old), None) => old.clone(),
            (None, Some(new)) => new.into_iter().filter_map(without_directives).collect(),
            (Some(_), Some(new)) if how == Merging::Replace => new,
            (Some(old), Some(new)) => list::merge(old.clone(), new, &name, how)?,
        };
        let merged = list::in_order(merged, &order, &old.unwrap_or_default(), how)?;
        fields.insert(name, merged.into());
    }
    Ok(())
}

/// `$deleteFromPrimitiveList/LIST` names items that go; null takes the whole list.
fn delete_from(fields: &mut Fields, name: &str, gone: &Value) {
    match (fields.get_mut(name), gone) {
        (Some(Value::Array(there)), Value::Array(gone)) => there.retain(|item| !gone.contains(item)),
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

/// A value without its directive; `None` if nothing remains.
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

/// A value as Go's `%s` writes it, which is meant for texts alone.
fn as_text(value: &Value) -> String {
    let wrong = |type_: &str| format!("%!s({type_}={})", plain(value));
    match value {
        Value::Null => "%!s(<nil>)".to_owned(),
        Value::Bool(_) => wrong("bool"),
        Value::Number(number) if number.is_f64() => wrong("float64"),
        Value::Number(_) => wrong("int64"),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(as_text).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}:{}", as_text(value)));
            format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
        }
    }
}

fn unknown_directive(directive: &Value, patch: &Fields) -> Failure {
    let (directive, patch) = (as_text(directive), plain(&Value::Object(patch.clone())));
    Failure::untyped(format!("unknown patch type: {directive} in map: {patch}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(mut object: Value, changes: &Value) -> Result<Value, String> {
        let changes = changes.as_object().cloned().unwrap_or_default();
        patch(&mut object, &changes).map(|()| object).map_err(|failure| failure.to_string())
    }

    fn containers(containers: &Value) -> Value {
        json!({"spec": {"containers": containers}})
    }

    #[test]
    fn lists_are_merged_by_their_key_or_replaced_whole() {
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
    fn texts_of_a_set_come_and_go_one_by_one() {
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
    fn only_keys_that_are_retained_stay() {
        let object = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
        let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
        assert_eq!(patched(object.clone(), &patch), Ok(json!({"spec": {"strategy": {"type": "Recreate"}}})));
        let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}});
        assert_eq!(patched(object, &patch), Err("invalid patch format of retainKeys".to_owned()));
    }

    #[test]
    fn what_is_null_goes_and_what_is_new_brings_no_nulls() {
        let object = json!({"data": {"a": "1", "b": "2"}});
        let patch = json!({"data": {"a": null, "c": "3"}, "metadata": {"labels": {"x": null, "y": "z"}}});
        let expected = json!({"data": {"b": "2", "c": "3"}, "metadata": {"labels": {"y": "z"}}});
        assert_eq!(patched(object, &patch), Ok(expected));
    }
}
