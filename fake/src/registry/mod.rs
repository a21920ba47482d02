//! The verbs of a resource.
//!
//! Source: `apiserver/pkg/registry/generic/registry/store.go`, `apiserver/pkg/endpoints/handlers`,
//! `apiextensions-apiserver/pkg/registry/customresource`.

mod accept;
mod collect;
mod continuation;
mod create;
mod definitions;
mod delete;
mod delete_options;
pub(crate) mod embedded;
mod list;
pub(crate) mod metadata;
mod patch;
mod scale;
pub(crate) mod selector;
mod settle;
mod update;
mod validate;
mod watch;

use std::sync::Arc;

pub(crate) use accept::{Body, DuplicateKeys};
use accept::{group_of, is_typed, kind_of, type_meta};
pub(crate) use definitions::Definitions;
pub(crate) use delete::Deleted;
pub(crate) use delete_options::{DeleteOptions, IGNORES_READ_ERRORS, Preconditions};
use kube_structural_schema::Version;
use kube_structured_merge::{FieldManager, Set};
pub(crate) use list::{ListOptions, Match, Page};
pub(crate) use patch::PatchKind;
pub(crate) use scale::Rescale;
pub(crate) use selector::{Selection, check_fields};
use serde_json::Value;
pub(crate) use watch::{Delivery, Watch, WatchOptions};

use crate::clock::Clock;
use crate::json;
use crate::kinds::{Kind, Kinds, Rules};
use crate::status::Failure;
use crate::store::{Entry, Key, Store, Stored};

/// Everything that a server holds.
pub(crate) struct Registry {
    pub(crate) store: Store,
    pub(crate) kinds: Kinds,
    pub(crate) clock: Clock,
    pub(crate) random: fastrand::Rng,
    /// Whether objects are accepted in namespaces that do not exist.
    pub(crate) any_namespace: bool,
    /// Whether dependents of deleted owners are deleted.
    pub(crate) collects: bool,
    /// A definition was written or deleted since its controllers ran.
    pub(crate) definitions_changed: bool,
    pub(crate) definitions: Definitions,
    /// How deep the deepest object nests that was ever stored.
    pub(crate) levels: usize,
}

impl Registry {
    /// Returns an independent registry with the same state.
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

/// The target of a request.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Kind>,
    /// Which of the kind's versions.
    pub(crate) version: usize,
    /// Empty for cluster-scoped objects and for all namespaces.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: Subresource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subresource {
    None,
    Status,
    Scale,
    Finalize,
}

impl Subresource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Subresource::None => "",
            Subresource::Status => "status",
            Subresource::Scale => "scale",
            Subresource::Finalize => "finalize",
        }
    }
}

/// The treatment of unknown and duplicate fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// How something is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    /// The field manager.
    pub(crate) manager: String,
    pub(crate) validation: FieldValidation,
    pub(crate) force: bool,
    /// Whether a configuration is applied.
    pub(crate) is_apply: bool,
}

/// The result of a write.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) object: Value,
    pub(crate) created: bool,
    /// Whether the object equals the stored one, byte for byte.
    pub(crate) is_stored: bool,
}

impl Kind {
    /// An object of a kind that has no namespaces, in the version that is stored.
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

    /// The group in the error of an invalid object: events are validated as those of the core group.
    fn group_told<'o>(&self, object: &'o Value) -> &'o str {
        if self.kind.is_other_form() { "" } else { group_of(object) }
    }

    fn has_status(&self) -> bool {
        self.version().subresources.status
    }
}

impl Registry {
    /// The object in the requested version.
    pub(crate) fn get(&self, target: &Target) -> Result<Value, Failure> {
        let entry = self.entry(target)?;
        Ok(Self::read(target, &entry.value))
    }

    /// The object as JSON.
    pub(crate) fn get_json(&self, target: &Target) -> Result<bytes::Bytes, Failure> {
        let entry = self.entry(target)?;
        Ok(Self::read_json(&target.kind, target.version(), &entry.value))
    }

    fn entry(&self, target: &Target) -> Result<&Entry, Failure> {
        self.store.get(&target.kind.space(), &target.key()).ok_or_else(|| target.not_found())
    }

    /// A stored object in the requested version.
    fn read(target: &Target, stored: &Stored) -> Value {
        Self::decode(&target.kind, target.version(), stored)
    }

    pub(crate) fn decode(kind: &Kind, version: &Version, stored: &Stored) -> Value {
        let object: Value = crate::json::stored(&stored.json);
        if is_current(kind, version, stored) {
            return object;
        }
        Self::coerced(kind, version, object)
    }

    /// A stored object as it is read in a version: with the defaults of the version that it is stored in, and what the other
    /// version knows of it.
    fn coerced(kind: &Kind, version: &Version, mut object: Value) -> Value {
        kind.read(&mut object);
        // Invalid objects were rejected when they were written.
        let _ = metadata::normalise(&mut object);
        kind.converted(object, version)
    }

    /// The result of a write that stores nothing.
    fn as_if_stored(target: &Target, object: Value) -> Value {
        Self::coerced(&target.kind, target.version(), Self::to_storage(target, object))
    }

    /// The same as JSON: the stored bytes, if they are what is requested.
    pub(crate) fn read_json(kind: &Kind, version: &Version, stored: &Stored) -> bytes::Bytes {
        if is_current(kind, version, stored) {
            return stored.json.clone();
        }
        json::write(&Self::decode(kind, version, stored)).into()
    }

    /// Reduces an object to etcd's limit by removing its managed fields if necessary; applied objects keep them.
    ///
    /// Source: `isTooLargeError` of `apiserver/pkg/endpoints/handlers/rest.go` and its callers.
    pub(crate) fn fit(object: &mut Value, options: &WriteOptions) -> Result<(), Failure> {
        let fits = Self::fits(object);
        if fits.is_ok() || options.is_apply {
            return fits;
        }
        metadata::set(object, "managedFields", None);
        Self::fits(object)
    }

    /// Checks that etcd takes an object. One that is small whatever is in it is not written just to learn its size.
    ///
    /// Source: `etcdserver/v3_server.go`, `--max-request-bytes`; the message size of etcd's client.
    fn fits(object: &Value) -> Result<(), Failure> {
        const REQUEST: usize = 3 * 1024 * 1024 / 2;
        const MESSAGE: usize = 2 * 1024 * 1024;
        if json::is_at_most(object, REQUEST) {
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

    /// Stores an object and sets its resource version. Returns whether it is returned unchanged.
    pub(crate) fn put(&mut self, target: &Target, object: &mut Value) -> bool {
        let stored = Self::to_storage(target, object.clone());
        let kind = Arc::clone(&target.kind);
        self.definitions_changed |= kind.rules == Rules::Definition;
        let now = self.clock.elapsed();
        let key = Key::new(metadata::text(object, "namespace"), metadata::text(object, "name"));
        let is_read_so = target.version().name == kind.storage_version().name || kind.reads_as_it_is(&stored);
        let (mut made, mut levels) = (None, 0);
        self.store.put(&kind.space(), key, now, |revision| {
            let mut value = encode(&kind, stored, revision);
            if !is_read_so {
                value.mark = NO_MARK;
            }
            levels = json::depth::levels(&value.json);
            made = Some((revision, is_current(&kind, target.version(), &value)));
            value
        });
        self.levels = self.levels.max(levels);
        metadata::set(object, "resourceVersion", made.map(|(revision, _)| revision.to_string().into()));
        made.is_some_and(|(_, is_unvalidated)| is_unvalidated)
    }

    /// The object in the version of storage.
    fn to_storage(target: &Target, object: Value) -> Value {
        let storage = target.kind.storage_version();
        if storage.name == target.version().name {
            return object;
        }
        let mut object = target.kind.converted(object, storage);
        // Invalid bodies were rejected when they were decoded.
        let _ = metadata::normalise(&mut object);
        object
    }

    /// The manager of fields for writes to a target.
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
    stored.mark == kind.mark && kind.storage_version().name == version.name
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
    let mark = if lacks_default || may_be_read_otherwise(&object, &json) { NO_MARK } else { kind.mark };
    Stored { json: json.into(), mark, deleting: metadata::is_deleting(&object) }
}

/// The mark of objects that are decoded again at each read.
const NO_MARK: u64 = 0;

/// Whether an object has nulls or, in its metadata, empty values: they are stored, but not always read. A text that looks
/// like a null in the JSON is taken for one.
fn may_be_read_otherwise(object: &Value, json: &[u8]) -> bool {
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

/// What nobody can write here: with a status of its own, the status of the object, and all but that of the status.
pub(crate) fn reset_fields(rules: Rules, subresource: Subresource) -> Set {
    match subresource {
        Subresource::Status if rules == Rules::Namespace => Set::from_fields([["spec"].as_slice()]),
        Subresource::Status => Set::from_fields([["metadata"].as_slice(), &["spec"]]),
        _ => Set::from_fields([["status"].as_slice()]),
    }
}
