//! The verbs of resources.
//!
//! Source: `apiserver/pkg/registry/generic/registry/store.go`, `apiserver/pkg/endpoints/handlers`,
//! `apiextensions-apiserver/pkg/registry/customresource`.

mod aggregation;
mod allocate;
mod authentication;
mod authorization;
mod binding;
mod body;
mod commit;
mod components;
mod context;
mod continuation;
mod controllers;
mod create;
mod definitions;
mod delete;
mod delete_options;
mod escalation;
mod garbage_collection;
mod graceful;
mod limits;
mod list;
mod managers;
mod patch;
mod path;
mod priority;
mod quota;
mod requests;
mod resources;
mod reviews;
mod scale;
mod seed;
pub(crate) mod selector;
mod storage;
mod target;
mod update;
mod validate;
mod watch;

pub(crate) use body::{Body, DuplicateKeys};
use body::{check_type_meta, check_version, kind_of};
pub(crate) use context::{Context, FieldValidation, Warnings, WriteOptions};
use definitions::Definitions;
pub(crate) use delete::DeleteOutcome;
pub(crate) use delete_options::{DeleteOptions, IGNORES_READ_ERRORS, Preconditions};
pub(crate) use list::{ListOptions, Page, VersionMatch};
pub(crate) use patch::PatchKind;
pub(crate) use scale::ScaleWrite;
pub(crate) use seed::{Seed, SeedError};
pub(crate) use selector::{Selection, check_fields, exact_name};
use serde_json::Value;
pub(crate) use target::Target;
pub(crate) use watch::{Delivery, Watch, WatchOptions};

use crate::auth::Access;
use crate::clock::Clock;
use crate::kinds::{Kind, Kinds};
use crate::status::Failure;
use crate::store::{Entry, Limits, Store};

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
    /// Whether lists and watches can be limited to a shard (feature gate `ShardedListAndWatch`).
    pub(crate) shards: bool,
    /// The users and whether their permissions are checked.
    pub(crate) access: Access,
    /// The version of cluster roles up to which aggregated roles have their rules.
    aggregated: u64,
    /// Whether a definition was written or deleted since the controllers ran.
    definitions_changed: bool,
    definitions: Definitions,
    /// The maximum nesting of all objects that were ever stored.
    pub(crate) levels: usize,
}

/// The result of a write.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) object: Value,
    pub(crate) created: bool,
    /// The stored object, if it is the response in the target's version byte for byte.
    pub(crate) stored: Option<bytes::Bytes>,
}

impl Written {
    /// Returns the result in the version of another target.
    fn in_version_of(self, target: &Target) -> Self {
        Written { object: target.kind.convert_to(self.object, target.version()), stored: None, ..self }
    }
}

impl Registry {
    /// Creates a registry without objects. Registries are cached, so their uids do not depend on the seed of one server.
    pub(crate) fn new(kinds: Kinds) -> Self {
        let mut registry = Registry {
            store: Store::new(Limits::default()),
            kinds,
            clock: Clock::new(),
            random: fastrand::Rng::with_seed(0),
            any_namespace: false,
            collects_garbage: false,
            shards: false,
            access: Access::default(),
            aggregated: 0,
            definitions_changed: false,
            definitions: Definitions::default(),
            levels: 0,
        };
        for kind in registry.kinds.with_objects() {
            registry.store.open(&kind.space());
        }
        registry
    }

    /// Serves a kind that no definition defines.
    pub(crate) fn serve_kind(&mut self, kind: Kind) {
        self.store.open(&kind.space());
        self.kinds.insert(kind);
    }

    /// Returns an independent copy.
    pub(crate) fn fork(&self) -> Self {
        Registry {
            store: self.store.fork(self.store.limits),
            kinds: self.kinds.clone(),
            definitions: self.definitions.clone(),
            access: self.access.clone(),
            random: self.random.clone(),
            ..*self
        }
    }

    /// Returns the object in the requested version.
    pub(crate) fn get(&self, target: &Target) -> Result<Value, Failure> {
        if target.kind.is_computed() {
            return Self::component_status(target);
        }
        let entry = self.entry(target)?;
        Ok(Self::read(target, &entry.value))
    }

    /// Returns the encoded object in the requested version.
    pub(crate) fn get_json(&self, target: &Target) -> Result<bytes::Bytes, Failure> {
        if target.kind.is_computed() {
            return Ok(target.kind.write(target.version(), &Self::component_status(target)?).into());
        }
        let entry = self.entry(target)?;
        Ok(Self::read_json(&target.kind, target.version(), &entry.value))
    }

    fn entry(&self, target: &Target) -> Result<&Entry, Failure> {
        self.store.get(&target.kind.space(), &target.key()).ok_or_else(|| target.not_found())
    }

    /// Returns the stored objects of a kind.
    pub(crate) fn objects_of(&self, kind: &Kind, namespace: Option<&str>) -> Vec<Value> {
        let entries = self.store.range(&kind.space(), namespace, None, None).unwrap_or_default();
        entries.iter().map(|(_, entry)| crate::json::decode_stored(&entry.value.json)).collect()
    }

    fn new_uid(&mut self) -> String {
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
