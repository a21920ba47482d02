//! Requests of scripts.

use serde_json::{Value, json};

use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, STRATEGIC, Target};
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

    pub(super) fn create(&mut self, target: &Target<'_>) -> Step {
        let mut object = self.instance(target);
        // Random names of cluster-scoped objects must not collide with other scripts.
        if let Some(Value::String(name)) = object.pointer_mut("/metadata/name")
            && !target.kind.namespaced
            && !name.is_empty()
            && !name.contains("<<")
        {
            *name = format!("<<{name}>>");
        }
        self.remember(target, &object);
        let body = self.text(&object);
        let step = Step::new("POST", target.collection()).body(JSON, body);
        self.write_options(step)
    }

    pub(super) fn get(&mut self, target: &Target<'_>) -> Step {
        let step = Step::get(target.path());
        let accept = match self.rng.usize(..6) {
            0 => Some("application/json;as=Table;v=v1;g=meta.k8s.io"),
            1 => Some("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
            _ => None,
        };
        Step { accept: accept.map(str::to_owned), ..step }
    }

    pub(super) fn list(&mut self, target: &Target<'_>) -> Step {
        let mut step = Step::get(target.collection());
        if self.one_in(2) {
            step = step.query("labelSelector", mutate::selector(&mut self.rng));
        }
        if !target.kind.namespaced {
            // Concurrent scripts write cluster-scoped objects.
            step = step.query("fieldSelector", format!("metadata.name={}", target.name));
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

    /// Returns a short watch from the start of the script, from now, or with initial events.
    pub(super) fn watch(&mut self, target: &Target<'_>) -> Step {
        let mut step = Step::get(target.collection()).query("watch", "true").query("timeoutSeconds", "1");
        if !target.kind.namespaced {
            step = step.query("fieldSelector", format!("metadata.name={}", target.name));
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

    pub(super) fn update(&mut self, target: &Target<'_>) -> Step {
        let mut object = self.next(target);
        self.remember(target, &object);
        let key = target.key();
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
        let step = Step::new("PUT", target.path()).body(JSON, body);
        self.write_options(step)
    }

    pub(super) fn merge_patch(&mut self, target: &Target<'_>) -> Step {
        let mut object = self.next(target);
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
        // Errors of patches of builtin kinds contain the object in the field order of Go.
        let step = Step { by_code: target.kind.is_builtin, ..Step::new("PATCH", target.path()).body(MERGE, body) };
        self.write_options(step)
    }

    pub(super) fn json_patch(&mut self, target: &Target<'_>) -> Step {
        // JSON patches set invalid values, whose messages differ for builtin kinds.
        if target.kind.is_builtin {
            return self.strategic_patch(target);
        }
        let object = self.next(target);
        let body = mutate::json_patch(&mut self.rng, &object).to_string();
        let step = Step::new("PATCH", target.path()).body(JSON_PATCH, body);
        self.write_options(step)
    }

    fn strategic_patch(&mut self, target: &Target<'_>) -> Step {
        let patch = self.merge_patch(target);
        let mut changes = serde_json::from_str(patch.body.as_deref().unwrap_or_default()).unwrap_or_default();
        mutate::directives(&mut self.rng, &mut changes);
        Step { content_type: STRATEGIC.to_owned().into(), body: Some(changes.to_string()), ..patch }
    }

    pub(super) fn apply(&mut self, target: &Target<'_>) -> Step {
        let mut object = self.next(target);
        self.remember(target, &object);
        if self.one_in(3) && !target.kind.is_builtin {
            mutate::value(&mut self.rng, &mut object);
        }
        let body = self.text(&object);
        let mut step = Step::new("PATCH", target.path()).body(APPLY, body);
        if !self.one_in(20) {
            step = step.query("fieldManager", *self.rng.choice(&["one", "two", "three"]).unwrap_or(&""));
        }
        if self.one_in(3) {
            step = step.query("force", "true");
        }
        if self.one_in(10) { step.query("dryRun", "All") } else { step }
    }

    pub(super) fn delete(&mut self, target: &Target<'_>) -> Step {
        let step = Step::new("DELETE", target.path());
        let key = target.key();
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

    pub(super) fn delete_collection(&mut self, target: &Target<'_>) -> Step {
        let step = Step::new("DELETE", target.collection());
        // Concurrent scripts write cluster-scoped objects.
        if target.kind.namespaced && self.rng.bool() { step } else { step.query("labelSelector", "x=1,word=<<ns0>>") }
    }

    pub(super) fn status(&mut self, target: &Target<'_>) -> Step {
        if !target.version.status {
            return self.get(target);
        }
        let path = format!("{}/status", target.path());
        let mut object = self.next(target);
        if self.one_in(5) {
            return Step::get(path);
        }
        match self.rng.usize(..3) {
            0 => {
                object["metadata"]["resourceVersion"] = format!("<<version:{}>>", target.key()).into();
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

    pub(super) fn scale(&mut self, target: &Target<'_>) -> Step {
        let path = format!("{}/scale", target.path());
        if !target.version.scale || self.one_in(4) {
            return Step::get(path);
        }
        let patch = json!({"spec": {"replicas": self.rng.i32(-1..4)}}).to_string();
        let step = Step::new("PATCH", path).body(MERGE, patch);
        self.write_options(step)
    }

    /// Returns an invalid request.
    pub(super) fn invalid_request(&mut self, target: &Target<'_>) -> Step {
        let step = |method: &str, path: String| Step::new(method, path);
        let object = self.instance(target).to_string();
        match self.rng.usize(..14) {
            0 => step("POST", target.path()).body(JSON, object),
            1 => step("PUT", target.collection()).body(JSON, object),
            2 => Step { by_code: target.kind.is_builtin, ..step("PATCH", target.path()).body(STRATEGIC, object) },
            3 => step("POST", target.collection()).body("text/plain", object),
            4 => Step { accept: Some("text/html".to_owned()), ..step("GET", target.path()) },
            5 => step("GET", format!("{}/nothing", target.path())),
            6 => step("POST", target.collection()).body(JSON, ""),
            7 => step("POST", target.collection()).body(JSON, "{"),
            8 => step("POST", target.collection()).body(JSON, "[]"),
            9 => step("PATCH", target.path()).body(MERGE, "[]"),
            10 => step("PATCH", target.path()).body(JSON_PATCH, "{}"),
            11 => step("POST", target.collection()).body(JSON, object).query("dryRun", "Some"),
            12 => step("PUT", target.path()).body(JSON, object).query("fieldValidation", "None"),
            _ => step("GET", target.collection()).query("labelSelector", "a=b=c"),
        }
    }
}
