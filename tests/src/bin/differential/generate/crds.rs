//! Scripts about definitions themselves: made and changed by each verb, rightly and wrongly, two of them with names in
//! conflict, and objects of what they define.

use serde_json::{Value, json};

use super::definitions::GROUP;
use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, STRATEGIC};
use crate::script::{Script, Step};
use crate::side::DEFINITIONS;

/// How many requests there are between two changes of a definition.
const BETWEEN: usize = 4;

/// How many changes of a definition a script has at most: each takes a real server a while.
const CHANGES: usize = 8;

impl Generator<'_> {
    pub(super) fn crds(&mut self, steps: usize) -> Script {
        let plurals = ["widgets", "gadgets"];
        let mut all = Vec::new();
        let mut known: [Option<Value>; 2] = [None, None];
        let mut changes = 0;
        while all.len() < steps {
            let which = usize::from(self.one_in(4));
            let (plural, name) = (plurals[which], format!("{}.{GROUP}", plurals[which]));
            if changes < CHANGES {
                changes += 1;
                let before = known[which].clone();
                let mut definition = before.clone().unwrap_or_else(|| self.made(plural));
                // What is refused is refused in many ways; what is served is mostly right.
                for _ in 0..[0, 1, 1, 1, 2][self.rng.usize(..5)] {
                    self.fault(&mut definition);
                }
                all.push(self.written(&name, &definition, before.is_some()));
                if before.is_none() || self.one_in(3) {
                    known[which] = Some(definition);
                }
            }
            all.push(self.read(&name));
            let (dry, refused) = (self.refused(plural), self.refused(plural));
            all.extend([dry, refused]);
            if let Some(definition) = &known[which].clone() {
                all.extend(self.about(definition, BETWEEN));
            }
        }
        let definitions = plurals.map(|plural| format!("{plural}.{GROUP}")).to_vec();
        Script { steps: all, definitions, ..Script::default() }
    }

    /// A definition that is made, or changed by one of the verbs.
    fn written(&mut self, name: &str, definition: &Value, exists: bool) -> Step {
        let path = format!("{DEFINITIONS}/{name}");
        let step = match self.rng.usize(..10) {
            0..5 if !exists => Step::new("POST", DEFINITIONS).body(JSON, definition.to_string()),
            5 | 6 if !exists => {
                Step::new("PATCH", path).body(APPLY, definition.to_string()).query("fieldManager", "one")
            }
            0 | 1 => {
                let mut definition = definition.clone();
                let key = crate::side::key(DEFINITIONS, name);
                definition["metadata"]["resourceVersion"] = format!("<<version:{key}>>").into();
                Step::new("PUT", path).body(JSON, definition.to_string())
            }
            2 => Step::new("PATCH", path).body(STRATEGIC, json!({"spec": definition["spec"]}).to_string()),
            3 => {
                let operations = json!([{"op": "replace", "path": "/spec", "value": definition["spec"]}]);
                Step::new("PATCH", path).body(JSON_PATCH, operations.to_string())
            }
            4 => {
                let step = Step::new("PATCH", path).body(APPLY, definition.to_string());
                step.query("fieldManager", "one").query("force", "true")
            }
            5 => {
                let stored = *self.rng.choice(&["[]", r#"["v1"]"#, r#"["v1beta1"]"#, r#"["v9"]"#]).unwrap_or(&"[]");
                let status = format!(r#"{{"status":{{"storedVersions":{stored}}}}}"#);
                Step::new("PATCH", format!("{path}/status")).body(MERGE, status)
            }
            6 => Step::new("DELETE", path),
            _ => Step::new("PATCH", path).body(MERGE, json!({"spec": definition["spec"]}).to_string()),
        };
        Step { settles: Some(name.to_owned()), ..step }
    }

    fn read(&mut self, name: &str) -> Step {
        let path = format!("{DEFINITIONS}/{name}");
        let accept = match self.rng.usize(..6) {
            0 => Some("application/json;as=Table;v=v1;g=meta.k8s.io"),
            1 => Some("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
            _ => None,
        };
        let step = match self.rng.usize(..4) {
            0 => Step::get(DEFINITIONS).query("fieldSelector", format!("metadata.name={name}")),
            1 => Step::get(format!("{path}/status")),
            _ => Step::get(path),
        };
        Step { accept: accept.map(str::to_owned), ..step }
    }

    /// A definition with something wrong, which is not stored whatever the servers say of it.
    fn refused(&mut self, plural: &str) -> Step {
        let mut definition = self.made(plural);
        for _ in 0..=self.rng.usize(..2) {
            self.fault(&mut definition);
        }
        let path = if self.one_in(2) { DEFINITIONS.to_owned() } else { format!("{DEFINITIONS}/{plural}.{GROUP}") };
        let method = if path == DEFINITIONS { "POST" } else { "PUT" };
        let step = Step::new(method, path).body(JSON, definition.to_string()).query("dryRun", "All");
        if self.one_in(4) { step.query("fieldValidation", "Strict") } else { step }
    }
}
