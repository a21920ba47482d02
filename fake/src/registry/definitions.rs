//! The controllers of definitions: they accept names, establish definitions, report approvals, and serve established kinds.
//!
//! Source: `apiextensions-apiserver/pkg/controller/{status,establish,apiapproval}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Registry, Subresource, Target, reset_fields};
use crate::kinds::crd::{Definition, Taken};
use crate::kinds::{Kind, crd};
use crate::store::Key;

/// The cached result for a definition, valid until it changes.
#[derive(Clone)]
struct Seen {
    revision: u64,
    group: String,
    /// Its accepted names.
    names: Value,
    /// Whether it has all the names that it requests.
    is_settled: bool,
}

impl Seen {
    fn of(definition: &Value, revision: u64) -> Self {
        Seen {
            revision,
            group: definition.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default().to_owned(),
            names: definition.pointer("/status/acceptedNames").cloned().unwrap_or_default(),
            is_settled: false,
        }
    }
}

/// The definitions as the controllers have last seen them. A change of one makes them look at that one again, and at those
/// that wait for names.
#[derive(Clone, Default)]
pub(crate) struct Definitions {
    seen: BTreeMap<Key, Seen>,
}

impl Definitions {
    /// The names that the other definitions of a group have.
    fn taken(&self, key: &Key, group: &str) -> Taken {
        let mut taken = Taken::default();
        let others = self.seen.iter().filter(|(other, seen)| *other != key && seen.group == group);
        others.for_each(|(_, seen)| taken.add(&seen.names));
        taken
    }
}

impl Registry {
    /// Runs the controllers until none of them has anything left to do.
    pub(super) fn run_definition_controllers(&mut self) {
        let Some(kind) = self.kinds.get("apiextensions.k8s.io", "customresourcedefinitions").cloned() else { return };
        while std::mem::take(&mut self.definitions_changed) {
            for (key, definition) in self.definitions_to_look_at(&kind) {
                self.look_at(&kind, &key, &definition);
                if self.definitions_changed {
                    // Another definition may request the names that it had.
                    break;
                }
            }
        }
    }

    /// The definitions with which something is left to do, and those that have changed, which are noted.
    fn definitions_to_look_at(&mut self, kind: &Kind) -> Vec<(Key, Value)> {
        let Registry { store, definitions, .. } = self;
        let mut found = Vec::new();
        let mut seen = BTreeMap::new();
        for (key, entry) in store.entries(&kind.space()) {
            let known = definitions.seen.remove(key).filter(|known| known.revision == entry.revision);
            if known.as_ref().is_none_or(|known| !known.is_settled) {
                found.push((key.clone(), crate::json::stored(&entry.value.json)));
            }
            let known = known.or_else(|| found.last().map(|(_, object)| Seen::of(object, entry.revision)));
            seen.extend(known.map(|known| (key.clone(), known)));
        }
        definitions.seen = seen;
        found
    }

    /// Lets each controller look at a definition. One that is changed is looked at again.
    fn look_at(&mut self, kind: &Arc<Kind>, key: &Key, definition: &Value) {
        let (mut object, now) = (definition.clone(), self.clock.text());
        let group = object.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default();
        let taken = self.definitions.taken(key, group);
        let changed = crd::accept_names(&mut object, &taken, &now)
            || crd::establish(&mut object, &now)
            || crd::note_approval(&mut object, &now);
        if changed {
            let target = Self::target_of(kind, &object);
            self.put_status(&target, object, definition);
            return;
        }
        if crd::holds(&object, "Established")
            && let Some(definition) = crd::parse(&object)
        {
            self.serve(&definition);
        }
        if let Some(seen) = self.definitions.seen.get_mut(key) {
            seen.is_settled = object.pointer("/spec/names") == object.pointer("/status/acceptedNames");
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
    fn serve(&mut self, definition: &Definition) {
        let before = self.kinds.get(&definition.group, &definition.names.plural).cloned();
        if before.as_ref().is_some_and(|before| before.is_defined_by(definition)) {
            return;
        }
        let kind = Kind::new(definition, self.kinds.next_mark());
        if before.is_some() {
            // Watchers must start again.
            self.store.cut(&kind.space());
            self.store.compact(&kind.space());
        }
        self.store.open(&kind.space());
        self.kinds.insert(kind);
    }
}
