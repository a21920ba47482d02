//! Garbage collection: dependents are deleted after their owners.
//!
//! Source: `kubernetes/pkg/controller/garbagecollector`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{DeleteOptions, Registry, Target};
use crate::kinds::Kind;
use crate::metadata::{self, get, text};

type Objects = Vec<(Arc<Kind>, Value)>;

impl Registry {
    /// Runs one pass and returns whether it changed anything.
    pub(super) fn collect_garbage(&mut self) -> bool {
        let kinds: Vec<Arc<Kind>> = self.kinds.with_objects().cloned().collect();
        let all: Objects = kinds
            .iter()
            .flat_map(|kind| self.objects_of(kind, None).into_iter().map(|object| (Arc::clone(kind), object)))
            .collect();
        // An owner is found by its uid, in the namespace of the dependent or cluster-scoped.
        let namespaces: HashMap<&str, &str> =
            all.iter().map(|(_, object)| (text(object, "uid"), text(object, "namespace"))).collect();
        let exists = |owner: &Value, namespace: &str| {
            let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default();
            namespaces.get(uid).is_some_and(|found| found.is_empty() || *found == namespace)
        };
        let mut changed = false;
        for (kind, object) in &all {
            if metadata::is_deleting(object) {
                changed |= self.release(kind, object, &all);
                continue;
            }
            let owners =
                get(object, "ownerReferences").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let solid: Vec<Value> =
                owners.iter().filter(|owner| exists(owner, text(object, "namespace"))).cloned().collect();
            if !owners.is_empty() && solid.is_empty() {
                changed |= self.delete_object(&Target::of_object(kind, object), &background()).is_ok();
            } else if solid.len() < owners.len() {
                self.set_owners(kind, object, &solid);
                changed = true;
            }
        }
        changed
    }

    /// Replaces the owners of a dependent.
    fn set_owners(&mut self, kind: &Arc<Kind>, object: &Value, owners: &[Value]) {
        let mut object = object.clone();
        metadata::set(&mut object, "ownerReferences", (!owners.is_empty()).then(|| json!(owners)));
        self.put(&Target::of_object(kind, &object), &mut object);
    }

    /// Releases an owner that waits for the deletion or orphaning of its dependents.
    fn release(&mut self, kind: &Arc<Kind>, owner: &Value, all: &Objects) -> bool {
        let finalizers = metadata::finalizers(owner);
        let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
        let (orphans, foreground) = (has("orphan"), has("foregroundDeletion"));
        if !orphans && !foreground {
            return false;
        }
        let uid = text(owner, "uid");
        let mut blocked = false;
        let mut changed = false;
        for (kind, object) in all {
            let owners = get(object, "ownerReferences").and_then(Value::as_array).cloned().unwrap_or_default();
            let Some(reference) = owners.iter().find(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid))
            else {
                continue;
            };
            let rest: Vec<Value> = owners.iter().filter(|other| *other != reference).cloned().collect();
            let is_solid = |owner: &Value| {
                let uid = owner.get("uid").and_then(Value::as_str);
                all.iter().any(|(_, other)| Some(text(other, "uid")) == uid && !metadata::is_deleting(other))
            };
            if orphans || rest.iter().any(is_solid) {
                self.set_owners(kind, object, &rest);
                changed = true;
            } else {
                blocked |= reference.get("blockOwnerDeletion") == Some(&Value::Bool(true));
                if !metadata::is_deleting(object) {
                    changed |= self.delete_object(&Target::of_object(kind, object), &background()).is_ok();
                }
            }
        }
        if blocked {
            return changed;
        }
        let rest: Vec<String> = finalizers
            .iter()
            .filter(|name| !matches!(name.as_str(), "orphan" | "foregroundDeletion"))
            .cloned()
            .collect();
        self.replace_finalizers(&Target::of_object(kind, owner), owner.clone(), &rest)
    }
}

fn background() -> DeleteOptions {
    DeleteOptions { propagation_policy: Some("Background".to_owned()), ..DeleteOptions::at_once() }
}
