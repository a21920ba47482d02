//! The kinds that a server has.

pub(crate) mod builtin;
pub(crate) mod crd;
mod defaults;

use std::collections::BTreeMap;
use std::sync::Arc;

use kube_structural_schema::object::{apply_defaults, prune, prune_nulls};
use kube_structural_schema::{Names, Schema, Scope, Version};
use kube_structured_merge::Versions;
use serde_json::Value;

pub(crate) use self::builtin::EventForm;
use self::crd::Definition;
use crate::status::GroupResource;

/// A kind in all its versions.
#[derive(Clone)]
pub(crate) struct Kind {
    /// Its group and plural.
    pub(crate) resource: GroupResource,
    /// The names.
    pub(crate) names: Names,
    pub(crate) namespaced: bool,
    /// The group in `apiVersion` of the objects, if it is not the group of the resource.
    pub(crate) served_as: Option<&'static str>,
    /// The versions, newest first.
    pub(crate) versions: Arc<[Version]>,
    /// The version that objects are stored in.
    storage: usize,
    pub(crate) rules: Rules,
    /// Whether a webhook converts between versions, which this server does not call.
    pub(crate) converts_by_webhook: bool,
    /// Whether its objects hold other resources.
    pub(crate) embeds: bool,
    /// Distinguishes this definition of the kind from earlier ones.
    pub(crate) mark: u64,
}

/// The rules of the API server for a kind that its schema does not express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Custom resources.
    Custom,
    /// Custom resource definitions.
    Definition,
    Namespace,
    Secret,
    Lease,
    /// Events, which two groups have: the same objects in another form.
    Event(EventForm),
    ConfigMap,
    /// Objects that are stored, and of which nothing more is known.
    Stored,
}

impl Kind {
    /// The kind that a CRD defines.
    pub(crate) fn new(definition: &Definition, mark: u64) -> Self {
        Kind {
            resource: GroupResource { group: definition.group.clone(), resource: definition.names.plural.clone() },
            names: definition.names.clone(),
            namespaced: definition.scope == Scope::Namespaced,
            served_as: None,
            versions: Arc::clone(&definition.versions),
            storage: definition.storage,
            rules: Rules::Custom,
            converts_by_webhook: definition.converts_by_webhook,
            embeds: definition.versions.iter().any(|version| crate::registry::embedded::embeds(&version.schema)),
            mark,
        }
    }

    /// Whether a definition says of the kind what is known.
    pub(crate) fn is_defined_by(&self, definition: &Definition) -> bool {
        let same = Arc::ptr_eq(&self.versions, &definition.versions) || self.versions == definition.versions;
        same && self.storage == definition.storage
            && self.converts_by_webhook == definition.converts_by_webhook
            && self.names == definition.names
            && self.namespaced == (definition.scope == Scope::Namespaced)
    }

    /// The same kind as a part of another: failures name that.
    pub(crate) fn under(&self, whole: &Kind) -> Self {
        Kind { resource: whole.resource.clone(), namespaced: whole.namespaced, ..self.clone() }
    }

    /// Where its objects are stored.
    pub(crate) fn space(&self) -> String {
        match self.rules {
            Rules::Event(_) => "/events".to_owned(),
            _ => format!("{}/{}", self.resource.group, self.resource.resource),
        }
    }

    /// Whether its objects are those of another kind, in another form.
    pub(crate) fn is_other_form(&self) -> bool {
        self.rules == Rules::Event(EventForm::New)
    }

    pub(crate) fn storage_version(&self) -> &Version {
        &self.versions[self.storage]
    }

    /// Which of the versions objects are stored in.
    pub(crate) fn storage_index(&self) -> usize {
        self.storage
    }

    pub(crate) fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.name == name)
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.rules == Rules::Custom
    }

    /// Whether the API server has it as Go's structs, and answers accordingly.
    pub(crate) fn is_typed(&self) -> bool {
        let group = &self.resource.group;
        !self.is_custom() && (!group.contains('.') || group.ends_with(".k8s.io"))
    }

    /// Converts a decoded object as the kind's Go type does; the error is in Go's words.
    pub(crate) fn fill_in(&self, object: &mut Value) -> Result<(), String> {
        builtin::fill_in(self.rules, object)?;
        if self.is_typed() {
            // Errors in the metadata were reported when it was decoded.
            let _ = crate::registry::metadata::normalise(object);
        }
        self.as_written(object);
        Ok(())
    }

    /// Takes away what Go does not write of this kind, such as a scale's replicas, if there are to be none; adds what it does.
    pub(crate) fn as_written(&self, object: &mut Value) {
        builtin::as_written(self.rules, object);
        if self.served_as.is_some()
            && object.pointer("/spec/replicas").and_then(Value::as_i64) == Some(0)
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            spec.remove("replicas");
        }
    }

    /// `group/version`, or the version alone in the core group.
    pub(crate) fn api_version(&self, version: &Version) -> String {
        api_version(self.served_as.unwrap_or(&self.resource.group), &version.name)
    }

    /// Converts an object to another version: unknown fields are dropped, and defaults are not set.
    pub(crate) fn converted(&self, mut object: Value, version: &Version) -> Value {
        let api_version = self.api_version(version);
        if object.get("apiVersion").and_then(Value::as_str) != Some(&api_version) {
            object["apiVersion"] = api_version.into();
            prune(&version.schema, &mut object);
        }
        object
    }

    /// Decodes a stored object by the schema of its storage version.
    pub(crate) fn read(&self, object: &mut Value) {
        if let Rules::Event(form) = self.rules {
            builtin::event_in_form(form, object);
        }
        let stored = object.get("apiVersion").and_then(Value::as_str);
        let version = self.versions.iter().find(|version| Some(self.api_version(version).as_str()) == stored);
        coerce(version.unwrap_or(self.storage_version()), object);
        self.as_written(object);
    }

    /// Whether a stored object is returned unchanged.
    pub(crate) fn reads_as_it_is(&self, object: &Value) -> bool {
        let mut read = object.clone();
        self.read(&mut read);
        read == *object
    }
}

impl Versions for Kind {
    fn kind(&self) -> &str {
        &self.names.kind
    }

    fn schema(&self, api_version: &str) -> Option<&Schema> {
        if let Rules::Event(_) = self.rules {
            return EventForm::of(api_version).map(EventForm::schema);
        }
        let found = self.versions.iter().find(|version| self.api_version(version) == api_version);
        found.map(|version| &version.schema)
    }

    fn convert(&self, object: &Value, api_version: &str) -> Option<Value> {
        let mut object = object.clone();
        if let Rules::Event(_) = self.rules {
            builtin::event_in_form(EventForm::of(api_version)?, &mut object);
            return Some(object);
        }
        self.versions.iter().find(|version| self.api_version(version) == api_version)?;
        object["apiVersion"] = api_version.into();
        Some(object)
    }

    fn unknown_version_error(&self, api_version: &str) -> Option<String> {
        self.is_custom().then(|| format!("request to convert CR to an invalid group/version: {api_version}"))
    }

    fn empty_object(&self, api_version: &str) -> Value {
        let mut nothing = serde_json::json!({"apiVersion": api_version, "kind": self.names.kind});
        self.as_written(&mut nothing);
        nothing
    }
}

/// Decodes an object in a version as the API server does: prunes unknown fields, removes misplaced nulls and sets
/// defaults. Returns the paths of the pruned fields.
pub(crate) fn coerce(version: &Version, object: &mut Value) -> Vec<String> {
    let unknown = prune(&version.schema, object);
    prune_nulls(&version.schema, object);
    apply_defaults(&version.schema, object);
    unknown
}

/// `group/version`, or the version alone in the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All kinds, by group and plural.
#[derive(Clone, Default)]
pub(crate) struct Kinds {
    kinds: BTreeMap<GroupResource, Arc<Kind>>,
    marks: u64,
}

impl Kinds {
    /// A mark that no definition has had.
    pub(crate) fn next_mark(&mut self) -> u64 {
        self.marks += 1;
        self.marks
    }

    pub(crate) fn insert(&mut self, kind: Kind) {
        self.kinds.insert(kind.resource.clone(), Arc::new(kind));
    }

    pub(crate) fn remove(&mut self, resource: &GroupResource) {
        self.kinds.remove(resource);
    }

    pub(crate) fn get(&self, group: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.kinds.get(&GroupResource { group: group.to_owned(), resource: plural.to_owned() })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.values()
    }

    /// The kinds whose objects are stored.
    pub(crate) fn with_objects(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.all().filter(|kind| !kind.is_other_form())
    }

    /// The kind of objects, by its group and name.
    pub(crate) fn of_kind(&self, group: &str, kind: &str) -> Option<&Arc<Kind>> {
        self.kinds.values().find(|other| other.resource.group == group && other.names.kind == kind)
    }
}
