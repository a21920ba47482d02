//! Controllers that run as part of each write.
//!
//! In a real cluster, they run asynchronously.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{DeleteOptions, Registry, Target};
use crate::kinds::{Kind, crd};
use crate::metadata::{self, text};

impl Registry {
    /// Returns the stored objects of a kind that have a deletion timestamp.
    fn terminating_objects(&self, kind: &Kind) -> Vec<Value> {
        let space = kind.space();
        let deleting = self.store.deleting(&space);
        deleting.map(|entry| crate::json::decode_stored(&entry.value.json)).collect()
    }

    /// Runs the controllers until they have no more work.
    pub(super) fn run_controllers(&mut self) {
        loop {
            // The names of a deleted definition may be requested by another.
            if self.definitions_changed {
                self.run_definition_controllers();
            }
            if !(self.finalize_definitions()
                || self.finalize_namespaces()
                || self.aggregate_roles()
                || (self.collects_garbage && self.collect_garbage()))
            {
                return;
            }
        }
    }

    /// Deletes terminating definitions without objects, and the objects of the others. Returns whether anything
    /// changed.
    fn finalize_definitions(&mut self) -> bool {
        let Some(kind) = self.kinds.get("apiextensions.k8s.io", "customresourcedefinitions").cloned() else {
            return false;
        };
        let mut changed = false;
        for object in self.terminating_objects(&kind) {
            let mut finalizers = metadata::finalizers(&object);
            if !finalizers.iter().any(|name| name == crd::FINALIZER) {
                continue;
            }
            let of = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(custom) = self.kinds.get(&of("/spec/group"), &of("/spec/names/plural")).cloned() {
                for object in self.objects_of(&custom, None).iter().filter(|object| !metadata::is_deleting(object)) {
                    changed |=
                        self.delete_object(&Target::of_object(&custom, object), &DeleteOptions::at_once()).is_ok();
                }
                if self.store.count(&custom.space(), None) > 0 {
                    continue;
                }
            }
            finalizers.retain(|name| name != crd::FINALIZER);
            changed |= self.replace_finalizers(&Target::of_object(&kind, &object), object, &finalizers);
        }
        changed
    }

    /// Deletes empty terminating namespaces, and the objects in the others. Returns whether anything changed.
    fn finalize_namespaces(&mut self) -> bool {
        let Some(kind) = self.kinds.get("", "namespaces").cloned() else { return false };
        let mut changed = false;
        for object in self.terminating_objects(&kind) {
            let name = text(&object, "name").to_owned();
            let kinds: Vec<Arc<Kind>> = self.kinds.with_objects().filter(|kind| kind.namespaced).cloned().collect();
            for kind in kinds {
                for object in self.objects_of(&kind, Some(&name)).iter().filter(|object| !metadata::is_deleting(object))
                {
                    changed |= self.delete_object(&Target::of_object(&kind, object), &DeleteOptions::at_once()).is_ok();
                }
            }
            if self.store.spaces_with(&name).is_empty() {
                let target = Target::of_object(&kind, &object);
                let current = object["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
                let remaining: Vec<Value> = current.iter().filter(|name| *name != "kubernetes").cloned().collect();
                if remaining.is_empty() && metadata::finalizers(&object).is_empty() {
                    self.remove(&target);
                    changed = true;
                } else if remaining.len() < current.len() {
                    let mut object = object;
                    object["spec"] = if remaining.is_empty() { json!({}) } else { json!({"finalizers": remaining}) };
                    self.put(&target, &mut object);
                    changed = true;
                }
            }
        }
        changed
    }

    /// Replaces the finalizers of a terminating object, which is deleted if none remain.
    pub(super) fn replace_finalizers(&mut self, target: &Target, mut object: Value, finalizers: &[String]) -> bool {
        if finalizers.is_empty() {
            self.remove(target);
        } else {
            metadata::set(&mut object, "finalizers", Some(json!(finalizers)));
            self.put(target, &mut object);
        }
        true
    }
}
