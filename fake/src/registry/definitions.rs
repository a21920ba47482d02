//! The controllers of definitions: naming, establishing and API approval. Established kinds are served.
//!
//! Source: `apiextensions-apiserver/pkg/controller/{status,establish,apiapproval}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Registry, Target};
use crate::kinds::crd::{Definition, UsedNames};
use crate::kinds::{Kind, Subresource, crd};
use crate::store::Key;

/// The controllers' record of a definition, valid until it changes.
#[derive(Clone)]
struct Processed {
    revision: u64,
    group: String,
    /// The accepted names.
    names: Value,
    /// Whether all requested names are accepted, so that the controllers have no more work.
    is_settled: bool,
}

impl Processed {
    fn of(definition: &Value, revision: u64) -> Self {
        Processed {
            revision,
            group: definition.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default().to_owned(),
            names: definition.pointer("/status/acceptedNames").cloned().unwrap_or_default(),
            is_settled: false,
        }
    }
}

/// The definitions as the controllers last processed them. A change triggers processing of the changed definition and
/// of those that wait for names.
#[derive(Clone, Default)]
pub(crate) struct Definitions {
    processed: BTreeMap<Key, Processed>,
}

impl Definitions {
    /// Returns the accepted names of the other definitions in a group.
    fn used_names(&self, key: &Key, group: &str) -> UsedNames {
        let mut used_names = UsedNames::default();
        let others = self.processed.iter().filter(|(other, processed)| *other != key && processed.group == group);
        others.for_each(|(_, processed)| used_names.add(&processed.names));
        used_names
    }
}

impl Registry {
    /// Runs the controllers until they have no more work.
    pub(super) fn run_definition_controllers(&mut self) {
        let Some(kind) = self.kinds.get("apiextensions.k8s.io", "customresourcedefinitions").cloned() else { return };
        while std::mem::take(&mut self.definitions_changed) {
            for (key, definition) in self.pending_definitions(&kind) {
                self.process(&kind, &key, &definition);
                if self.definitions_changed {
                    // Names that it released may be requested by others.
                    break;
                }
            }
        }
    }

    /// Returns the definitions to process: those that have changed and those that wait for names.
    fn pending_definitions(&mut self, kind: &Kind) -> Vec<(Key, Value)> {
        let Registry { store, definitions, .. } = self;
        let mut found = Vec::new();
        let mut processed = BTreeMap::new();
        for (key, entry) in store.entries(&kind.space()) {
            let record = definitions.processed.remove(key).filter(|record| record.revision == entry.revision);
            if record.as_ref().is_none_or(|record| !record.is_settled) {
                found.push((key.clone(), crate::json::decode_stored(&entry.value.json)));
            }
            let record = record.or_else(|| found.last().map(|(_, object)| Processed::of(object, entry.revision)));
            processed.extend(record.map(|record| (key.clone(), record)));
        }
        definitions.processed = processed;
        found
    }

    /// Processes a definition by each controller. A changed definition is processed again.
    fn process(&mut self, kind: &Arc<Kind>, key: &Key, definition: &Value) {
        let (mut object, now) = (definition.clone(), self.clock.rfc3339());
        let group = object.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default();
        let used_names = self.definitions.used_names(key, group);
        let changed = crd::accept_names(&mut object, &used_names, &now)
            || crd::establish(&mut object, &now)
            || crd::set_approval_condition(&mut object, &now);
        if changed {
            let target = Target::of_object(kind, &object);
            self.put_status(&target, object, definition);
            return;
        }
        if crd::is_condition_true(&object, "Established")
            && let Some(definition) = crd::parse(&object)
        {
            self.serve(&definition);
        }
        if let Some(processed) = self.definitions.processed.get_mut(key) {
            processed.is_settled = object.pointer("/spec/names") == object.pointer("/status/acceptedNames");
        }
    }

    /// Updates a status as the API server's own controllers do.
    fn put_status(&mut self, target: &Target, mut object: Value, live: &Value) {
        let target = Target { subresource: Subresource::Status, ..target.clone() };
        target.update_managers(live, &mut object, "kube-apiserver", &self.clock.rfc3339());
        self.put(&target, &mut object);
    }

    /// Serves the kind of a definition.
    fn serve(&mut self, definition: &Definition) {
        let before = self.kinds.get(&definition.group, &definition.names.plural).cloned();
        if before.as_ref().is_some_and(|before| before.is_defined_by(definition)) {
            return;
        }
        let kind = Kind::new(definition, self.kinds.next_definition_id());
        if before.is_some() {
            // Watches must be restarted.
            self.store.close_watches(&kind.space());
            self.store.compact(&kind.space());
        }
        self.store.open(&kind.space());
        self.kinds.insert(kind);
    }
}
