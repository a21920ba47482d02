//! Random scripts of requests.

mod builtin;
mod crds;
mod definitions;
mod discovery;
mod faults;
mod hostile;
mod kinds;
mod namespaces;
mod parameters;
mod requests;
mod rules;
mod samples;

use fastrand::Rng;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use testkit::media_types::{
    APPLY_PATCH as APPLY, JSON, JSON_PATCH, MERGE_PATCH as MERGE, STRATEGIC_MERGE_PATCH as STRATEGIC,
};

use crate::endpoint::key;
use crate::mutate;
use crate::script::{Script, Step};

pub(crate) use builtin::kinds as builtin_kinds;
pub(crate) use kinds::Kind;
use kinds::KindVersion;

const NAMES: [&str; 3] = ["a", "b", "c"];
const INVALID_NAMES: [&str; 5] = ["", "Upper", "a..b", "ä", "has space"];

/// Topic of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Topic {
    /// Objects of one or two kinds
    Objects,
    /// A definition that is created, changed and deleted, and objects of its kind
    Definition,
    /// Valid and invalid definitions by each verb, with name conflicts
    Crds,
    /// Definitions with random rules
    Rules,
    /// Namespaces, their phases and finalizers
    Namespaces,
    /// Builtin kinds
    Builtin,
    /// Objects of Kubernetes' own kinds with changed fields
    Samples,
    /// Discovery in each representation
    Discovery,
    /// Parameters with invalid values
    Parameters,
    /// Patches and bodies that no client should send
    Hostile,
}

/// Generates scripts from a seed.
pub(crate) struct Generator<'k> {
    kinds: &'k [Kind],
    topics: Vec<Topic>,
    rng: Rng,
    runner: TestRunner,
    /// Objects that were sent, newest last.
    last: Vec<(String, Value)>,
}

/// The object of a step.
struct Target<'k> {
    kind: &'k Kind,
    version: &'k KindVersion,
    namespace: &'static str,
    name: String,
}

impl Target<'_> {
    fn collection(&self) -> String {
        self.kind.collection(self.version, self.namespace)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.name.replace(' ', "%20").replace('ä', "%C3%A4"))
    }

    fn key(&self) -> String {
        key(&self.collection(), &self.name)
    }
}

impl<'k> Generator<'k> {
    pub(crate) fn new(kinds: &'k [Kind], topics: &[Topic], seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let runner = TestRunner::new_with_rng(Config::default(), random);
        Generator { kinds, topics: topics.to_vec(), rng: Rng::with_seed(seed), runner, last: Vec::new() }
    }

    /// Generates a script of about `steps` steps.
    pub(crate) fn script(&mut self, steps: usize) -> Script {
        self.last.clear();
        let all: Vec<&'k Kind> = self.kinds.iter().collect();
        match self.topic() {
            Topic::Objects => self.objects(&all, steps),
            Topic::Builtin => self.objects(&all.into_iter().filter(|kind| kind.is_builtin).collect::<Vec<_>>(), steps),
            Topic::Samples => self.samples(steps),
            Topic::Definition => self.definition(steps),
            Topic::Crds => self.crds(steps),
            Topic::Rules => self.rules(steps),
            Topic::Namespaces => self.namespaces(steps),
            Topic::Discovery => self.discovery(steps),
            Topic::Parameters => self.parameters(steps),
            Topic::Hostile => self.hostile(steps),
        }
    }

    /// Returns a random topic; half of all scripts use objects.
    fn topic(&mut self) -> Topic {
        if self.topics.contains(&Topic::Objects) && self.rng.bool() {
            return Topic::Objects;
        }
        self.rng.choice(&self.topics).copied().unwrap_or(Topic::Objects)
    }

    /// Requests for one or two kinds.
    fn objects(&mut self, all: &[&'k Kind], steps: usize) -> Script {
        let kinds: Vec<&'k Kind> = (0..=self.rng.usize(..2)).map(|_| all[self.rng.usize(..all.len())]).collect();
        let mut watched: Vec<Step> =
            kinds.iter().filter(|kind| kind.namespaced).map(|kind| self.watched(kind)).collect();
        watched.dedup();
        let steps = (0..steps).map(|_| self.step(&kinds)).collect();
        Script { watched, steps, ..Script::default() }
    }

    /// Returns a watch of all or selected objects.
    fn watched(&mut self, kind: &Kind) -> Step {
        let version = &kind.versions[self.rng.usize(..kind.versions.len())];
        let step = Step::get(kind.collection(version, "<<ns0>>"));
        match self.rng.usize(..4) {
            0 => step.query("labelSelector", mutate::valid_selector(&mut self.rng)),
            1 => step.query("fieldSelector", "metadata.name!=a"),
            _ => step,
        }
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.rng.usize(..count) == 0
    }

    fn target<'p>(&mut self, kinds: &[&'p Kind]) -> Target<'p> {
        let kind = kinds[self.rng.usize(..kinds.len())];
        let version = &kind.versions[self.rng.usize(..kind.versions.len())];
        let namespace = if self.one_in(30) {
            "<<none>>"
        } else {
            *self.rng.choice(&["<<ns0>>", "<<ns0>>", "<<ns1>>"]).unwrap_or(&"")
        };
        let name = if self.one_in(60) { self.rng.choice(INVALID_NAMES) } else { self.rng.choice(NAMES) };
        let name = name.unwrap_or("a");
        // Unique names separate cluster-scoped objects of concurrent scripts.
        let name = if kind.namespaced { name.to_owned() } else { format!("<<{name}>>") };
        Target { kind, version, namespace, name }
    }

    fn step(&mut self, kinds: &[&Kind]) -> Step {
        let target = self.target(kinds);
        match self.rng.usize(..100) {
            0..20 => self.create(&target),
            20..26 => self.get(&target),
            26..34 => self.list(&target),
            34..47 => self.update(&target),
            47..58 => self.merge_patch(&target),
            58..64 => self.json_patch(&target),
            64..80 => self.apply(&target),
            80..87 => self.delete(&target),
            87..89 => self.delete_collection(&target),
            89..95 => self.status(&target),
            95 => self.scale(&target),
            96 => self.watch(&target),
            _ => self.invalid_request(&target),
        }
    }

    fn instance(&mut self, target: &Target<'_>) -> Value {
        let tree = target.version.objects.new_tree(&mut self.runner);
        let mut object = tree.map_or_else(|_| json!({}), |tree| tree.current());
        if let Some(fields) = object.as_object_mut() {
            fields.insert("apiVersion".to_owned(), target.kind.api_version(target.version).into());
            fields.insert("kind".to_owned(), target.kind.kind.clone().into());
            fields.insert("metadata".to_owned(), self.metadata(target));
        }
        if self.one_in(3) && !target.kind.is_builtin {
            mutate::value(&mut self.rng, &mut object);
        }
        object
    }

    fn metadata(&mut self, target: &Target<'_>) -> Value {
        let mut metadata = json!({"name": target.name});
        if self.one_in(2) && target.kind.namespaced {
            metadata["namespace"] = target.namespace.into();
        }
        if self.one_in(3) {
            metadata["labels"] = mutate::labels(&mut self.rng);
        }
        if self.one_in(5) {
            metadata["annotations"] = mutate::labels(&mut self.rng);
        }
        if self.one_in(12) {
            metadata["finalizers"] = json!(["example.com/one"]);
        }
        if self.one_in(20) {
            let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1-2-3", "controller": self.rng.bool()});
            metadata["ownerReferences"] = if self.one_in(3) { json!([owner, owner]) } else { json!([owner]) };
        }
        metadata
    }

    /// Returns the last object that was sent, mutated, or a new one.
    fn next(&mut self, target: &Target<'_>) -> Value {
        let key = target.key();
        let before = self.last.iter().rev().find(|(known, _)| *known == key).map(|(_, object)| object.clone());
        let mut object = match before {
            Some(before) if self.rng.bool() => before,
            _ => self.instance(target),
        };
        if !object.get("metadata").is_some_and(Value::is_object) {
            object = json!({"kind": target.kind.kind, "metadata": self.metadata(target)});
        }
        object["apiVersion"] = target.kind.api_version(target.version).into();
        match self.rng.usize(..4) {
            0 => {}
            1 => object["metadata"] = self.metadata(target),
            _ if target.kind.is_builtin => object = self.instance(target),
            _ => mutate::value(&mut self.rng, &mut object),
        }
        if !object.get("metadata").is_some_and(Value::is_object) {
            object["metadata"] = json!({});
        }
        object
    }

    fn remember(&mut self, target: &Target<'_>, object: &Value) {
        self.last.push((target.key(), object.clone()));
    }

    /// Returns the object as text, sometimes with duplicate keys or invalid JSON.
    fn text(&mut self, object: &Value) -> String {
        let text = object.to_string();
        if self.one_in(40) { mutate::text(&mut self.rng, &text) } else { text }
    }
}
