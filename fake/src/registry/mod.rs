//! The verbs of resources.
//!
//! Source: `apiserver/pkg/registry/generic/registry/store.go`, `apiserver/pkg/endpoints/handlers`,
//! `apiextensions-apiserver/pkg/registry/customresource`.

mod body;
mod continuation;
mod controllers;
mod create;
mod definitions;
mod delete;
mod delete_options;
mod garbage_collection;
mod list;
mod patch;
mod scale;
pub(crate) mod selector;
mod update;
mod validate;
mod watch;

use std::sync::Arc;

pub(crate) use body::{Body, DuplicateKeys};
use body::{check_type_meta, check_version, group_of, kind_of};
pub(crate) use definitions::Definitions;
pub(crate) use delete::DeleteOutcome;
pub(crate) use delete_options::{DeleteOptions, IGNORES_READ_ERRORS, Preconditions};
use kube_structural_schema::Version;
use kube_structured_merge::{FieldManager, Set};
pub(crate) use list::{ListOptions, Page, VersionMatch};
pub(crate) use patch::PatchKind;
pub(crate) use scale::ScaleWrite;
pub(crate) use selector::{Selection, check_fields};
use serde_json::Value;
pub(crate) use watch::{Delivery, Watch, WatchOptions};

use crate::clock::Clock;
use crate::json;
pub(crate) use crate::kinds::Subresource;
use crate::kinds::{Kind, Kinds, Rules};
use crate::metadata;
use crate::status::Failure;
use crate::store::{Entry, Key, Store, Stored};

/// The state of a server: objects, kinds and options.
pub(crate) struct Registry {
    pub(crate) store: Store,
    pub(crate) kinds: Kinds,
    pub(crate) clock: Clock,
    pub(crate) random: fastrand::Rng,
    /// Whether objects may be created in namespaces that do not exist.
    pub(crate) any_namespace: bool,
    /// Whether dependents are deleted after their owners.
    pub(crate) collects_garbage: bool,
    /// Whether a definition was written or deleted since the controllers ran.
    pub(crate) definitions_changed: bool,
    pub(crate) definitions: Definitions,
    /// The maximum nesting of all objects that were ever stored.
    pub(crate) levels: usize,
}

impl Registry {
    /// Returns an independent copy.
    pub(crate) fn fork(&self) -> Self {
        Registry {
            store: self.store.fork(self.store.limits),
            kinds: self.kinds.clone(),
            definitions: self.definitions.clone(),
            random: self.random.clone(),
            ..*self
        }
    }
}

/// The resource or object of a request.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Kind>,
    /// The index of the requested version.
    pub(crate) version: usize,
    /// The namespace; empty for cluster-scoped objects and for all namespaces.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: Subresource,
}

/// The handling of unknown and duplicate fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// The options of a write.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    /// The field manager.
    pub(crate) manager: String,
    pub(crate) validation: FieldValidation,
    pub(crate) force: bool,
    /// Whether the request is a server-side apply.
    pub(crate) is_apply: bool,
}

/// The result of a write.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) object: Value,
    pub(crate) created: bool,
    /// Whether the object equals the stored one byte for byte.
    pub(crate) is_stored: bool,
}

impl Kind {
    /// Returns the target of a cluster-scoped object in the storage version.
    pub(crate) fn target(self: &Arc<Self>, name: &str) -> Target {
        Target {
            kind: Arc::clone(self),
            version: self.storage_index(),
            namespace: String::new(),
            name: name.to_owned(),
            subresource: Subresource::None,
        }
    }
}

impl Target {
    pub(crate) fn version(&self) -> &Version {
        &self.kind.versions[self.version]
    }

    pub(crate) fn api_version(&self) -> String {
        self.kind.api_version(self.version())
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }

    fn not_found(&self) -> Failure {
        Failure::not_found(&self.kind.resource, &self.name)
    }

    /// Returns the group of an invalid object in errors. Events are validated as those of the core group.
    fn error_group<'o>(&self, object: &'o Value) -> &'o str {
        if self.kind.is_alias() { "" } else { group_of(object) }
    }

    fn has_status(&self) -> bool {
        self.version().subresources.status
    }
}

impl Registry {
    /// Returns the object in the requested version.
    pub(crate) fn get(&self, target: &Target) -> Result<Value, Failure> {
        let entry = self.entry(target)?;
        Ok(Self::read(target, &entry.value))
    }

    /// Returns the encoded object in the requested version.
    pub(crate) fn get_json(&self, target: &Target) -> Result<bytes::Bytes, Failure> {
        let entry = self.entry(target)?;
        Ok(Self::read_json(&target.kind, target.version(), &entry.value))
    }

    fn entry(&self, target: &Target) -> Result<&Entry, Failure> {
        self.store.get(&target.kind.space(), &target.key()).ok_or_else(|| target.not_found())
    }

    /// Decodes a stored object in the requested version.
    fn read(target: &Target, stored: &Stored) -> Value {
        Self::decode(&target.kind, target.version(), stored)
    }

    pub(crate) fn decode(kind: &Kind, version: &Version, stored: &Stored) -> Value {
        let object: Value = crate::json::decode_stored(&stored.json);
        if is_current(kind, version, stored) {
            return object;
        }
        Self::convert_stored(kind, version, object)
    }

    /// Converts a stored object to a version: sets the defaults of its storage version and prunes by the requested
    /// version.
    fn convert_stored(kind: &Kind, version: &Version, mut object: Value) -> Value {
        kind.decode(&mut object);
        // Undecodable metadata was rejected when the object was written.
        let _ = metadata::normalize(&mut object);
        kind.convert_to(object, version)
    }

    /// Returns the response to a write that does not store the object.
    fn as_if_stored(target: &Target, object: Value) -> Value {
        Self::convert_stored(&target.kind, target.version(), Self::to_storage(target, object))
    }

    /// Returns the encoded object in a version: the stored bytes if they are in that version.
    pub(crate) fn read_json(kind: &Kind, version: &Version, stored: &Stored) -> bytes::Bytes {
        if is_current(kind, version, stored) {
            return stored.json.clone();
        }
        json::write(&Self::decode(kind, version, stored)).into()
    }

    /// Checks that an object fits into etcd, if necessary without its managed fields. An applied object keeps them.
    ///
    /// Source: `isTooLargeError` of `apiserver/pkg/endpoints/handlers/rest.go` and its callers.
    pub(crate) fn check_size(object: &mut Value, options: &WriteOptions) -> Result<(), Failure> {
        let result = Self::fits_into_etcd(object);
        if result.is_ok() || options.is_apply {
            return result;
        }
        metadata::set(object, "managedFields", None);
        Self::fits_into_etcd(object)
    }

    /// Checks the size of an object. Small objects are not encoded for this.
    ///
    /// Source: `etcdserver/v3_server.go`, `--max-request-bytes`; the message size of etcd's client.
    fn fits_into_etcd(object: &Value) -> Result<(), Failure> {
        const REQUEST: usize = 3 * 1024 * 1024 / 2;
        const MESSAGE: usize = 2 * 1024 * 1024;
        if json::fits_into(object, REQUEST) {
            return Ok(());
        }
        let size = json::write(object).len();
        if size > MESSAGE {
            let message = format!(
                "rpc error: code = ResourceExhausted desc = trying to send message larger than max ({size} vs. {MESSAGE})"
            );
            return Err(Failure::untyped(message));
        }
        if size > REQUEST { Err(Failure::untyped("etcdserver: request is too large")) } else { Ok(()) }
    }

    /// Stores an object and sets its resource version. Returns whether the stored bytes are the response for the
    /// target's version.
    pub(crate) fn put(&mut self, target: &Target, object: &mut Value) -> bool {
        let stored = Self::to_storage(target, object.clone());
        let kind = Arc::clone(&target.kind);
        self.definitions_changed |= kind.rules == Rules::Definition;
        let now = self.clock.elapsed();
        let key = Key::new(metadata::text(object, "namespace"), metadata::text(object, "name"));
        let decodes_unchanged = target.version().name == kind.storage_version().name || kind.decodes_unchanged(&stored);
        let (mut stored_revision, mut levels) = (None, 0);
        self.store.put(&kind.space(), key, now, |revision| {
            let mut value = encode(&kind, stored, revision);
            if !decodes_unchanged {
                value.definition_id = NO_DEFINITION;
            }
            levels = json::depth::json_levels(&value.json);
            stored_revision = Some((revision, is_current(&kind, target.version(), &value)));
            value
        });
        self.levels = self.levels.max(levels);
        metadata::set(object, "resourceVersion", stored_revision.map(|(revision, _)| revision.to_string().into()));
        stored_revision.is_some_and(|(_, is_current)| is_current)
    }

    /// Converts an object to the storage version.
    fn to_storage(target: &Target, object: Value) -> Value {
        let storage = target.kind.storage_version();
        if storage.name == target.version().name {
            return object;
        }
        let mut object = target.kind.convert_to(object, storage);
        // Undecodable metadata was rejected in the request.
        let _ = metadata::normalize(&mut object);
        object
    }

    /// Returns the field manager for writes to a target.
    fn field_manager<'f>(target: &'f Target, api_version: &'f str, reset: &'f Set) -> FieldManager<'f> {
        let manager = FieldManager::new(&*target.kind, api_version).with_subresource(target.subresource.name());
        if target.has_status() { manager.with_reset_fields(reset) } else { manager }
    }

    pub(crate) fn new_uid(&mut self) -> String {
        let (a, b) = (self.random.u64(..), self.random.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            (b >> 48) & 0x3fff | 0x8000,
            b & 0xffff_ffff_ffff
        )
    }
}

fn is_current(kind: &Kind, version: &Version, stored: &Stored) -> bool {
    stored.definition_id == kind.definition_id && kind.storage_version().name == version.name
}

fn encode(kind: &Kind, mut object: Value, revision: u64) -> Stored {
    metadata::set(&mut object, "resourceVersion", Some(revision.to_string().into()));
    let lacks_default = kind
        .storage_version()
        .schema
        .properties
        .iter()
        .any(|(name, schema)| schema.default.is_some() && object.get(name).is_none());
    let json = json::write(&object);
    let definition_id =
        if lacks_default || may_decode_differently(&object, &json) { NO_DEFINITION } else { kind.definition_id };
    Stored { json: json.into(), definition_id, deleting: metadata::is_deleting(&object) }
}

/// The id of values that must be converted on each read.
const NO_DEFINITION: u64 = 0;

/// Whether an object has nulls or empty metadata, which decoding may change. Text that resembles a null counts as one.
fn may_decode_differently(object: &Value, json: &[u8]) -> bool {
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let is_null = |at: usize| at > 0 && matches!(json[at - 1], b':' | b'[' | b',');
    let metadata = object.get("metadata").and_then(Value::as_object);
    metadata.is_some_and(|metadata| metadata.values().any(is_empty))
        || memchr::memmem::find_iter(json, "null").any(is_null)
}
