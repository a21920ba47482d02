//! Random mutations of values.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Returns an arbitrary value.
pub(crate) fn any(rng: &mut Rng) -> Value {
    match rng.usize(..14) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => 0.into(),
        3 => (-1).into(),
        4 => 1.5.into(),
        5 => i64::MAX.into(),
        6 => 1e21.into(),
        7 => "".into(),
        8 => "text".into(),
        9 => "1".into(),
        10 => "x".repeat(300).into(),
        11 => json!([]),
        12 => json!({}),
        _ => json!([{"a": 1}, "b"]),
    }
}

/// Changes a value at a random depth.
pub(crate) fn value(rng: &mut Rng, value: &mut Value) {
    let deeper = rng.usize(..4) != 0;
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let index = rng.usize(..fields.len());
            let name = fields.keys().nth(index).cloned().unwrap_or_default();
            match fields.get_mut(&name) {
                Some(inner) if deeper && (inner.is_object() || inner.is_array()) => self::value(rng, inner),
                _ => change(rng, fields, &name),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let index = rng.usize(..items.len());
            match rng.usize(..4) {
                0 => drop(items.remove(index)),
                1 => items.push(items[index].clone()),
                2 => items[index] = any(rng),
                _ => self::value(rng, &mut items[index]),
            }
        }
        other => *other = any(rng),
    }
}

fn change(rng: &mut Rng, fields: &mut Map<String, Value>, name: &str) {
    match rng.usize(..4) {
        0 => drop(fields.remove(name)),
        1 => drop(fields.insert("unknownField".to_owned(), any(rng))),
        _ => drop(fields.insert(name.to_owned(), any(rng))),
    }
}

/// Adds directives of strategic merge patches, valid or not.
pub(crate) fn directives(rng: &mut Rng, patch: &mut Value) {
    let Some(fields) = patch.as_object_mut() else { return };
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "y", "uid": "1-2-3"});
    let metadata = match rng.usize(..10) {
        0 => json!({"finalizers": ["example.com/two", "example.com/one"]}),
        1 => json!({"$deleteFromPrimitiveList/finalizers": ["example.com/one"]}),
        2 => {
            json!({"$setElementOrder/finalizers": ["example.com/two", "example.com/one"], "finalizers": ["example.com/two"]})
        }
        3 => json!({"$setElementOrder/finalizers": ["example.com/one"]}),
        4 => json!({"ownerReferences": [owner]}),
        5 => json!({"ownerReferences": [{"$patch": "delete", "uid": "1-2-3"}]}),
        6 => json!({"ownerReferences": [{"$patch": "replace"}, owner]}),
        7 => json!({"labels": {"$patch": *rng.choice(&["replace", "delete", "merge"]).unwrap_or(&""), "a": "b"}}),
        8 => json!({"labels": {"$retainKeys": ["a"], "a": "b"}, "annotations": {"gone": null}}),
        _ => return,
    };
    fields.insert("metadata".to_owned(), metadata);
}

/// Changes JSON text to one with duplicate keys or to invalid JSON.
pub(crate) fn text(rng: &mut Rng, text: &str) -> String {
    match rng.usize(..3) {
        0 => text.replacen("\"kind\":", "\"kind\":\"Duplicate\",\"kind\":", 1),
        1 => text.replacen("\"metadata\":{", "\"metadata\":{\"name\":\"b\",", 1),
        _ => text.chars().take(text.chars().count() / 2).collect(),
    }
}

/// Returns labels or annotations, most of them valid.
pub(crate) fn labels(rng: &mut Rng) -> Value {
    match rng.usize(..12) {
        0 => json!({"x": 1}),
        1 => json!({"not a key": "1"}),
        2 => json!({"x": "not a value!"}),
        3 => json!({"example.com/x": "1", "y": ""}),
        4 => json!(null),
        _ => json!({"x": rng.choice(["1", "2"]), "y": "1"}),
    }
}

/// Returns a valid selector.
pub(crate) fn valid_selector(rng: &mut Rng) -> &'static str {
    const ALL: [&str; 6] = ["x=1", "x!=1", "x", "!x", "x in (1,2)", "y=1,x notin (1)"];
    ALL[rng.usize(..ALL.len())]
}

pub(crate) fn selector(rng: &mut Rng) -> &'static str {
    const ALL: [&str; 12] =
        ["x=1", "x!=1", "x", "!x", "x in (1,2)", "x notin (1)", "x=1,y=1", "", "x=1,", "x in ()", "x>1", "x==2"];
    ALL[rng.usize(..ALL.len())]
}

/// Returns a JSON patch, mostly of existing paths.
pub(crate) fn json_patch(rng: &mut Rng, object: &Value) -> Value {
    let mut paths = Vec::new();
    pointers(object, String::new(), &mut paths);
    paths.push("/nothing/here".to_owned());
    paths.push("/metadata/labels/x".to_owned());
    let operations = (0..=rng.usize(..3)).map(|_| {
        let path = paths[rng.usize(..paths.len())].clone();
        let from = paths[rng.usize(..paths.len())].clone();
        match rng.usize(..7) {
            0 => json!({"op": "remove", "path": path}),
            // Go compares encoded texts and escapes these characters.
            1 if !object.to_string().contains(['<', '>', '&', '\u{2028}', '\u{2029}']) => {
                json!({"op": "test", "path": path, "value": object.pointer(&path).cloned().unwrap_or_default()})
            }
            2 => json!({"op": "copy", "path": path, "from": from}),
            3 => json!({"op": "move", "path": path, "from": from}),
            4 => json!({"op": "replace", "path": path, "value": any(rng)}),
            5 => json!({"op": "add", "path": format!("{path}/-"), "value": any(rng)}),
            _ => json!({"op": "add", "path": path, "value": any(rng)}),
        }
    });
    Value::Array(operations.collect())
}

fn pointers(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{path}/{}", kube_structural_schema::pointer::escape_token(name)), paths);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

/// Texts of many types.
const TEXTS: [&str; 24] = [
    "",
    "a",
    "Not_A_Name",
    "-",
    "http",
    "TCP",
    "UDP",
    "None",
    "Always",
    "Never",
    "Retain",
    "Delete",
    "1",
    "0",
    "-1",
    "10%",
    "110%",
    "1Gi",
    "100m",
    "10.0.0.1",
    "fd00::1",
    "example.com/x",
    "/a/../b",
    "2024-01-02T03:04:05Z",
];
const NUMBERS: [i64; 9] = [-1, 0, 1, 2, 3, 100, 65_535, 70_000, 2_147_483_647];

/// Changes one value at a random depth to one of the same type.
pub(crate) fn plausible(rng: &mut Rng, value: &mut Value) {
    let deeper = rng.usize(..6) != 0;
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let index = rng.usize(..fields.len());
            let name = fields.keys().nth(index).cloned().unwrap_or_default();
            match fields.get_mut(&name) {
                Some(inner) if deeper => plausible(rng, inner),
                Some(inner) if rng.bool() => *inner = empty(inner),
                _ => drop(fields.remove(&name)),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let index = rng.usize(..items.len());
            match rng.usize(..8) {
                0 => drop(items.remove(index)),
                1 => items.push(items[index].clone()),
                _ => plausible(rng, &mut items[index]),
            }
        }
        Value::String(text) => (*rng.choice(&TEXTS).unwrap_or(&"")).clone_into(text),
        Value::Number(_) => *value = (*rng.choice(&NUMBERS).unwrap_or(&0)).into(),
        Value::Bool(flag) => *flag = !*flag,
        _ => {}
    }
}

/// Returns the empty value of the same type.
fn empty(value: &Value) -> Value {
    match value {
        Value::Object(_) => json!({}),
        Value::Array(_) => json!([]),
        Value::String(_) => "".into(),
        Value::Number(_) => 0.into(),
        Value::Bool(_) | Value::Null => Value::Null,
    }
}
