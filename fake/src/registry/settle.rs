//! The effects of a write that no request causes: terminating objects without finalizers are deleted.
//!
//! A real control plane leaves this to controllers, which take their time.

use std::sync::Arc;

use serde_json::{Value, json};

use super::metadata::{self, text};
use super::{DeleteOptions, Registry, Subresource, Target};
use crate::kinds::{Kind, Rules, crd};

impl Registry {
    /// The target of an object of a kind.
    pub(crate) fn target_of(kind: &Arc<Kind>, object: &Value) -> Target {
        let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let version = kind.versions.iter().position(|other| kind.api_version(other) == version).unwrap_or_default();
        Target {
            kind: Arc::clone(kind),
            version,
            namespace: text(object, "namespace").to_owned(),
            name: text(object, "name").to_owned(),
            subresource: Subresource::None,
        }
    }

    /// The objects of a kind as stored.
    pub(crate) fn objects_of(&self, kind: &Kind, namespace: Option<&str>) -> Vec<Value> {
        let entries = self.store.range(&kind.space(), namespace, None, None).unwrap_or_default();
        entries.iter().map(|(_, entry)| crate::json::stored(&entry.value.json)).collect()
    }

    /// Those of them that are being deleted.
    fn deleting_of(&self, kind: &Kind) -> Vec<Value> {
        let space = kind.space();
        let deleting = self.store.deleting(&space);
        deleting.map(|entry| crate::json::stored(&entry.value.json)).collect()
    }

    /// Cleans up after a deleted object.
    pub(crate) fn after_removal(&mut self, target: &Target, object: &Value) {
        if target.kind.rules == Rules::Definition
            && crd::holds(object, "Established")
            && let Some(definition) = crd::parse(object)
            && let Some(kind) = self.kinds.get(&definition.group, &definition.names.plural).cloned()
        {
            self.kinds.remove(&kind.resource);
            self.store.drop_space(&kind.space());
        }
    }

    /// Lets everything happen that a write has made due.
    pub(crate) fn settle(&mut self) {
        loop {
            // A deleted definition may free names for another one.
            if self.definitions_changed {
                self.run_definition_controllers();
            }
            if !(self.settle_definitions() || self.settle_namespaces() || (self.collects && self.collect())) {
                return;
            }
        }
    }

    /// Definitions that are being deleted go when the objects of their kind are gone. Whether something has changed.
    fn settle_definitions(&mut self) -> bool {
        let Some(kind) = self.kinds.get("apiextensions.k8s.io", "customresourcedefinitions").cloned() else {
            return false;
        };
        let mut changed = false;
        for object in self.deleting_of(&kind) {
            let mut finalizers = metadata::finalizers(&object);
            if !finalizers.iter().any(|name| name == crd::FINALIZER) {
                continue;
            }
            let of = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(custom) = self.kinds.get(&of("/spec/group"), &of("/spec/names/plural")).cloned() {
                for object in self.objects_of(&custom, None).iter().filter(|object| !metadata::is_deleting(object)) {
                    changed |= self.delete(&Self::target_of(&custom, object), &DeleteOptions::default()).is_ok();
                }
                if self.store.count(&custom.space(), None) > 0 {
                    continue;
                }
            }
            finalizers.retain(|name| name != crd::FINALIZER);
            changed |= self.with_finalizers(&Self::target_of(&kind, &object), object, &finalizers);
        }
        changed
    }

    /// Namespaces that are being deleted go when nothing is left in them.
    fn settle_namespaces(&mut self) -> bool {
        let Some(kind) = self.kinds.get("", "namespaces").cloned() else { return false };
        let mut changed = false;
        for object in self.deleting_of(&kind) {
            let name = text(&object, "name").to_owned();
            let kinds: Vec<Arc<Kind>> = self.kinds.with_objects().filter(|kind| kind.namespaced).cloned().collect();
            for kind in kinds {
                for object in self.objects_of(&kind, Some(&name)).iter().filter(|object| !metadata::is_deleting(object))
                {
                    changed |= self.delete(&Self::target_of(&kind, object), &DeleteOptions::default()).is_ok();
                }
            }
            if self.store.spaces_with(&name).is_empty() {
                let target = Self::target_of(&kind, &object);
                let own = object["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
                let rest: Vec<Value> = own.iter().filter(|name| *name != "kubernetes").cloned().collect();
                if rest.is_empty() && metadata::finalizers(&object).is_empty() {
                    self.remove(&target);
                    changed = true;
                } else if rest.len() < own.len() {
                    let mut object = object;
                    object["spec"] = if rest.is_empty() { json!({}) } else { json!({"finalizers": rest}) };
                    self.put(&target, &mut object);
                    changed = true;
                }
            }
        }
        changed
    }

    /// Gives an object that is being deleted other finalizers; without any, it goes.
    pub(super) fn with_finalizers(&mut self, target: &Target, mut object: Value, finalizers: &[String]) -> bool {
        if finalizers.is_empty() {
            self.remove(target);
            self.after_removal(target, &object);
        } else {
            metadata::set(&mut object, "finalizers", Some(json!(finalizers)));
            self.put(target, &mut object);
        }
        true
    }
}
