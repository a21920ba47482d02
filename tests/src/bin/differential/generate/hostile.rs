//! Scripts of hostile requests: invalid patches, unexpected types, invalid JSON and very large bodies.

use serde_json::{Value, json};

use super::definitions::GROUP;
use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, STRATEGIC};
use crate::endpoint::DEFINITIONS;
use crate::mutate;
use crate::script::{Script, Step};

/// Object that is patched.
const OBJECT: &str = r#"{"apiVersion":"<<g>>.example.com/v1","kind":"Thing","metadata":{"name":"a","labels":{"x":"1"}},
"spec":{"count":1,"list":[{"k":"a"},{"k":"b","v":2}],"any":{"a":{"b":[1,2,{"c":null}]},"~x/y":1,"":{"":2}}}}"#;

const POINTERS: [&str; 40] = [
    "",
    "/",
    "//",
    "spec",
    "#/spec",
    "/spec",
    "/spec/any",
    "/spec/any/",
    "/spec/any//",
    "/spec/any/a",
    "/spec/any/a/b",
    "/spec/any/a/b/0",
    "/spec/any/a/b/1",
    "/spec/any/a/b/3",
    "/spec/any/a/b/4",
    "/spec/any/a/b/-",
    "/spec/any/a/b/-1",
    "/spec/any/a/b/-4",
    "/spec/any/a/b/00",
    "/spec/any/a/b/01",
    "/spec/any/a/b/+1",
    "/spec/any/a/b/1e0",
    "/spec/any/a/b/2147483648",
    "/spec/any/a/b/99999999999999999999",
    "/spec/any/a/b/x",
    "/spec/any/a/b/2/c",
    "/spec/any/a/b/2/c/d",
    "/spec/any/~0x~1y",
    "/spec/any/~x/y",
    "/spec/any/~2",
    "/spec/list/-",
    "/spec/list/0/k",
    "/spec/count",
    "/spec/count/x",
    "/metadata",
    "/metadata/name",
    "/metadata/labels",
    "/metadata/labels/y",
    "/kind",
    "/nothing/here",
];

const OPERATIONS: [&str; 10] = ["add", "add", "remove", "replace", "move", "copy", "test", "Add", "", "spam"];

/// Replacements of parts of merge patches and apply configurations.
const PARTS: [&str; 30] = [
    "null",
    "[]",
    "{}",
    "\"x\"",
    "1",
    "true",
    r#"{"metadata":null}"#,
    r#"{"metadata":[]}"#,
    r#"{"metadata":"x"}"#,
    r#"{"metadata":{"name":null}}"#,
    r#"{"metadata":{"name":"b"}}"#,
    r#"{"metadata":{"labels":{"x":null}}}"#,
    r#"{"metadata":{"labels":{"x":1}}}"#,
    r#"{"metadata":{"labels":[]}}"#,
    r#"{"metadata":{"finalizers":"x"}}"#,
    r#"{"metadata":{"managedFields":null}}"#,
    r#"{"metadata":{"managedFields":[{}]}}"#,
    r#"{"metadata":{"creationTimestamp":"x"}}"#,
    r#"{"metadata":{"ownerReferences":[{}]}}"#,
    r#"{"kind":null}"#,
    r#"{"kind":"Other"}"#,
    r#"{"apiVersion":"other/v1"}"#,
    r#"{"apiVersion":1}"#,
    r#"{"spec":null}"#,
    r#"{"spec":[]}"#,
    r#"{"spec":{"count":null}}"#,
    r#"{"spec":{"count":"x"}}"#,
    r#"{"spec":{"list":null}}"#,
    r#"{"spec":{"list":[null]}}"#,
    r#"{"spec":{"any":{"a":null,"b":[null,{"c":null}]}}}"#,
];

/// Texts that replace the value of `spec.any`, most of them invalid JSON; each character is a byte.
const VALUES: [&str; 32] = [
    "<<times:1000:[>><<times:1000:]>>",
    "<<times:120:[>><<times:120:]>>",
    "<<times:10001:[>><<times:10001:]>>",
    "<<times:50000:[>>",
    "<<times:10001:{\"a\":>>1<<times:10001:}>>",
    "<<times:1000:[1,>>1<<times:1000:]>>",
    "\"\u{ff}\"",
    "\"\u{c3}\u{28}\"",
    "\"\u{ed}\u{a0}\u{80}\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"\u{0}\"",
    "\"\u{1}\"",
    "\"\\x\"",
    "'x'",
    "01",
    "+1",
    "1.",
    ".5",
    "1e400",
    "-1e400",
    "1e-400",
    "-0",
    "9223372036854775808",
    "18446744073709551616",
    "<<times:400:9>>",
    "NaN",
    "/**/1",
    "1 2",
    "[1,]",
    "{\"a\":1,\"a\":2}",
    "{\"\":{\"\":1},\"\":2}",
];

impl Generator<'_> {
    /// Generates hostile requests for an object of a definition that keeps unknown fields, and for a ConfigMap.
    pub(super) fn hostile(&mut self, steps: usize) -> Script {
        let name = format!("things.{GROUP}");
        let definition = Step::new("POST", DEFINITIONS).body(JSON, definition(&name).to_string());
        let mut all = vec![Step { settles: Some(name.clone()), ..definition }];
        while all.len() < steps {
            all.push(Step::new("POST", collection()).body(JSON, OBJECT));
            all.push(Step::new("POST", "/api/v1/namespaces/<<ns0>>/configmaps").body(JSON, CONFIG));
            all.extend((0..8).map(|_| self.hostile_step()));
            all.push(Step::get(object()));
            if self.one_in(3) {
                all.push(Step::new("DELETE", object()));
            }
        }
        Script { steps: all, definitions: vec![name], ..Script::default() }
    }

    fn hostile_step(&mut self) -> Step {
        match self.rng.usize(..16) {
            0..5 => Step::new("PATCH", object()).body(JSON_PATCH, self.hostile_operations().to_string()),
            5..8 => self.with_part(MERGE),
            8..10 => self.with_part(APPLY),
            10..13 => self.with_text(),
            13 => self.strategic(),
            14 => self.large(),
            _ => self.with_part(JSON),
        }
    }

    fn hostile_operations(&mut self) -> Value {
        let operations = (0..=self.rng.usize(..2)).map(|_| {
            let mut pointer = || POINTERS[self.rng.usize(..POINTERS.len())];
            let (path, from) = (pointer(), pointer());
            let op = OPERATIONS[self.rng.usize(..OPERATIONS.len())];
            let mut operation = json!({"op": op, "path": path});
            if matches!(op, "move" | "copy") != (self.rng.usize(..10) == 0) {
                operation["from"] = from.into();
            }
            if matches!(op, "add" | "replace" | "test") != (self.rng.usize(..10) == 0) {
                operation["value"] = mutate::any(&mut self.rng);
            }
            match self.rng.usize(..30) {
                0 => operation["path"] = mutate::any(&mut self.rng),
                1 => operation["op"] = mutate::any(&mut self.rng),
                2 => operation["from"] = mutate::any(&mut self.rng),
                3 => return mutate::any(&mut self.rng),
                _ => {}
            }
            operation
        });
        Value::Array(operations.collect())
    }

    /// Returns a request with an object with a replaced part.
    fn with_part(&mut self, type_: &str) -> Step {
        let part: Value = serde_json::from_str(PARTS[self.rng.usize(..PARTS.len())]).unwrap_or_default();
        let mut body: Value = serde_json::from_str(OBJECT).unwrap_or_default();
        match (&mut body, &part) {
            (Value::Object(fields), Value::Object(changes)) if type_ != MERGE || self.rng.bool() => {
                fields.extend(changes.clone());
            }
            _ => body = part,
        }
        match type_ {
            JSON if self.rng.bool() => Step::new("PUT", object()).body(JSON, body.to_string()),
            JSON => Step::new("POST", collection()).body(JSON, body.to_string()),
            APPLY => Step::new("PATCH", object()).body(APPLY, body.to_string()).query("fieldManager", "one"),
            _ => Step::new("PATCH", object()).body(type_, body.to_string()),
        }
    }

    /// Returns a request with a text with a possibly invalid value.
    fn with_text(&mut self) -> Step {
        let text = VALUES[self.rng.usize(..VALUES.len())];
        let body = match self.rng.usize(..6) {
            0 => text.to_owned(),
            1 => format!("{OBJECT}{text}"),
            2 => format!(r#"{{"spec":{{"any":{text}}}}}"#),
            3 => format!(r#"[{{"op":"add","path":"/spec/any","value":{text}}}]"#),
            _ => format!(
                r#"{{"apiVersion":"{GROUP}/v1","kind":"Thing","metadata":{{"name":"a"}},"spec":{{"any":{text}}}}}"#
            ),
        };
        let step = match self.rng.usize(..5) {
            0 => Step::new("PATCH", object()).body(MERGE, body),
            1 => Step::new("PATCH", object()).body(JSON_PATCH, body),
            2 => Step::new("PATCH", object()).body(APPLY, body).query("fieldManager", "one"),
            3 => Step::new("PUT", object()).body(JSON, body),
            _ => Step::new("POST", collection()).body(JSON, body),
        };
        let step = if self.one_in(3) { step.query("fieldValidation", "Strict") } else { step };
        Step { is_bytes: true, ..step }
    }

    fn strategic(&mut self) -> Step {
        const PATCHES: [&str; 12] = [
            r#"{"data":{"$patch":"replace","b":"2"}}"#,
            r#"{"data":{"$patch":"delete"}}"#,
            r#"{"data":{"$patch":"spam"}}"#,
            r#"{"data":{"$patch":1}}"#,
            r#"{"data":{"$retainKeys":["b"],"b":"2"}}"#,
            r#"{"data":{"$retainKeys":"b"}}"#,
            r#"{"data":null}"#,
            r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.com/x"]}}"#,
            r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":"x"}}"#,
            r#"{"metadata":{"$setElementOrder/finalizers":["a/b","c/d"],"finalizers":["c/d"]}}"#,
            r#"{"$patch":"delete"}"#,
            r#"{"$patch":"replace","metadata":{"name":"a"}}"#,
        ];
        let patch = PATCHES[self.rng.usize(..PATCHES.len())];
        Step::new("PATCH", "/api/v1/namespaces/<<ns0>>/configmaps/a").body(STRATEGIC, patch)
    }

    /// Returns a request near a size limit.
    fn large(&mut self) -> Step {
        let size = *self.rng.choice(&[1_048_570, 1_048_577, 1_570_000, 1_575_000, 3_145_728, 3_145_729]).unwrap_or(&0);
        let text = format!("<<times:{size}:x>>");
        let thing = |any: &str| OBJECT.replace(r#""count":1"#, &format!(r#""count":1,"text":"{any}""#));
        match self.rng.usize(..5) {
            0 => Step::new("POST", "/api/v1/namespaces/<<ns0>>/configmaps")
                .body(JSON, format!(r#"{{"metadata":{{"name":"b"}},"data":{{"a":"{text}"}}}}"#))
                .query("dryRun", "All"),
            1 => Step::new("PUT", object()).body(JSON, thing(&text)).query("dryRun", "All"),
            2 => Step::new("PATCH", object()).body(MERGE, format!(r#"{{"spec":{{"any":"{text}"}}}}"#)),
            3 => {
                let many = *self.rng.choice(&[9_999, 10_000, 10_001]).unwrap_or(&0);
                let one = r#"{"op":"add","path":"/spec/count","value":1}"#;
                Step::new("PATCH", object()).body(JSON_PATCH, format!("[<<times:{}:{one},>>{one}]", many - 1))
            }
            _ => {
                let annotations = format!(r#"{{"metadata":{{"annotations":{{"a":"<<times:{}:x>>"}}}}}}"#, size / 4);
                Step::new("PATCH", object()).body(MERGE, annotations)
            }
        }
    }
}

const CONFIG: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"}}"#;

fn collection() -> String {
    format!("/apis/{GROUP}/v1/namespaces/<<ns0>>/things")
}

fn object() -> String {
    format!("{}/a", collection())
}

/// Returns a definition with fields of several types, one of which is arbitrary.
fn definition(name: &str) -> Value {
    let item =
        json!({"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}});
    let list =
        json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": item});
    let spec = json!({"type": "object", "properties": {
        "count": {"type": "integer", "default": 1}, "list": list, "any": {"x-kubernetes-preserve-unknown-fields": true},
        "text": {"type": "string"},
    }});
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    })
}
