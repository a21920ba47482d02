//! The kinds of a server.

pub(crate) mod builtin;
pub(crate) mod crd;
mod defaults;
pub(crate) mod embedded;
mod subresource;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use kube_structural_schema::object::{apply_defaults, prune, prune_nulls};
use kube_structural_schema::{Names, Schema, Scope, Version};
use kube_structured_merge::Versions;
use serde_json::Value;

pub(crate) use self::builtin::EventForm;
use self::crd::Definition;
pub(crate) use self::subresource::Subresource;
use crate::catalogue::{self, Release, Resource, Struct};
use crate::metadata;
use crate::status::GroupResource;

/// A kind with all its versions.
#[derive(Clone)]
pub(crate) struct Kind {
    /// The group and plural.
    pub(crate) resource: GroupResource,
    /// The plural, singular, kind and other names.
    pub(crate) names: Names,
    pub(crate) namespaced: bool,
    /// The group in `apiVersion` of its objects, if different from that of the resource.
    pub(crate) object_group: Option<&'static str>,
    /// The versions, newest first.
    pub(crate) versions: Arc<[Version]>,
    /// The index of the storage version.
    storage: usize,
    pub(crate) rules: Rules,
    /// Whether a webhook converts between versions. This server does not call webhooks.
    pub(crate) converts_by_webhook: bool,
    /// Whether its objects contain embedded resources.
    pub(crate) has_embedded: bool,
    /// Identifies this definition of the kind among earlier and later ones.
    pub(crate) definition_id: u64,
    /// The facts about the versions of a built-in kind.
    pub(crate) builtin: Arc<[BuiltinVersion]>,
}

/// What the catalogue knows about a version of a built-in kind.
pub(crate) struct BuiltinVersion {
    pub(crate) resource: &'static Resource,
    pub(crate) type_: &'static Struct,
    schema: OnceLock<Schema>,
}

impl BuiltinVersion {
    pub(crate) fn new(resource: &'static Resource, type_: &'static Struct) -> Self {
        BuiltinVersion { resource, type_, schema: OnceLock::new() }
    }

    /// Returns the schema, which is created when it is first needed.
    pub(crate) fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| catalogue::schema(self.type_))
    }
}

/// The kind-specific code of the API server that applies to objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Custom resources.
    Custom,
    /// Custom resource definitions.
    Definition,
    Namespace,
    Secret,
    Lease,
    /// Events, which two groups serve in different forms.
    Event(EventForm),
    ConfigMap,
    /// Built-in kinds that are stored without kind-specific behaviour.
    Stored,
}

impl Kind {
    /// Creates the kind that a CRD defines.
    pub(crate) fn new(definition: &Definition, definition_id: u64) -> Self {
        Kind {
            resource: GroupResource { group: definition.group.clone(), resource: definition.names.plural.clone() },
            names: definition.names.clone(),
            namespaced: definition.scope == Scope::Namespaced,
            object_group: None,
            versions: Arc::clone(&definition.versions),
            storage: definition.storage,
            rules: Rules::Custom,
            converts_by_webhook: definition.converts_by_webhook,
            has_embedded: definition.versions.iter().any(|version| embedded::has_embedded(&version.schema)),
            definition_id,
            builtin: Arc::default(),
        }
    }

    /// Returns the facts about a version of a built-in kind.
    pub(crate) fn builtin_version(&self, version: &Version) -> Option<&BuiltinVersion> {
        self.builtin.iter().find(|builtin| builtin.resource.version == version.name)
    }

    /// Returns the group and name of a built-in kind that has its own code for defaults, preparation and validation.
    pub(crate) fn coded(&self) -> Option<(&str, &str)> {
        let is_coded = self.rules == Rules::Stored && !self.builtin.is_empty();
        is_coded.then_some((self.resource.group.as_str(), self.names.kind.as_str()))
    }

    /// Returns the Go struct by which objects of a version are decoded. Definitions and events have code of their own.
    fn decoded_by(&self, version: &Version) -> Option<&'static Struct> {
        self.struct_of(version).filter(|_| !matches!(self.rules, Rules::Definition | Rules::Event(_)))
    }

    /// Returns the Go struct of a version of a built-in kind.
    pub(crate) fn struct_of(&self, version: &Version) -> Option<&'static Struct> {
        self.builtin_version(version).map(|builtin| builtin.type_)
    }

    /// Returns the schema of a version.
    pub(crate) fn schema_of<'k>(&'k self, version: &'k Version) -> &'k Schema {
        match self.builtin_version(version) {
            Some(builtin) if self.decoded_by(version).is_some() => builtin.schema(),
            _ => &version.schema,
        }
    }

    /// Prunes, removes misplaced nulls and sets defaults, as the API server does when it decodes an object. Returns the paths of
    /// the pruned fields.
    ///
    /// # Errors
    /// Returns Go's message if a field of a built-in kind has the wrong type.
    pub(crate) fn coerce(&self, version: &Version, object: &mut Value) -> Result<Vec<String>, String> {
        if let Some(type_) = self.decoded_by(version) {
            let unknown = catalogue::decode(type_, object)?;
            builtin::defaults::apply(&self.resource.group, &version.name, &self.names.kind, object);
            self.normalize_autoscaler(version, object);
            return Ok(unknown);
        }
        let unknown = prune(&version.schema, object);
        prune_nulls(&version.schema, object);
        apply_defaults(&version.schema, object);
        Ok(unknown)
    }

    /// Adds defaults and the fields that Go always encodes to an object of a built-in kind whose parts were replaced.
    pub(crate) fn add_zero_fields(&self, version: &Version, object: &mut Value) {
        if self.decoded_by(version).is_some() {
            // It was decoded before.
            let _ = self.coerce(version, object);
        }
    }

    /// Checks that a patched or applied object of a built-in kind can be converted into its struct.
    ///
    /// # Errors
    /// Returns the message of the API server.
    pub(crate) fn check_convertible(&self, version: &Version, object: &Value) -> Result<(), String> {
        self.decoded_by(version).map_or(Ok(()), |type_| catalogue::convertible(type_, object))
    }

    /// Removes what an object of a built-in kind loses in etcd: empty lists and maps.
    pub(crate) fn drop_empty(&self, version: &Version, object: &mut Value) {
        if let Some(type_) = self.decoded_by(version) {
            catalogue::drop_empty(type_, object);
        }
    }

    /// Encodes an object of a version: one of a built-in kind in the order of its struct. Events are stored for two kinds, whose
    /// structs are different.
    pub(crate) fn write(&self, version: &Version, object: &Value) -> Vec<u8> {
        match self.struct_of(version).filter(|_| !matches!(self.rules, Rules::Event(_))) {
            Some(type_) => crate::json::write(&catalogue::Ordered::new(type_, object)),
            None => crate::json::write(object),
        }
    }

    /// Whether a definition equals the one that this kind was created from.
    pub(crate) fn is_defined_by(&self, definition: &Definition) -> bool {
        let same = Arc::ptr_eq(&self.versions, &definition.versions) || self.versions == definition.versions;
        same && self.storage == definition.storage
            && self.converts_by_webhook == definition.converts_by_webhook
            && self.names == definition.names
            && self.namespaced == (definition.scope == Scope::Namespaced)
    }

    /// Returns this kind as a subresource of another, which errors name.
    pub(crate) fn as_subresource_of(&self, parent: &Kind) -> Self {
        Kind { resource: parent.resource.clone(), namespaced: parent.namespaced, ..self.clone() }
    }

    /// Returns the name of the space in the store.
    pub(crate) fn space(&self) -> String {
        match self.rules {
            Rules::Event(_) => "/events".to_owned(),
            _ => format!("{}/{}", self.resource.group, self.resource.resource),
        }
    }

    /// Whether its objects are reviews or bindings, which are answered and not stored.
    pub(crate) fn is_review(&self) -> bool {
        !self.builtin.is_empty() && builtin::is_review(&self.resource.group, &self.names.kind)
    }

    /// Whether its objects are bindings of pods, which are sent to a path of their own.
    pub(crate) fn is_binding(&self) -> bool {
        self.coded() == Some(("", "Binding"))
    }

    /// Whether its objects are created when they are read, and cannot be written.
    pub(crate) fn is_computed(&self) -> bool {
        self.coded() == Some(("", "ComponentStatus"))
    }

    /// Whether its objects are stored by another kind.
    pub(crate) fn is_alias(&self) -> bool {
        self.rules == Rules::Event(EventForm::New)
    }

    pub(crate) fn storage_version(&self) -> &Version {
        &self.versions[self.storage]
    }

    /// Returns the index of the storage version.
    pub(crate) fn storage_index(&self) -> usize {
        self.storage
    }

    pub(crate) fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.name == name)
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.rules == Rules::Custom
    }

    /// Whether the API server implements the kind as a Go struct, which changes many responses.
    pub(crate) fn is_typed(&self) -> bool {
        let group = &self.resource.group;
        !self.is_custom() && (!group.contains('.') || group.ends_with(".k8s.io"))
    }

    /// Applies the kind-specific decoding to an object. The error is that of Go.
    pub(crate) fn apply_decoding(&self, object: &mut Value) -> Result<(), String> {
        builtin::apply_decoding(self.rules, object)?;
        if self.is_typed() {
            // Errors of the metadata were reported when the body was decoded.
            let _ = metadata::normalize(object);
        }
        self.normalize(object);
        Ok(())
    }

    /// Omits and adds fields as Go's JSON encoder does for this kind, such as zero replicas of a scale.
    pub(crate) fn normalize(&self, object: &mut Value) {
        builtin::normalize(self.rules, object);
        if self.object_group.is_some()
            && object.pointer("/spec/replicas").and_then(Value::as_i64) == Some(0)
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            spec.remove("replicas");
        }
    }

    /// Returns `group/version`, or the version in the core group.
    pub(crate) fn api_version(&self, version: &Version) -> String {
        api_version(self.object_group.unwrap_or(&self.resource.group), &version.name)
    }

    /// Converts an object to another version: prunes unknown fields and sets no defaults.
    pub(crate) fn convert_to(&self, mut object: Value, version: &Version) -> Value {
        let api_version = self.api_version(version);
        if object.get("apiVersion").and_then(Value::as_str) != Some(&api_version) {
            object["apiVersion"] = api_version.into();
            self.convert_autoscaler(&mut object, version);
            // Built-in kinds are converted by code, without errors.
            let _ = match self.struct_of(version) {
                Some(type_) => catalogue::decode(type_, &mut object),
                None => Ok(prune(&version.schema, &mut object)),
            };
        }
        object
    }

    /// Decodes a stored object by the schema of its version.
    pub(crate) fn decode(&self, object: &mut Value) {
        if let Rules::Event(form) = self.rules {
            builtin::convert_event(form, object);
        }
        let stored = object.get("apiVersion").and_then(Value::as_str);
        let version = self.versions.iter().find(|version| Some(self.api_version(version).as_str()) == stored);
        // What cannot be decoded was rejected when it was written.
        let _ = self.coerce(version.unwrap_or(self.storage_version()), object);
        self.normalize(object);
    }

    /// Whether decoding a stored object does not change it.
    pub(crate) fn decodes_unchanged(&self, object: &Value) -> bool {
        let mut decoded = object.clone();
        self.decode(&mut decoded);
        decoded == *object
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
        found.map(|version| self.schema_of(version))
    }

    fn convert(&self, object: &Value, api_version: &str) -> Option<Value> {
        let mut object = object.clone();
        if let Rules::Event(_) = self.rules {
            builtin::convert_event(EventForm::of(api_version)?, &mut object);
            return Some(object);
        }
        let version = self.versions.iter().find(|version| self.api_version(version) == api_version)?;
        if self.is_autoscaler() {
            return Some(self.convert_to(object, version));
        }
        object["apiVersion"] = api_version.into();
        Some(object)
    }

    fn unknown_version_error(&self, api_version: &str) -> Option<String> {
        self.is_custom().then(|| format!("request to convert CR to an invalid group/version: {api_version}"))
    }

    fn empty_object(&self, api_version: &str) -> Value {
        let mut nothing = serde_json::json!({"apiVersion": api_version, "kind": self.names.kind});
        let version = self.versions.iter().find(|version| self.api_version(version) == api_version);
        if let Some(type_) = version.and_then(|version| self.decoded_by(version)) {
            // An empty object is valid for each struct.
            let _ = catalogue::decode(type_, &mut nothing);
        }
        self.normalize(&mut nothing);
        nothing
    }
}

/// Returns `group/version`, or the version in the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All kinds by group and plural.
#[derive(Clone, Default)]
pub(crate) struct Kinds {
    /// The release whose built-in kinds are served.
    pub(crate) release: Release,
    kinds: BTreeMap<GroupResource, Arc<Kind>>,
    definition_ids: u64,
}

impl Kinds {
    /// Returns an unused definition id.
    pub(crate) fn next_definition_id(&mut self) -> u64 {
        self.definition_ids += 1;
        self.definition_ids
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

    /// Returns the kinds that store objects.
    pub(crate) fn with_objects(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.all().filter(|kind| !kind.is_alias() && !kind.is_review() && !kind.is_computed())
    }

    /// Returns a kind by its group and name.
    pub(crate) fn of_kind(&self, group: &str, kind: &str) -> Option<&Arc<Kind>> {
        self.kinds.values().find(|other| other.resource.group == group && other.names.kind == kind)
    }
}
