//! Structure-aware random mutations of CRDs.

use camino::{Utf8Path, Utf8PathBuf};
use fastrand::Rng;
use kube_structural_schema::yaml;
use serde_json::{Map, Value, json};

use super::BoxError;

/// Initial CRDs, parsed and as text.
pub(super) struct Seeds {
    documents: Vec<Value>,
    texts: Vec<Vec<u8>>,
}

/// Difficult names of properties.
const NAMES: [&str; 24] = [
    "",
    "self",
    "Self",
    "type",
    "$ref",
    "-",
    "_",
    "__",
    "1st",
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
    "rest",
    "default",
    "a-b",
    "a_b",
    "aB",
    "a.b",
    "\u{202e}x",
    "名前",
    "r#type",
    "\n",
];

/// Keywords of schemas.
const KEYWORDS: [&str; 27] = [
    "type",
    "properties",
    "items",
    "additionalProperties",
    "required",
    "enum",
    "default",
    "nullable",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "maxLength",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "description",
    "served",
    "storage",
];

impl Seeds {
    pub(super) fn of(paths: &[Utf8PathBuf], largest: usize) -> Result<Self, BoxError> {
        let mut files = Vec::new();
        paths.iter().try_for_each(|path| collect_files(path, &mut files))?;
        let mut seeds = Seeds { documents: Vec::new(), texts: Vec::new() };
        for file in files {
            let text = std::fs::read(&file)?;
            if text.len() > largest {
                continue;
            }
            let documents = yaml::parse(&text).map_err(|(at, error)| format!("{file}:{at}: {error}"))?;
            seeds.documents.extend(documents.iter().map(yaml::Node::to_json));
            seeds.texts.push(text);
        }
        if seeds.texts.is_empty() { Err("no CRDs found".into()) } else { Ok(seeds) }
    }

    /// Returns a mutated CRD; most mutations change its structure, some its text.
    pub(super) fn mutated(&self, rng: &mut Rng) -> Vec<u8> {
        if rng.u8(..8) == 0 {
            let mut text = self.texts[rng.usize(..self.texts.len())].clone();
            (0..=rng.usize(..4)).for_each(|_| mutate_bytes(rng, &mut text));
            return text;
        }
        let mut document = self.documents[rng.usize(..self.documents.len())].clone();
        // Most mutations are in the schemas.
        for _ in 0..=rng.usize(..3) {
            let versions = document["spec"]["versions"].as_array().map_or(0, Vec::len).max(1);
            let pointer = match rng.u8(..10) {
                0 => String::new(),
                1 => "/spec".to_owned(),
                _ => format!("/spec/versions/{}/schema/openAPIV3Schema", rng.usize(..versions)),
            };
            let pointer = if document.pointer(&pointer).is_some() { pointer } else { String::new() };
            let Some(value) = document.pointer_mut(&pointer) else { continue };
            self.change(rng, value, 0);
        }
        document.to_string().into_bytes()
    }

    /// Changes a value at a random depth.
    fn change(&self, rng: &mut Rng, value: &mut Value, depth: usize) {
        let deeper = depth < 40 && rng.u8(..8) != 0;
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let index = rng.usize(..fields.len());
                let name = fields.keys().nth(index).cloned().unwrap_or_default();
                match fields.get_mut(&name) {
                    Some(inner) if deeper && (inner.is_object() || inner.is_array()) => {
                        self.change(rng, inner, depth + 1);
                    }
                    _ => self.field(rng, fields, &name),
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let index = rng.usize(..items.len());
                match rng.u8(..5) {
                    0 => drop(items.remove(index)),
                    1 => items.push(items[index].clone()),
                    2 => items[index] = self.any(rng),
                    _ => self.change(rng, &mut items[index], depth + 1),
                }
            }
            other => *other = self.any(rng),
        }
    }

    fn field(&self, rng: &mut Rng, fields: &mut Map<String, Value>, name: &str) {
        match rng.u8(..7) {
            0 => drop(fields.remove(name)),
            1 => {
                // Duplicate under a difficult name, or under a name that differs only in case.
                let value = fields.get(name).cloned().unwrap_or_default();
                let other = if rng.bool() { (*one_of(rng, &NAMES)).to_owned() } else { swap_case(name) };
                fields.insert(other, value);
            }
            2 | 3 => drop(fields.insert((*one_of(rng, &KEYWORDS)).to_owned(), self.any(rng))),
            4 => {
                // Wrap the schema in itself.
                let value = fields.get(name).cloned().unwrap_or_default();
                let keyword = *one_of(rng, &["properties", "items", "additionalProperties"]);
                let wrapped = if keyword == "properties" { json!({(*one_of(rng, &NAMES)): value}) } else { value };
                fields.insert(
                    name.to_owned(),
                    json!({"type": if keyword == "items" { "array" } else { "object" }, keyword: wrapped}),
                );
            }
            _ => drop(fields.insert(name.to_owned(), self.any(rng))),
        }
    }

    /// Returns an arbitrary value or a part of another CRD.
    fn any(&self, rng: &mut Rng) -> Value {
        match rng.u8(..20) {
            0 => Value::Null,
            1 => rng.bool().into(),
            2 => rng.i64(..).into(),
            3 => 1e300.into(),
            4 => "".into(),
            5 => (*one_of(rng, &NAMES)).into(),
            6 => (*one_of(rng, &["string", "integer", "number", "boolean", "object", "array", "null", "any"])).into(),
            7 => "x".repeat(rng.usize(..2000)).into(),
            8 => json!([]),
            9 => json!({}),
            10 => json!({"type": "string", "enum": ["", "a", "A", "1", "a-b", "a_b", "Self", "Unknown"]}),
            11 => json!({"type": "integer", "enum": [0, -1, 1, 9_007_199_254_740_993_i64]}),
            12 => json!({"x-kubernetes-preserve-unknown-fields": true}),
            13 => json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
            14 => {
                json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object", "properties": {"self": {"type": "string", "nullable": true}}}}})
            }
            15 => {
                json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}})
            }
            16 => nested(rng.usize(..120)),
            17 => (*one_of(rng, &["*/", "\"", "{{ x }}", "#![x]", "\\u{0}", "`", "//!", "\u{2028}"])).into(),
            _ => {
                let other = &self.documents[rng.usize(..self.documents.len())];
                part(rng, other).clone()
            }
        }
    }
}

fn one_of<'v, T>(rng: &mut Rng, values: &'v [T]) -> &'v T {
    &values[rng.usize(..values.len())]
}

fn swap_case(name: &str) -> String {
    let swap = |c: char| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    name.chars().map(swap).collect()
}

/// Returns a schema of nested objects.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!({"type": "string"}), |inner, _| json!({"type": "object", "properties": {"x": inner}}))
}

/// Returns a part of a value at a random depth.
fn part<'v>(rng: &mut Rng, value: &'v Value) -> &'v Value {
    let inner = match value {
        Value::Object(fields) if !fields.is_empty() => fields.values().nth(rng.usize(..fields.len())),
        Value::Array(items) if !items.is_empty() => items.get(rng.usize(..items.len())),
        _ => None,
    };
    match inner {
        Some(inner) if rng.u8(..6) != 0 => part(rng, inner),
        _ => value,
    }
}

fn mutate_bytes(rng: &mut Rng, text: &mut Vec<u8>) {
    if text.is_empty() {
        return;
    }
    let at = rng.usize(..text.len());
    let length = rng.usize(..=(text.len() - at).min(40));
    match rng.u8(..6) {
        0 => text[at] = rng.u8(..),
        1 => drop(text.drain(at..at + length)),
        2 => {
            let copied = text[at..at + length].to_vec();
            let to = rng.usize(..text.len());
            text.splice(to..to, copied);
        }
        3 => text.truncate(at),
        4 => {
            const ODD: [&str; 10] = ["&a ", "*a", "!!binary ", "---\n", "<<: *a", "? ", "\t", "- - - ", "{", "\"\\u"];
            text.splice(at..at, one_of(rng, &ODD).bytes());
        }
        _ => text.insert(at, b'\n'),
    }
}

fn collect_files(path: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), BoxError> {
    if path.is_dir() {
        for entry in path.read_dir_utf8()? {
            collect_files(entry?.path(), files)?;
        }
        files.sort();
    } else if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
        files.push(path.to_owned());
    }
    Ok(())
}
