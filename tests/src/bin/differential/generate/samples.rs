//! Objects of Kubernetes' own kinds with changed fields.

use std::sync::LazyLock;

use kube_structural_schema::yaml;
use serde_json::{Map, Value, json};

use super::{APPLY, Generator, JSON, MERGE, STRATEGIC};
use crate::endpoint::key;
use crate::mutate;
use crate::script::{Script, Step};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// A valid object.
struct Sample {
    collection: String,
    name: String,
    object: Value,
}

impl Sample {
    fn path(&self) -> String {
        format!("{}/{}", self.collection, self.name)
    }
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let documents = yaml::parse(include_bytes!("samples.yaml")).unwrap_or_default();
    let samples = documents.first().map(yaml::Node::to_json).unwrap_or_default();
    let sample = |sample: &Value| {
        let collection = sample["path"].as_str()?.to_owned();
        // Names of cluster-scoped objects must not collide with other scripts.
        let default = if collection.contains("/namespaces/") { "a" } else { "<<a>>" };
        let name = sample["name"].as_str().unwrap_or(default).to_owned();
        let mut object = sample["object"].clone();
        object["metadata"]["name"] = name.clone().into();
        Some(Sample { collection, name, object })
    };
    samples.as_array().into_iter().flatten().filter_map(sample).collect()
});

impl Generator<'_> {
    /// Requests for one object of a kind of Kubernetes.
    pub(super) fn samples(&mut self, steps: usize) -> Script {
        let sample = &SAMPLES[self.rng.usize(..SAMPLES.len())];
        let create = Step::new("POST", &sample.collection).body(JSON, sample.object.to_string());
        let mut all = vec![create, Step::get(sample.path())];
        all.extend((2..steps).map(|_| self.sample_step(sample)));
        Script { steps: all, ..Script::default() }
    }

    fn sample_step(&mut self, sample: &Sample) -> Step {
        let changed = self.changed(sample);
        match self.rng.usize(..100) {
            0..35 => {
                let step = Step::new("POST", &sample.collection).query("dryRun", "All");
                self.validation(step.body(JSON, with_name(&changed, &format!("{}b", sample.name)).to_string()))
            }
            35..65 => {
                let step = Step::new("PUT", sample.path()).body(JSON, versioned(sample, changed).to_string());
                self.validation(step)
            }
            65..75 if sample.object.get("status").is_some() => {
                let step = Step::new("PUT", format!("{}/status", sample.path()));
                step.body(JSON, versioned(sample, changed).to_string())
            }
            65..83 => {
                let kind = if self.one_in(3) { MERGE } else { STRATEGIC };
                let patch = self.part(&changed);
                self.validation(Step::new("PATCH", sample.path()).body(kind, patch.to_string()))
            }
            83..93 => {
                let mut patch = self.part(&changed);
                patch["metadata"] = json!({"name": sample.name});
                for field in ["apiVersion", "kind"] {
                    patch[field] = sample.object[field].clone();
                }
                let step = Step::new("PATCH", sample.path()).query("fieldManager", "applier").query("force", "true");
                step.body(APPLY, patch.to_string())
            }
            93..96 => Step { accept: Some(TABLE.to_owned()), ..Step::get(sample.path()) },
            96..98 => Step::get(sample.path()),
            _ => Step::new("DELETE", sample.path()).query("dryRun", "All"),
        }
    }

    fn validation(&mut self, step: Step) -> Step {
        match self.rng.usize(..8) {
            0 => step.query("fieldValidation", "Strict"),
            1 => step.query("fieldValidation", "Warn"),
            _ => step,
        }
    }

    /// Returns the object with one or two changed fields.
    fn changed(&mut self, sample: &Sample) -> Value {
        let mut object = sample.object.clone();
        for _ in 0..=self.rng.usize(..2) {
            let fields: Vec<String> = object.as_object().into_iter().flat_map(Map::keys).cloned().collect();
            let is_content = |field: &&String| !matches!(field.as_str(), "apiVersion" | "kind" | "metadata");
            let fields: Vec<&String> = fields.iter().filter(is_content).collect();
            let Some(field) = self.rng.choice(&fields).map(|field| (*field).clone()) else { break };
            if self.one_in(6) {
                mutate::value(&mut self.rng, &mut object[&field]);
            } else {
                mutate::plausible(&mut self.rng, &mut object[&field]);
            }
        }
        object
    }

    /// Returns one content field of an object.
    fn part(&mut self, object: &Value) -> Value {
        let content = object.as_object().into_iter().flatten();
        let content: Vec<_> =
            content.filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata")).collect();
        self.rng.choice(&content).map_or_else(|| json!({}), |(name, value)| json!({*name: value}))
    }
}

fn with_name(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object["metadata"]["name"] = name.into();
    object
}

fn versioned(sample: &Sample, mut object: Value) -> Value {
    object["metadata"]["resourceVersion"] = format!("<<version:{}>>", key(&sample.collection, &sample.name)).into();
    object
}
