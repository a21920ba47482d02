//! The builder of servers.

use std::path::Path;
use std::time::Duration;

use kube::core::ApiResource;
use kube::discovery::Scope;
use serde_json::Value;

use super::base::{self, Text};
use super::error::BuildError;
use super::{FakeApiServer, files};
use crate::auth::User;
use crate::catalogue::Release;
use crate::clock::Clock;
use crate::http::Shared;
use crate::json::depth;
use crate::kinds::builtin;
use crate::registry::Seed;
use crate::store::Limits;

/// Configures and starts a [`FakeApiServer`].
#[derive(Default)]
pub struct Builder {
    definitions: Vec<Text>,
    kinds: Vec<(ApiResource, Scope)>,
    objects: Vec<InitialObject>,
    namespaces: Vec<String>,
    any_namespace: bool,
    collects_garbage: bool,
    shards: bool,
    history: Option<usize>,
    seed: Option<u64>,
    release: Release,
    rbac: bool,
    anonymous: Option<bool>,
    users: Vec<User>,
}

/// An object that a server is created with.
struct InitialObject {
    seed: Seed,
    /// The file and line of the object.
    location: Option<String>,
}

impl InitialObject {
    /// Orders the creation: an object after those that it depends on.
    fn rank(&self) -> u8 {
        let (Seed::Created(object) | Seed::Stored(object)) = &self.seed;
        match object.get("kind").and_then(Value::as_str) {
            Some("CustomResourceDefinition") => 0,
            Some("Namespace") => 1,
            _ => 2,
        }
    }
}

/// The name of definitions that are not read from files.
const UNNAMED: &str = "a CRD of the builder";

impl Builder {
    /// Serves the kinds of CRDs: those that a generated crate embeds, or any other serializable ones.
    ///
    /// # Errors
    /// Returns an error if a CRD cannot be serialized.
    pub fn crds(mut self, crds: impl IntoIterator<Item = impl serde::Serialize>) -> Result<Self, BuildError> {
        for crd in crds {
            self.definitions.push(Text { name: UNNAMED.to_owned(), text: serde_json::to_string(&crd)?, is_json: true });
        }
        Ok(self)
    }

    /// Serves the kinds of CRDs in YAML or JSON with one or more documents.
    pub fn crds_yaml(mut self, text: impl Into<String>) -> Self {
        self.definitions.push(Text { name: UNNAMED.to_owned(), text: text.into(), is_json: false });
        self
    }

    /// Serves the kinds of the CRDs in a file, or in all `.yaml`, `.yml` and `.json` files of a directory and its
    /// subdirectories.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn crds_in(mut self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        for (name, text) in files::read(path.as_ref())? {
            self.definitions.push(Text { name, text, is_json: false });
        }
        Ok(self)
    }

    /// Serves a kind without a schema, in one version. Its objects are stored unchanged and have a `status`
    /// subresource.
    pub fn kind(mut self, resource: ApiResource, scope: Scope) -> Self {
        self.kinds.push((resource, scope));
        self
    }

    /// Creates an object before the server starts.
    ///
    /// # Errors
    /// Returns an error if the object cannot be serialized.
    pub fn object(mut self, object: &impl serde::Serialize) -> Result<Self, BuildError> {
        self.objects.push(InitialObject { seed: Seed::Created(serde_json::to_value(object)?), location: None });
        Ok(self)
    }

    /// Stores an object without validation, pruning or defaults, as an older CRD or a direct write to etcd may have
    /// left it. The object gets a `uid` and `creationTimestamp` unless it has them.
    ///
    /// # Errors
    /// Returns an error if the object cannot be serialized.
    pub fn stored(mut self, object: &impl serde::Serialize) -> Result<Self, BuildError> {
        self.objects.push(InitialObject { seed: Seed::Stored(serde_json::to_value(object)?), location: None });
        Ok(self)
    }

    /// Creates the objects in a file, or in all `.yaml`, `.yml` and `.json` files of a directory and its
    /// subdirectories. The items of lists are created one by one. CRDs and namespaces are created before other objects,
    /// in whatever order the files contain them.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is not valid YAML.
    pub fn objects_in(mut self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        for (name, text) in files::read(path.as_ref())? {
            let read = || files::objects(&name, &text);
            for (object, line) in depth::with_stack_for(depth::yaml_levels(text.as_bytes()), read)? {
                self.objects
                    .push(InitialObject { seed: Seed::Created(object), location: Some(format!("{name}:{line}")) });
            }
        }
        Ok(self)
    }

    /// Creates namespaces in addition to `default` and the `kube-*` namespaces.
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces.extend(names.into_iter().map(Into::into));
        self
    }

    /// Accepts objects in namespaces that do not exist.
    pub fn any_namespace(self) -> Self {
        Builder { any_namespace: true, ..self }
    }

    /// Enables garbage collection: dependents are deleted after their owners.
    pub fn garbage_collection(self) -> Self {
        Builder { collects_garbage: true, ..self }
    }

    /// Enables the feature gate `ShardedListAndWatch`: lists and watches can be limited to a shard (`shardSelector`). Without
    /// it, the parameter is ignored, as by default in Kubernetes.
    pub fn sharded_list_and_watch(self) -> Self {
        Builder { shards: true, ..self }
    }

    /// Enables RBAC: users have the permissions of stored roles and bindings, and the default roles and bindings exist
    /// (`cluster-admin`, `admin`, `edit`, `view`, `system:basic-user`, `system:discovery`, `system:public-info-viewer`).
    /// Without it, everything is allowed. [`FakeApiServer::client_as`] returns clients of users;
    /// [`FakeApiServer::client`] may do everything.
    pub fn rbac(self) -> Self {
        Builder { rbac: true, ..self }
    }

    /// Adds a user with a token ([`User::with_token`]), by which servers over TCP and token reviews identify it.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Sets whether requests without credentials are those of the user `system:anonymous`, as by default with RBAC; else
    /// they fail with 401.
    pub fn anonymous(self, is_allowed: bool) -> Self {
        Builder { anonymous: Some(is_allowed), ..self }
    }

    /// Limits the watch history of each kind to this number of changes.
    pub fn history(self, changes: usize) -> Self {
        Builder { history: Some(changes), ..self }
    }

    /// Seeds the generator of uids and generated names, so that runs are reproducible.
    pub fn seed(self, seed: u64) -> Self {
        Builder { seed: Some(seed), ..self }
    }

    /// Serves the built-in kinds of a release of Kubernetes; the default is the newest that this crate knows.
    pub fn kubernetes(self, release: Release) -> Self {
        Builder { release, ..self }
    }

    /// Starts the server, which is ready immediately.
    ///
    /// # Errors
    /// Returns an error if a CRD or an object is rejected.
    pub fn build(self) -> Result<FakeApiServer, BuildError> {
        depth::with_stack_for(self.levels(), || self.start())
    }

    /// Returns an upper bound of the nesting of all definitions and objects.
    fn levels(&self) -> usize {
        let definitions = self.definitions.iter().map(|definition| depth::yaml_levels(definition.text.as_bytes()));
        let objects = self.objects.iter().map(|initial| match &initial.seed {
            Seed::Created(object) | Seed::Stored(object) => depth::value_levels(object),
        });
        definitions.chain(objects).max().unwrap_or_default()
    }

    fn start(mut self) -> Result<FakeApiServer, BuildError> {
        let mut registry = base::registry(&self.definitions, self.release, self.rbac)?;
        if let Some(max) = self.history {
            registry.store.limits = Limits { min: max, max, window: Duration::ZERO };
        }
        registry.clock = Clock::new();
        registry.random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        registry.any_namespace = self.any_namespace;
        registry.collects_garbage = self.collects_garbage;
        registry.shards = self.shards;
        // Source: `BuiltInAuthorizationOptions` and `BuiltInAuthenticationOptions.ApplyAuthorization` of kube-apiserver.
        registry.access.anonymous = self.anonymous.unwrap_or(self.rbac);
        for user in self.users {
            registry.add_user(&user);
        }
        for (resource, scope) in self.kinds {
            let kind =
                builtin::without_schema(&resource, scope == Scope::Namespaced, registry.kinds.next_definition_id());
            registry.serve_kind(kind);
        }
        let namespaces = self.namespaces.iter().map(|name| Seed::Created(base::namespace(name)));
        let namespaces: Vec<InitialObject> = namespaces.map(|seed| InitialObject { seed, location: None }).collect();
        self.objects.sort_by_key(InitialObject::rank);
        let (seeds, locations): (Vec<Seed>, Vec<Option<String>>) =
            namespaces.into_iter().chain(self.objects).map(|initial| (initial.seed, initial.location)).unzip();
        registry.seed("seed", seeds).map_err(|(index, error)| match locations.into_iter().nth(index).flatten() {
            Some(location) => BuildError::At { location, source: Box::new(error.into()) },
            None => error.into(),
        })?;
        Ok(FakeApiServer { shared: Shared::new(registry) })
    }
}
