//! Scripts of definitions: valid and invalid writes by each verb, name conflicts, and objects of the defined kinds.

use serde_json::{Value, json};

use super::definitions::GROUP;
use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, STRATEGIC};
use crate::endpoint::DEFINITIONS;
use crate::script::{Script, Step};

/// Number of requests between two changes of a definition.
const BETWEEN: usize = 4;

/// Maximum number of changes of definitions per script, which are slow on a real server.
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
                let mut definition = before.clone().unwrap_or_else(|| self.new_definition(plural));
                // Most definitions have few faults, so that they are served.
                for _ in 0..[0, 1, 1, 1, 2][self.rng.usize(..5)] {
                    self.fault(&mut definition);
                }
                all.push(self.write_definition(&name, &definition, before.is_some()));
                if before.is_none() || self.one_in(3) {
                    known[which] = Some(definition);
                }
            }
            all.push(self.read_definition(&name));
            let dry_runs = [self.dry_run_of_invalid(plural), self.dry_run_of_invalid(plural)];
            all.extend(dry_runs);
            if let Some(definition) = &known[which].clone() {
                all.extend(self.requests_for(definition, BETWEEN));
            }
        }
        let definitions = plurals.map(|plural| format!("{plural}.{GROUP}")).to_vec();
        Script { steps: all, definitions, ..Script::default() }
    }

    /// Returns a step that creates or changes a definition.
    fn write_definition(&mut self, name: &str, definition: &Value, exists: bool) -> Step {
        let path = format!("{DEFINITIONS}/{name}");
        let step = match self.rng.usize(..10) {
            0..5 if !exists => Step::new("POST", DEFINITIONS).body(JSON, definition.to_string()),
            5 | 6 if !exists => {
                Step::new("PATCH", path).body(APPLY, definition.to_string()).query("fieldManager", "one")
            }
            0 | 1 => {
                let mut definition = definition.clone();
                let key = crate::endpoint::key(DEFINITIONS, name);
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

    fn read_definition(&mut self, name: &str) -> Step {
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

    /// Returns a dry run with an invalid definition.
    fn dry_run_of_invalid(&mut self, plural: &str) -> Step {
        let mut definition = self.new_definition(plural);
        for _ in 0..=self.rng.usize(..2) {
            self.fault(&mut definition);
        }
        let path = if self.one_in(2) { DEFINITIONS.to_owned() } else { format!("{DEFINITIONS}/{plural}.{GROUP}") };
        let method = if path == DEFINITIONS { "POST" } else { "PUT" };
        let step = Step::new(method, path).body(JSON, definition.to_string()).query("dryRun", "All");
        if self.one_in(4) { step.query("fieldValidation", "Strict") } else { step }
    }
}
