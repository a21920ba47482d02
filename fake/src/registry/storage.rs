//! Objects as they are stored: in the storage version, and decoded in the requested one.

use std::sync::Arc;

use bytes::Bytes;
use kube_structural_schema::Version;
use serde_json::Value;

use super::{Registry, Target, WriteOptions};
use crate::json;
use crate::kinds::{Kind, Rules, crd};
use crate::metadata;
use crate::status::Failure;
use crate::store::{Key, Stored};

impl Registry {
    /// Decodes a stored object in the requested version.
    pub(super) fn read(target: &Target, stored: &Stored) -> Value {
        Self::decode(&target.kind, target.version(), stored)
    }

    pub(crate) fn decode(kind: &Kind, version: &Version, stored: &Stored) -> Value {
        let object: Value = json::decode_stored(&stored.json);
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
    pub(super) fn as_if_stored(target: &Target, object: Value) -> Value {
        Self::convert_stored(&target.kind, target.version(), Self::to_storage(target, object))
    }

    /// Returns the encoded object in a version: the stored bytes if they are in that version.
    pub(crate) fn read_json(kind: &Kind, version: &Version, stored: &Stored) -> Bytes {
        if is_current(kind, version, stored) {
            return stored.json.clone();
        }
        kind.write(version, &Self::decode(kind, version, stored)).into()
    }

    /// Checks that an object fits into etcd, if necessary without its managed fields. An applied object keeps them.
    ///
    /// Source: `isTooLargeError` of `apiserver/pkg/endpoints/handlers/rest.go` and its callers.
    pub(super) fn check_size(object: &mut Value, options: &WriteOptions) -> Result<(), Failure> {
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

    /// Stores an object and sets its resource version. Returns the stored bytes if they are the response for the target's
    /// version.
    pub(super) fn put(&mut self, target: &Target, object: &mut Value) -> Option<Bytes> {
        target.kind.drop_empty(target.version(), object);
        let stored = Self::to_storage(target, object.clone());
        let kind = Arc::clone(&target.kind);
        self.definitions_changed |= kind.rules == Rules::Definition;
        let now = self.clock.elapsed();
        let key = Key::new(metadata::text(object, "namespace"), metadata::text(object, "name"));
        let decodes_unchanged = target.version().name == kind.storage_version().name || kind.decodes_unchanged(&stored);
        let (mut new_revision, mut current, mut levels) = (None, None, 0);
        self.store.put(&kind.space(), key, now, |revision| {
            let mut value = encode(&kind, stored, revision);
            if !decodes_unchanged {
                value.definition_id = NO_DEFINITION;
            }
            levels = json::depth::json_levels(&value.json);
            new_revision = Some(revision);
            current = is_current(&kind, target.version(), &value).then(|| value.json.clone());
            value
        });
        self.levels = self.levels.max(levels);
        metadata::set(object, "resourceVersion", new_revision.map(|revision| revision.to_string().into()));
        current
    }

    /// Converts an object to the storage version.
    fn to_storage(target: &Target, mut object: Value) -> Value {
        target.kind.drop_empty(target.version(), &mut object);
        let storage = target.kind.storage_version();
        if storage.name == target.version().name {
            return object;
        }
        object = target.kind.convert_to(object, storage);
        // Undecodable metadata was rejected in the request.
        let _ = metadata::normalize(&mut object);
        object
    }

    /// Whether the stored object equals this one.
    pub(super) fn is_stored(&self, target: &Target, object: &Value) -> bool {
        let Some(entry) = self.store.get(&target.kind.space(), &target.key()) else { return false };
        let stored = encode(&target.kind, Self::to_storage(target, object.clone()), entry.revision);
        stored.json == entry.value.json
    }

    /// Deletes an object and notifies watches. The kind of a deleted definition is not served any more.
    pub(super) fn remove(&mut self, target: &Target) {
        let (now, kind) = (self.clock.elapsed(), Arc::clone(&target.kind));
        let mut removed = None;
        self.store.delete(&kind.space(), &target.key(), now, |revision, last| {
            let object: Value = json::decode_stored(&last.json);
            removed = (kind.rules == Rules::Definition).then(|| object.clone());
            Stored { definition_id: last.definition_id, ..encode(&kind, object, revision) }
        });
        if let Some(definition) = removed {
            self.definitions_changed = true;
            self.stop_serving(&definition);
        }
    }

    fn stop_serving(&mut self, definition: &Value) {
        if crd::is_condition_true(definition, "Established")
            && let Some(definition) = crd::parse(definition)
            && let Some(kind) = self.kinds.get(&definition.group, &definition.names.plural).cloned()
        {
            self.kinds.remove(&kind.resource);
            self.store.drop_space(&kind.space());
        }
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
    let json = kind.write(kind.storage_version(), &object);
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
