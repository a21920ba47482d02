//! What happens by itself after a write: definitions become kinds, and what is about to go goes.
//!
//! A real control plane leaves this to controllers, which take their time.

use std::sync::Arc;

use serde_json::{Value, json};

use super::metadata::{self, text};
use super::{DeleteOptions, Registry, Subresource, Target, reset_fields};
use crate::kinds::crd::{Definition, Taken};
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

    /// Objects of a kind as they are stored.
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

    /// Runs the controllers of definitions: they accept names, establish definitions, and serve what is established.
    fn run_definition_controllers(&mut self) {
        let Some(kind) = self.kinds.get("apiextensions.k8s.io", "customresourcedefinitions").cloned() else { return };
        while std::mem::take(&mut self.definitions_changed) {
            let definitions = self.objects_of(&kind, None);
            let now = self.clock.text();
            for (index, definition) in definitions.iter().enumerate() {
                let mut object = definition.clone();
                let group = &object["spec"]["group"];
                let mut taken = Taken::default();
                let others = definitions.iter().enumerate().filter(|(other, _)| *other != index);
                others.filter(|(_, other)| other["spec"]["group"] == *group).for_each(|(_, other)| taken.add(other));
                let target = Self::target_of(&kind, &object);
                if crd::accept_names(&mut object, &taken, &now) || crd::establish(&mut object, &now) {
                    self.put_status(&target, object, definition);
                    // What it was given may be what another one asks for.
                    break;
                }
                if crd::holds(&object, "Established")
                    && let Some(definition) = crd::parse(&object)
                {
                    self.serve(&definition);
                }
            }
        }
    }

    /// Stores a status as the API server's own controllers do.
    fn put_status(&mut self, target: &Target, mut object: Value, live: &Value) {
        let target = Target { subresource: Subresource::Status, ..target.clone() };
        let (api_version, now, reset) =
            (target.api_version(), self.clock.text(), reset_fields(target.kind.rules, Subresource::Status));
        Self::field_manager(&target, &api_version, &reset).update(live, &mut object, "kube-apiserver", &now);
        self.put(&target, &mut object);
    }

    /// Serves the kind of a definition.
    pub(crate) fn serve(&mut self, definition: &Definition) {
        let before = self.kinds.get(&definition.group, &definition.names.plural).cloned();
        if before.as_ref().is_some_and(|before| before.is_defined_by(definition)) {
            return;
        }
        let kind = Kind::new(definition, self.kinds.next_mark());
        if before.is_some() {
            // Who watches must begin anew.
            self.store.cut(&kind.space());
            self.store.compact(&kind.space());
        }
        self.store.open(&kind.space());
        self.kinds.insert(kind);
    }

    /// What is left to do after an object is gone.
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
        if self.definitions_changed {
            self.run_definition_controllers();
        }
        while self.settle_definitions() || self.settle_namespaces() || (self.collects && self.collect()) {}
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
