//! The requests that a script is made of.

use serde_json::{Value, json};

use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, Place, STRATEGIC};
use crate::mutate;
use crate::script::Step;

impl Generator<'_> {
    pub(super) fn write_options(&mut self, mut step: Step) -> Step {
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

    pub(super) fn create(&mut self, place: &Place<'_>) -> Step {
        let mut object = self.instance(place);
        // Others must not meet what a chance has named.
        if let Some(Value::String(name)) = object.pointer_mut("/metadata/name")
            && !place.kind.namespaced
            && !name.is_empty()
            && !name.contains("<<")
        {
            *name = format!("<<{name}>>");
        }
        self.remember(place, &object);
        let body = self.text(&object);
        let step = Step::new("POST", place.collection()).body(JSON, body);
        self.write_options(step)
    }

    pub(super) fn get(&mut self, place: &Place<'_>) -> Step {
        let step = Step::get(place.path());
        let accept = match self.rng.usize(..6) {
            0 => Some("application/json;as=Table;v=v1;g=meta.k8s.io"),
            1 => Some("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
            _ => None,
        };
        Step { accept: accept.map(str::to_owned), ..step }
    }

    pub(super) fn list(&mut self, place: &Place<'_>) -> Step {
        let mut step = Step::get(place.collection());
        if self.one_in(2) {
            step = step.query("labelSelector", mutate::selector(&mut self.rng));
        }
        if !place.kind.namespaced {
            // Others are at work on what belongs to the cluster.
            step = step.query("fieldSelector", format!("metadata.name={}", place.name));
        } else if self.one_in(6) {
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

    /// A watch for a moment: from an object's first version, from now, or from the beginning.
    pub(super) fn watch(&mut self, place: &Place<'_>) -> Step {
        let mut step = Step::get(place.collection()).query("watch", "true").query("timeoutSeconds", "1");
        if !place.kind.namespaced {
            step = step.query("fieldSelector", format!("metadata.name={}", place.name));
        } else if self.one_in(3) {
            step =
                step.query("fieldSelector", *self.rng.choice(&["metadata.name=a", "metadata.name!=b"]).unwrap_or(&""));
        }
        if self.one_in(3) {
            step = step.query("labelSelector", mutate::selector(&mut self.rng));
        }
        match self.rng.usize(..8) {
            0 => step,
            1 => step.query("resourceVersion", "0"),
            3 => step
                .query("sendInitialEvents", "true")
                .query("resourceVersionMatch", "NotOlderThan")
                .query("allowWatchBookmarks", "true"),
            4 => step.query("sendInitialEvents", *self.rng.choice(&["true", "false", "x"]).unwrap_or(&"")),
            _ => step.query("resourceVersion", "<<start>>"),
        }
    }

    pub(super) fn update(&mut self, place: &Place<'_>) -> Step {
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
        let step = Step::new("PUT", place.path()).body(JSON, body);
        self.write_options(step)
    }

    pub(super) fn merge_patch(&mut self, place: &Place<'_>) -> Step {
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
        // Of a patch that does not fit, the whole object is told; Go's structs have an order of their own.
        let step = Step { by_code: place.kind.is_own, ..Step::new("PATCH", place.path()).body(MERGE, body) };
        self.write_options(step)
    }

    pub(super) fn json_patch(&mut self, place: &Place<'_>) -> Step {
        // It brings values that do not fit, of which Go's structs tell in words of their own.
        if place.kind.is_own {
            return self.strategic_patch(place);
        }
        let object = self.next(place);
        let body = mutate::json_patch(&mut self.rng, &object).to_string();
        let step = Step::new("PATCH", place.path()).body(JSON_PATCH, body);
        self.write_options(step)
    }

    fn strategic_patch(&mut self, place: &Place<'_>) -> Step {
        let patch = self.merge_patch(place);
        let mut changes = serde_json::from_str(patch.body.as_deref().unwrap_or_default()).unwrap_or_default();
        mutate::directives(&mut self.rng, &mut changes);
        Step { content_type: STRATEGIC.to_owned().into(), body: Some(changes.to_string()), ..patch }
    }

    pub(super) fn apply(&mut self, place: &Place<'_>) -> Step {
        let mut object = self.next(place);
        self.remember(place, &object);
        if self.one_in(3) && !place.kind.is_own {
            mutate::value(&mut self.rng, &mut object);
        }
        let body = self.text(&object);
        let mut step = Step::new("PATCH", place.path()).body(APPLY, body);
        if !self.one_in(20) {
            step = step.query("fieldManager", *self.rng.choice(&["one", "two", "three"]).unwrap_or(&""));
        }
        if self.one_in(3) {
            step = step.query("force", "true");
        }
        if self.one_in(10) { step.query("dryRun", "All") } else { step }
    }

    pub(super) fn delete(&mut self, place: &Place<'_>) -> Step {
        let step = Step::new("DELETE", place.path());
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

    pub(super) fn delete_collection(&mut self, place: &Place<'_>) -> Step {
        let step = Step::new("DELETE", place.collection());
        // Others are at work on what belongs to the cluster.
        if place.kind.namespaced && self.rng.bool() { step } else { step.query("labelSelector", "x=1,word=<<ns0>>") }
    }

    pub(super) fn status(&mut self, place: &Place<'_>) -> Step {
        if !place.version.status {
            return self.get(place);
        }
        let path = format!("{}/status", place.path());
        let mut object = self.next(place);
        if self.one_in(5) {
            return Step::get(path);
        }
        match self.rng.usize(..3) {
            0 => {
                object["metadata"]["resourceVersion"] = format!("<<version:{}>>", place.key()).into();
                let step = Step::new("PUT", path).body(JSON, object.to_string());
                self.write_options(step)
            }
            1 => {
                let patch = json!({"status": object.get("status")});
                let step = Step::new("PATCH", path).body(MERGE, patch.to_string());
                self.write_options(step)
            }
            _ => Step::new("PATCH", path)
                .body(APPLY, object.to_string())
                .query("fieldManager", "status")
                .query("force", "true"),
        }
    }

    pub(super) fn scale(&mut self, place: &Place<'_>) -> Step {
        let path = format!("{}/scale", place.path());
        if !place.version.scale || self.one_in(4) {
            return Step::get(path);
        }
        let patch = json!({"spec": {"replicas": self.rng.i32(-1..4)}}).to_string();
        let step = Step::new("PATCH", path).body(MERGE, patch);
        self.write_options(step)
    }

    /// What no client should send.
    pub(super) fn odd(&mut self, place: &Place<'_>) -> Step {
        let step = |method: &str, path: String| Step::new(method, path);
        let object = self.instance(place).to_string();
        match self.rng.usize(..14) {
            0 => step("POST", place.path()).body(JSON, object),
            1 => step("PUT", place.collection()).body(JSON, object),
            2 => Step { by_code: place.kind.is_own, ..step("PATCH", place.path()).body(STRATEGIC, object) },
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
