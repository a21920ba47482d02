//! Random scripts.

use fastrand::Rng;
use kube_structural_schema::instances::Instances;
use kube_structural_schema::{Crd, Schema, Scope, Version};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::mutate;
use crate::script::{Script, Step};
use crate::side::key;

const NAMES: [&str; 3] = ["a", "b", "c"];
const ODD_NAMES: [&str; 5] = ["", "Upper", "a..b", "ä", "has space"];
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// A kind that scripts are about.
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) plural: String,
    kind: String,
    namespaced: bool,
    versions: Vec<Versioned>,
}

struct Versioned {
    name: String,
    objects: BoxedStrategy<Value>,
    status: bool,
    scale: bool,
}

impl Kind {
    pub(crate) fn of(crd: &Crd) -> Self {
        let versions = crd.versions.iter().filter(|version| version.served).map(Versioned::of).collect();
        Kind {
            group: crd.group.clone(),
            plural: crd.names.plural.clone(),
            kind: crd.names.kind.clone(),
            namespaced: crd.scope == Scope::Namespaced,
            versions,
        }
    }

    fn api_version(&self, version: &Versioned) -> String {
        format!("{}/{}", self.group, version.name)
    }

    fn collection(&self, version: &Versioned, namespace: &str) -> String {
        let base = format!("/apis/{}/{}", self.group, version.name);
        if self.namespaced {
            format!("{base}/namespaces/{namespace}/{}", self.plural)
        } else {
            format!("{base}/{}", self.plural)
        }
    }
}

impl Versioned {
    fn of(version: &Version) -> Self {
        let schema = Schema { properties: version.schema.properties.clone(), ..version.schema.clone() };
        Versioned {
            name: version.name.clone(),
            objects: Instances { from_a_newer_schema: false }.of(&schema),
            status: version.subresources.status,
            scale: version.subresources.scale.is_some(),
        }
    }
}

/// Makes scripts from a seed.
pub(crate) struct Generator<'k> {
    kinds: &'k [Kind],
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
    pub(crate) fn new(kinds: &'k [Kind], seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let runner = TestRunner::new_with_rng(Config::default(), random);
        Generator { kinds, rng: Rng::with_seed(seed), runner, last: Vec::new() }
    }

    /// A script of so many steps about one or two kinds.
    pub(crate) fn script(&mut self, steps: usize) -> Script {
        self.last.clear();
        let kinds: Vec<&'k Kind> =
            (0..=self.rng.usize(..2)).map(|_| &self.kinds[self.rng.usize(..self.kinds.len())]).collect();
        let mut watched: Vec<String> = kinds
            .iter()
            .filter(|kind| kind.namespaced)
            .map(|kind| kind.collection(&kind.versions[self.rng.usize(..kind.versions.len())], "<<ns0>>"))
            .collect();
        watched.dedup();
        let steps = (0..steps).map(|_| self.step(&kinds)).collect();
        Script { watched, steps }
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.rng.usize(..many) == 0
    }

    fn place(&mut self, kinds: &[&'k Kind]) -> Place<'k> {
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

    fn step(&mut self, kinds: &[&'k Kind]) -> Step {
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
            95..97 => self.scale(&place),
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
        if self.one_in(3) {
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

    fn write_options(&mut self, mut step: Step) -> Step {
        if self.one_in(10) {
            step = step.query("dryRun", "All");
        }
        match self.rng.usize(..8) {
            0 => step = step.query("fieldValidation", "Strict"),
            1 => step = step.query("fieldValidation", "Ignore"),
            2 => step = step.query("fieldValidation", "Warn"),
            _ => {}
        }
        match self.rng.usize(..4) {
            0 => step.query("fieldManager", "one"),
            1 => step.query("fieldManager", "two"),
            _ => step,
        }
    }

    fn create(&mut self, place: &Place<'_>) -> Step {
        let object = self.instance(place);
        self.remember(place, &object);
        let body = self.text(&object);
        let step = Step { method: "POST".to_owned(), path: place.collection(), ..Step::default() }.body(JSON, body);
        self.write_options(step)
    }

    fn get(&mut self, place: &Place<'_>) -> Step {
        let step = Step { method: "GET".to_owned(), path: place.path(), ..Step::default() };
        let accept = match self.rng.usize(..6) {
            0 => Some("application/json;as=Table;v=v1;g=meta.k8s.io"),
            1 => Some("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
            _ => None,
        };
        Step { accept: accept.map(str::to_owned), ..step }
    }

    fn list(&mut self, place: &Place<'_>) -> Step {
        let mut step = Step { method: "GET".to_owned(), path: place.collection(), ..Step::default() };
        if self.one_in(2) {
            step = step.query("labelSelector", mutate::selector(&mut self.rng));
        }
        if self.one_in(6) {
            let selector = *self
                .rng
                .choice(&[
                    "metadata.name=a",
                    "metadata.name!=a",
                    "metadata.namespace=<<ns0>>",
                    "spec.x=1",
                    "metadata.name==b",
                ])
                .unwrap_or(&"");
            step = step.query("fieldSelector", selector);
        }
        match self.rng.usize(..8) {
            0 => step.query("limit", "1"),
            1 => step.query("limit", "1").query("continue", "<<continue>>"),
            2 => step.query("resourceVersion", "0"),
            3 => step
                .query("resourceVersionMatch", *self.rng.choice(&["Exact", "NotOlderThan", "Nothing"]).unwrap_or(&"")),
            _ => step,
        }
    }

    fn update(&mut self, place: &Place<'_>) -> Step {
        let mut object = self.next(place);
        self.remember(place, &object);
        let key = place.key();
        match self.rng.usize(..10) {
            0 => {}
            1 => object["metadata"]["resourceVersion"] = format!("<<first:{key}>>").into(),
            2 => {
                object["metadata"]["resourceVersion"] = format!("<<version:{key}>>").into();
                object["metadata"]["uid"] = format!("<<uid:{key}>>").into();
            }
            _ => object["metadata"]["resourceVersion"] = format!("<<version:{key}>>").into(),
        }
        let body = self.text(&object);
        let step = Step { method: "PUT".to_owned(), path: place.path(), ..Step::default() }.body(JSON, body);
        self.write_options(step)
    }

    fn merge_patch(&mut self, place: &Place<'_>) -> Step {
        let mut object = self.next(place);
        if let Some(fields) = object.as_object_mut()
            && !self.one_in(5)
        {
            fields.remove("apiVersion");
            fields.remove("kind");
            if self.rng.bool() {
                fields.remove("metadata");
            }
        }
        let body = self.text(&object);
        let step = Step { method: "PATCH".to_owned(), path: place.path(), ..Step::default() }.body(MERGE, body);
        self.write_options(step)
    }

    fn json_patch(&mut self, place: &Place<'_>) -> Step {
        let object = self.next(place);
        let body = mutate::json_patch(&mut self.rng, &object).to_string();
        let step = Step { method: "PATCH".to_owned(), path: place.path(), ..Step::default() }.body(JSON_PATCH, body);
        self.write_options(step)
    }

    fn apply(&mut self, place: &Place<'_>) -> Step {
        let mut object = self.next(place);
        self.remember(place, &object);
        if self.one_in(3) {
            mutate::value(&mut self.rng, &mut object);
        }
        let body = self.text(&object);
        let mut step = Step { method: "PATCH".to_owned(), path: place.path(), ..Step::default() }.body(APPLY, body);
        if !self.one_in(20) {
            step = step.query("fieldManager", *self.rng.choice(&["one", "two", "three"]).unwrap_or(&""));
        }
        if self.one_in(3) {
            step = step.query("force", "true");
        }
        if self.one_in(10) { step.query("dryRun", "All") } else { step }
    }

    fn delete(&mut self, place: &Place<'_>) -> Step {
        let step = Step { method: "DELETE".to_owned(), path: place.path(), ..Step::default() };
        let key = place.key();
        match self.rng.usize(..8) {
            0 => step.query(
                "propagationPolicy",
                *self.rng.choice(&["Background", "Foreground", "Orphan", "Nothing"]).unwrap_or(&""),
            ),
            1 => step.body(JSON, json!({"preconditions": {"uid": format!("<<uid:{key}>>")}}).to_string()),
            2 => step.body(JSON, json!({"preconditions": {"resourceVersion": format!("<<first:{key}>>")}}).to_string()),
            3 => step.query("dryRun", "All"),
            4 => step.query("gracePeriodSeconds", *self.rng.choice(&["0", "30", "x"]).unwrap_or(&"")),
            _ => step,
        }
    }

    fn delete_collection(&mut self, place: &Place<'_>) -> Step {
        let step = Step { method: "DELETE".to_owned(), path: place.collection(), ..Step::default() };
        // Others are at work on what belongs to the cluster.
        if place.kind.namespaced && self.rng.bool() { step } else { step.query("labelSelector", "x=1,word=<<ns0>>") }
    }

    fn status(&mut self, place: &Place<'_>) -> Step {
        if !place.version.status {
            return self.get(place);
        }
        let path = format!("{}/status", place.path());
        let mut object = self.next(place);
        if self.one_in(5) {
            return Step { method: "GET".to_owned(), path, ..Step::default() };
        }
        match self.rng.usize(..3) {
            0 => {
                object["metadata"]["resourceVersion"] = format!("<<version:{}>>", place.key()).into();
                let step = Step { method: "PUT".to_owned(), path, ..Step::default() }.body(JSON, object.to_string());
                self.write_options(step)
            }
            1 => {
                let patch = json!({"status": object.get("status")});
                let step = Step { method: "PATCH".to_owned(), path, ..Step::default() }.body(MERGE, patch.to_string());
                self.write_options(step)
            }
            _ => Step { method: "PATCH".to_owned(), path, ..Step::default() }
                .body(APPLY, object.to_string())
                .query("fieldManager", "status")
                .query("force", "true"),
        }
    }

    fn scale(&mut self, place: &Place<'_>) -> Step {
        let path = format!("{}/scale", place.path());
        if !place.version.scale || self.one_in(4) {
            return Step { method: "GET".to_owned(), path, ..Step::default() };
        }
        let patch = json!({"spec": {"replicas": self.rng.i32(-1..4)}}).to_string();
        let step = Step { method: "PATCH".to_owned(), path, ..Step::default() }.body(MERGE, patch);
        self.write_options(step)
    }

    /// What no client should send.
    fn odd(&mut self, place: &Place<'_>) -> Step {
        let step = |method: &str, path: String| Step { method: method.to_owned(), path, ..Step::default() };
        let object = self.instance(place).to_string();
        match self.rng.usize(..14) {
            0 => step("POST", place.path()).body(JSON, object),
            1 => step("PUT", place.collection()).body(JSON, object),
            2 => step("PATCH", place.path()).body("application/strategic-merge-patch+json", object),
            3 => step("POST", place.collection()).body("text/plain", object),
            4 => Step { accept: Some("text/html".to_owned()), ..step("GET", place.path()) },
            5 => step("GET", format!("{}/nothing", place.path())),
            6 => step("POST", place.collection()).body(JSON, ""),
            7 => step("POST", place.collection()).body(JSON, "{"),
            8 => step("POST", place.collection()).body(JSON, "[]"),
            9 => step("PATCH", place.path()).body(MERGE, "[]"),
            10 => step("PATCH", place.path()).body(JSON_PATCH, "{}"),
            11 => step("POST", place.collection()).body(JSON, object).query("dryRun", "Some"),
            12 => step("PUT", place.path()).body(JSON, object).query("fieldValidation", "None"),
            _ => step("GET", place.collection()).query("labelSelector", "a=b=c"),
        }
    }
}
