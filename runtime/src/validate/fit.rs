//! Objects of other versions, as the schema of this one receives them.

use kube_structural_schema::object::{ErrorKind, FieldError, apply_defaults, prune, prune_nulls, validate};
use serde_json::Value;

use super::Validator;

/// What did not fit the schema.
pub(crate) struct Misfits {
    /// The paths of fields that the schema does not have. They were removed.
    pub(crate) unknown: Vec<String>,
    /// Values that the schema does not accept. Those of a wrong type were removed.
    pub(crate) errors: Vec<FieldError>,
    /// The object with the defaults of the schema.
    pub(crate) defaulted: Value,
}

impl Validator {
    /// Makes an object of another version one of this version: sets `apiVersion`, and removes the fields that the schema does
    /// not have and the values of a wrong type. CEL rules are not evaluated.
    pub(crate) fn fit(&self, object: &mut Value) -> Misfits {
        if let Some(fields) = object.as_object_mut() {
            fields.insert("apiVersion".to_owned(), self.api_version().into());
        }
        let schema = &self.version.schema;
        let unknown = prune(schema, object);
        let defaulted = |object: &Value| {
            let mut object = object.clone();
            prune_nulls(schema, &mut object);
            apply_defaults(schema, &mut object);
            object
        };
        let errors = validate(schema, &defaulted(object));
        // Items of a list are reported in their order: the last one is removed first, so that the others keep their index.
        for error in errors.iter().rev().filter(|error| error.kind == ErrorKind::TypeInvalid) {
            remove(object, &error.field);
        }
        Misfits { unknown, errors, defaulted: defaulted(object) }
    }
}

/// Removes the value at a path such as `spec.rules[0].name`, and returns whether it exists. Keys may contain dots.
fn remove(value: &mut Value, path: &str) -> bool {
    match value {
        Value::Object(fields) => {
            let is_first = |key: &&String| path.strip_prefix(key.as_str()).is_some_and(is_step);
            let keys: Vec<String> = fields.keys().filter(is_first).cloned().collect();
            keys.into_iter().any(|key| match &path[key.len()..] {
                "" => fields.remove(&key).is_some(),
                rest => fields.get_mut(&key).is_some_and(|field| remove(field, rest.strip_prefix('.').unwrap_or(rest))),
            })
        }
        Value::Array(items) => {
            let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) else {
                return false;
            };
            let Some(index) = index.parse().ok().filter(|index: &usize| *index < items.len()) else { return false };
            if rest.is_empty() {
                items.remove(index);
                return true;
            }
            remove(&mut items[index], rest.strip_prefix('.').unwrap_or(rest))
        }
        _ => false,
    }
}

fn is_step(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '['])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::remove;

    #[test]
    fn paths_with_dots_in_keys_are_found() {
        let object = || json!({"a": {"b": 1, "b.c": [{"d": 1}, {"d.e": 2}]}, "a.b": 3});
        for (path, expected) in [
            ("a.b", json!({"a": {"b.c": [{"d": 1}, {"d.e": 2}]}, "a.b": 3})),
            ("a.b.c[1].d.e", json!({"a": {"b": 1, "b.c": [{"d": 1}, {}]}, "a.b": 3})),
            ("a.b.c[0]", json!({"a": {"b": 1, "b.c": [{"d.e": 2}]}, "a.b": 3})),
            ("a.b.c[2]", object()),
            ("<nil>", object()),
        ] {
            let mut found = object();
            assert_eq!(remove(&mut found, path), expected != object(), "{path}");
            assert_eq!(found, expected, "{path}");
        }
    }
}
