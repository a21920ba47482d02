//! Random scripts.

mod crds;
mod definitions;
mod discovery;
mod faults;
mod hostile;
mod kinds;
mod namespaces;
mod own;
mod parameters;
mod requests;

use fastrand::Rng;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::mutate;
use crate::script::{Script, Step};
use crate::side::key;

pub(crate) use kinds::Kind;
use kinds::Versioned;
pub(crate) use own::kinds as own_kinds;

const NAMES: [&str; 3] = ["a", "b", "c"];
const ODD_NAMES: [&str; 5] = ["", "Upper", "a..b", "ä", "has space"];
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// What a script is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Topic {
    /// Objects of one or two kinds
    Objects,
    /// A definition that is created, changed and deleted, and objects of its kind
    Definition,
    /// Definitions that are right and wrong, by each verb, with names in conflict
    Crds,
    /// Namespaces, their phases and finalizers
    Namespaces,
    /// Kubernetes' own kinds
    Builtin,
    /// Discovery in each representation
    Discovery,
    /// Parameters with wrong values
    Parameters,
    /// Patches and bodies that no client should send
    Hostile,
}

/// Makes scripts from a seed.
pub(crate) struct Generator<'k> {
    kinds: &'k [Kind],
    topics: Vec<Topic>,
    rng: Rng,
    runner: TestRunner,
    /// What was sent last of each object.
    last: Vec<(String, Value)>,
}

/// An object that a step is about.
struct Place<'k> {
    kind: &'k Kind,
    version: &'k Versioned,
    namespace: &'static str,
    name: String,
}

impl Place<'_> {
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

    /// A script of about so many steps.
    pub(crate) fn script(&mut self, steps: usize) -> Script {
        self.last.clear();
        let all: Vec<&'k Kind> = self.kinds.iter().collect();
        match self.topic() {
            Topic::Objects => self.objects(&all, steps),
            Topic::Builtin => self.objects(&all.into_iter().filter(|kind| kind.is_own).collect::<Vec<_>>(), steps),
            Topic::Definition => self.definition(steps),
            Topic::Crds => self.crds(steps),
            Topic::Namespaces => self.namespaces(steps),
            Topic::Discovery => self.discovery(steps),
            Topic::Parameters => self.parameters(steps),
            Topic::Hostile => self.hostile(steps),
        }
    }

    /// Scripts about objects are the most of all.
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

    /// A watch of what a script does, of all or of what is selected.
    fn watched(&mut self, kind: &Kind) -> Step {
        let version = &kind.versions[self.rng.usize(..kind.versions.len())];
        let step = Step::get(kind.collection(version, "<<ns0>>"));
        match self.rng.usize(..4) {
            0 => step.query("labelSelector", mutate::working_selector(&mut self.rng)),
            1 => step.query("fieldSelector", "metadata.name!=a"),
            _ => step,
        }
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.rng.usize(..many) == 0
    }

    fn place<'p>(&mut self, kinds: &[&'p Kind]) -> Place<'p> {
        let kind = kinds[self.rng.usize(..kinds.len())];
        let version = &kind.versions[self.rng.usize(..kind.versions.len())];
        let namespace = if self.one_in(30) {
            "<<none>>"
        } else {
            *self.rng.choice(&["<<ns0>>", "<<ns0>>", "<<ns1>>"]).unwrap_or(&"")
        };
        let name = if self.one_in(60) { self.rng.choice(ODD_NAMES) } else { self.rng.choice(NAMES) };
        let name = name.unwrap_or("a");
        // What belongs to the cluster is told apart by its name.
        let name = if kind.namespaced { name.to_owned() } else { format!("<<{name}>>") };
        Place { kind, version, namespace, name }
    }

    fn step(&mut self, kinds: &[&Kind]) -> Step {
        let place = self.place(kinds);
        match self.rng.usize(..100) {
            0..20 => self.create(&place),
            20..26 => self.get(&place),
            26..34 => self.list(&place),
            34..47 => self.update(&place),
            47..58 => self.merge_patch(&place),
            58..64 => self.json_patch(&place),
            64..80 => self.apply(&place),
            80..87 => self.delete(&place),
            87..89 => self.delete_collection(&place),
            89..95 => self.status(&place),
            95 => self.scale(&place),
            96 => self.watch(&place),
            _ => self.odd(&place),
        }
    }

    fn instance(&mut self, place: &Place<'_>) -> Value {
        let tree = place.version.objects.new_tree(&mut self.runner);
        let mut object = tree.map_or_else(|_| json!({}), |tree| tree.current());
        if let Some(fields) = object.as_object_mut() {
            fields.insert("apiVersion".to_owned(), place.kind.api_version(place.version).into());
            fields.insert("kind".to_owned(), place.kind.kind.clone().into());
            fields.insert("metadata".to_owned(), self.metadata(place));
        }
        if self.one_in(3) && !place.kind.is_own {
            mutate::value(&mut self.rng, &mut object);
        }
        object
    }

    fn metadata(&mut self, place: &Place<'_>) -> Value {
        let mut metadata = json!({"name": place.name});
        if self.one_in(2) && place.kind.namespaced {
            metadata["namespace"] = place.namespace.into();
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

    /// The last that was sent of an object, changed a little, or a new one.
    fn next(&mut self, place: &Place<'_>) -> Value {
        let key = place.key();
        let before = self.last.iter().rev().find(|(known, _)| *known == key).map(|(_, object)| object.clone());
        let mut object = match before {
            Some(before) if self.rng.bool() => before,
            _ => self.instance(place),
        };
        if !object.get("metadata").is_some_and(Value::is_object) {
            object = json!({"kind": place.kind.kind, "metadata": self.metadata(place)});
        }
        object["apiVersion"] = place.kind.api_version(place.version).into();
        match self.rng.usize(..4) {
            0 => {}
            1 => object["metadata"] = self.metadata(place),
            _ if place.kind.is_own => object = self.instance(place),
            _ => mutate::value(&mut self.rng, &mut object),
        }
        if !object.get("metadata").is_some_and(Value::is_object) {
            object["metadata"] = json!({});
        }
        object
    }

    fn remember(&mut self, place: &Place<'_>, object: &Value) {
        self.last.push((place.key(), object.clone()));
    }

    /// The object as text, sometimes with something in it that no value has.
    fn text(&mut self, object: &Value) -> String {
        let text = object.to_string();
        if self.one_in(40) { mutate::text(&mut self.rng, &text) } else { text }
    }
}
