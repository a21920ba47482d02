//! The builder of servers.

use std::path::Path;
use std::time::Duration;

use kube::core::ApiResource;
use kube::discovery::Scope;
use serde_json::Value;

use super::{FakeApiServer, base, files};
use crate::clock::Clock;
use crate::http::Shared;
use crate::json::depth;
use crate::kinds::builtin;
use crate::status::Failure;
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
    history: Option<usize>,
    seed: Option<u64>,
}

/// CRDs in YAML or JSON.
pub(super) struct Text {
    /// The name in error messages.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether the text was serialized by the builder, as JSON.
    pub(super) is_json: bool,
}

/// An object that a server is created with.
struct InitialObject {
    object: Value,
    /// Whether the object bypasses creation: no validation, no defaults.
    stored: bool,
    /// The file and line of the object.
    location: Option<String>,
}

/// An error while a server is built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A CRD is invalid.
    #[error("invalid CRD: {0}")]
    Definition(String),
    /// An object is rejected.
    #[error("object rejected: {0}")]
    Object(Failure),
    /// The server does not serve the kind of an object.
    #[error("the kind of an object is not served: {api_version} {kind}: pass its CRD to the builder")]
    UnknownKind {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
    },
    /// An object cannot be serialized.
    #[error("cannot serialize an object: {0}")]
    Json(#[from] serde_json::Error),
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A file is not valid YAML.
    #[error("{location}: {reason}")]
    Yaml {
        /// The file, line and column.
        location: String,
        /// The cause.
        reason: String,
    },
    /// An object in a file cannot be created.
    #[error("{location}: {source}")]
    At {
        /// The file and line.
        location: String,
        /// The cause.
        source: Box<BuildError>,
    },
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
        self.objects.push(InitialObject { object: serde_json::to_value(object)?, stored: false, location: None });
        Ok(self)
    }

    /// Stores an object without validation, pruning or defaults, as an older CRD or a direct write to etcd may have
    /// left it. The object gets a `uid` and `creationTimestamp` unless it has them.
    ///
    /// # Errors
    /// Returns an error if the object cannot be serialized.
    pub fn stored(mut self, object: &impl serde::Serialize) -> Result<Self, BuildError> {
        self.objects.push(InitialObject { object: serde_json::to_value(object)?, stored: true, location: None });
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
                self.objects.push(InitialObject { object, stored: false, location: Some(format!("{name}:{line}")) });
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

    /// Limits the watch history of each kind to this number of changes.
    pub fn history(self, changes: usize) -> Self {
        Builder { history: Some(changes), ..self }
    }

    /// Seeds the generator of uids and generated names, so that runs are reproducible.
    pub fn seed(self, seed: u64) -> Self {
        Builder { seed: Some(seed), ..self }
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
        let objects = self.objects.iter().map(|initial| depth::value_levels(&initial.object));
        definitions.chain(objects).max().unwrap_or_default()
    }

    fn start(mut self) -> Result<FakeApiServer, BuildError> {
        let mut registry = base::registry(&self.definitions)?;
        if let Some(max) = self.history {
            registry.store.limits = Limits { min: max, max, window: Duration::ZERO };
        }
        registry.clock = Clock::new();
        registry.random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        registry.any_namespace = self.any_namespace;
        registry.collects_garbage = self.collects_garbage;
        for (resource, scope) in self.kinds {
            let kind =
                builtin::without_schema(&resource, scope == Scope::Namespaced, registry.kinds.next_definition_id());
            registry.store.open(&kind.space());
            registry.kinds.insert(kind);
        }
        for name in self.namespaces {
            base::create(&mut registry, base::namespace(&name))?;
        }
        self.objects.sort_by_key(|result| rank(&result.object));
        for InitialObject { object, stored, location } in self.objects {
            let result = if stored { base::store(&mut registry, object) } else { base::create(&mut registry, object) };
            result.map_err(|error| match location {
                Some(location) => BuildError::At { location, source: Box::new(error) },
                None => error,
            })?;
        }
        registry.run_controllers();
        Ok(FakeApiServer { shared: Shared::new(registry) })
    }
}

/// Orders the creation: an object after those that it depends on.
fn rank(object: &Value) -> u8 {
    match object.get("kind").and_then(Value::as_str) {
        Some("CustomResourceDefinition") => 0,
        Some("Namespace") => 1,
        _ => 2,
    }
}
