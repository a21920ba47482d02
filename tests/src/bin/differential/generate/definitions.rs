//! Scripts of a definition that is created, changed and deleted.

use kube_structural_schema::{Source, read};
use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::{Generator, JSON, MERGE};
use crate::endpoint::DEFINITIONS;
use crate::script::{Script, Step};

pub(super) const GROUP: &str = "<<g>>.example.com";
const PLURALS: [&str; 2] = ["widgets", "gadgets"];
const READABLE: &str = "group.example.com";

/// Fields of a spec with two alternative schemas each.
const FIELDS: [(&str, &str, &str); 12] = [
    ("count", r#"{"type":"integer","minimum":0,"default":1}"#, r#"{"type":"integer","format":"int32","maximum":5}"#),
    ("name", r#"{"type":"string","pattern":"^[a-z]*$"}"#, r#"{"type":"string","maxLength":5,"default":"x"}"#),
    (
        "set",
        r#"{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}}"#,
        r#"{"type":"array","items":{"type":"string"}}"#,
    ),
    (
        "map",
        r#"{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","required":["k"],"properties":{"k":{"type":"string","enum":["a","b"]},"v":{"type":"integer"}}}}"#,
        r#"{"type":"array","x-kubernetes-list-type":"atomic","items":{"type":"object","properties":{"k":{"type":"string"},"v":{"type":"integer","default":2}}}}"#,
    ),
    (
        "labels",
        r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        r#"{"type":"object","x-kubernetes-map-type":"atomic","additionalProperties":{"type":"string"}}"#,
    ),
    (
        "any",
        r#"{"x-kubernetes-preserve-unknown-fields":true}"#,
        r#"{"type":"object","x-kubernetes-preserve-unknown-fields":true}"#,
    ),
    ("port", r#"{"x-kubernetes-int-or-string":true}"#, r#"{"x-kubernetes-int-or-string":true,"default":"http"}"#),
    ("mode", r#"{"type":"string","enum":["a","b"]}"#, r#"{"type":"string","enum":["a","b","c"],"nullable":true}"#),
    (
        "inner",
        r#"{"type":"object","default":{},"properties":{"x":{"type":"boolean","default":true}}}"#,
        r#"{"type":"object","nullable":true,"properties":{"x":{"type":"boolean"},"y":{"type":"number"}}}"#,
    ),
    ("when", r#"{"type":"string","format":"date-time"}"#, r#"{"type":"string","format":"duration"}"#),
    (
        "ruled",
        r#"{"type":"integer","x-kubernetes-validations":[{"rule":"self >= oldSelf","message":"may not shrink"}]}"#,
        r#"{"type":"integer","x-kubernetes-validations":[{"rule":"self < 100","messageExpression":"'too ' + 'much'","reason":"FieldValueForbidden"}]}"#,
    ),
    (
        "embedded",
        r#"{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}"#,
        r#"{"type":"object","x-kubernetes-preserve-unknown-fields":true,"maxProperties":3}"#,
    ),
];

const COLUMNS: [&str; 5] = [
    r#"{"name":"Count","type":"integer","jsonPath":".spec.count"}"#,
    r#"{"name":"Set","type":"string","jsonPath":".spec.set"}"#,
    r#"{"name":"When","type":"date","jsonPath":".spec.when","priority":1}"#,
    r#"{"name":"Inner","type":"boolean","jsonPath":".spec.inner.x"}"#,
    r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
];

/// Parses JSON.
fn parse_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

impl Generator<'_> {
    /// Generates a script that creates, changes and deletes a definition, with requests for its kind in between.
    pub(super) fn definition(&mut self, steps: usize) -> Script {
        let plural = PLURALS[self.rng.usize(..PLURALS.len())];
        let name = format!("{plural}.{GROUP}");
        let mut definition = self.new_definition(plural);
        let first = self.with_fault(&definition);
        let mut all = vec![settling("POST", DEFINITIONS, &name, JSON, &first)];
        all.extend(self.requests_for(&definition, steps / 4));
        for _ in 0..=self.rng.usize(..2) {
            let next = self.new_definition(plural);
            definition["spec"]["versions"] = next["spec"]["versions"].clone();
            if self.one_in(8) {
                definition["spec"]["scope"] = next["spec"]["scope"].clone();
            }
            let patch = json!({"spec": definition["spec"]});
            let patch = self.with_fault(&patch);
            all.push(settling("PATCH", &format!("{DEFINITIONS}/{name}"), &name, MERGE, &patch));
            all.push(Step::get(format!("{DEFINITIONS}/{name}")));
            all.extend(self.requests_for(&definition, steps / 4));
        }
        // The time until a real server stops serving the kind is undefined; the e2e suite checks that it does.
        all.push(Step { settles: Some(name.clone()), ..Step::new("DELETE", format!("{DEFINITIONS}/{name}")) });
        Script { steps: all, definitions: vec![name], ..Script::default() }
    }

    /// Returns requests for the kind of a definition and for its discovery.
    pub(super) fn requests_for(&mut self, definition: &Value, steps: usize) -> Vec<Step> {
        let text = definition.to_string().replace(GROUP, READABLE);
        let Ok(found) = read(&[Source::new("generated", text)]) else { return Vec::new() };
        let kinds = found.crds.iter().map(|crd| Kind { group: GROUP.to_owned(), ..Kind::of(crd) });
        let kinds: Vec<Kind> = kinds.filter(|kind| !kind.versions.is_empty()).collect();
        if kinds.is_empty() {
            return Vec::new();
        }
        let kinds: Vec<&Kind> = kinds.iter().collect();
        let mut all: Vec<Step> = (0..steps).map(|_| self.step(&kinds)).collect();
        all.push(Step::get(format!("/apis/{GROUP}")));
        all.push(Step::get(format!("/apis/{GROUP}/v1")));
        all
    }

    /// Returns the definition, sometimes with a field removed.
    fn with_fault(&mut self, definition: &Value) -> Value {
        let mut definition = definition.clone();
        if self.one_in(8)
            && let Some(spec) = definition.get_mut("spec").and_then(Value::as_object_mut)
        {
            let name = *self.rng.choice(&["group", "names", "scope", "versions"]).unwrap_or(&"");
            spec.remove(name);
        }
        definition
    }

    pub(super) fn new_definition(&mut self, plural: &str) -> Value {
        let kind = if plural == "widgets" { "Widget" } else { "Gadget" };
        let mut versions = vec![self.version("v1", true)];
        if self.one_in(3) {
            versions.push(self.version("v1beta1", false));
        }
        let scope = if self.one_in(4) { "Cluster" } else { "Namespaced" };
        let mut names = json!({"plural": plural, "kind": kind});
        if self.one_in(3) {
            names["shortNames"] = json!([format!("{}s", &plural[..1])]);
            names["categories"] = json!(["all"]);
        }
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{GROUP}")},
            "spec": {"group": GROUP, "names": names, "scope": scope, "versions": versions},
        })
    }

    fn version(&mut self, name: &str, storage: bool) -> Value {
        let mut spec = self.object();
        if self.one_in(4) {
            spec["x-kubernetes-validations"] =
                json!([{"rule": "!has(self.count) || self.count != 3", "message": "not three"}]);
        }
        if self.one_in(5) {
            spec["required"] = json!(["count"]);
        }
        spec["properties"]["count"] = parse_json(FIELDS[0].1);
        let status = self.object();
        let mut version = json!({
            "name": name,
            "served": storage || !self.one_in(5),
            "storage": storage,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        });
        if self.one_in(2) {
            version["subresources"] = json!({"status": {}});
            if self.one_in(2) {
                version["subresources"]["scale"] =
                    json!({"specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"});
            }
        }
        if self.one_in(2) {
            let columns: Vec<Value> =
                COLUMNS.iter().filter(|_| self.rng.bool()).map(|column| parse_json(column)).collect();
            if !columns.is_empty() {
                version["additionalPrinterColumns"] = columns.into();
            }
        }
        if self.one_in(4) {
            version["selectableFields"] = json!([{"jsonPath": ".spec.count"}]);
        }
        if !storage && self.one_in(2) {
            version["deprecated"] = true.into();
        }
        version
    }

    fn object(&mut self) -> Value {
        let mut properties = Map::new();
        for (name, one, other) in FIELDS {
            match self.rng.usize(..5) {
                0 => drop(properties.insert(name.to_owned(), parse_json(one))),
                1 => drop(properties.insert(name.to_owned(), parse_json(other))),
                _ => {}
            }
        }
        json!({"type": "object", "properties": properties})
    }
}

fn settling(method: &str, path: &str, name: &str, content_type: &str, body: &Value) -> Step {
    let step = Step::new(method, path).body(content_type, body.to_string());
    Step { settles: Some(name.to_owned()), by_code: true, ..step }
}
