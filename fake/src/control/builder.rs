//! The builder of a server: its kinds, initial objects and settings.

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

/// The builder of a server: its kinds, initial objects and settings.
#[derive(Default)]
pub struct Builder {
    definitions: Vec<Text>,
    kinds: Vec<(ApiResource, Scope)>,
    objects: Vec<InitialObject>,
    namespaces: Vec<String>,
    any_namespace: bool,
    collects: bool,
    history: Option<usize>,
    seed: Option<u64>,
}

/// Definitions in YAML or JSON.
pub(super) struct Text {
    /// The name in error messages.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether it was written here, as JSON.
    pub(super) is_json: bool,
}

/// An initial object.
struct InitialObject {
    object: Value,
    /// Whether it is stored without validation.
    is_unvalidated: bool,
    /// The file and line of the object.
    place: Option<String>,
}

/// Why a server was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A definition is invalid.
    #[error("a CRD cannot be served: {0}")]
    Definition(String),
    /// An object is refused.
    #[error("an object is refused: {0}")]
    Object(Failure),
    /// An object is of no kind that the server has.
    #[error("an object is of a kind that the server does not have: {api_version}, {kind}; give the builder its CRD")]
    Kind {
        /// The object's `apiVersion`.
        api_version: String,
        /// The object's `kind`.
        kind: String,
    },
    /// An object cannot be written as JSON.
    #[error("an object cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {source}")]
    File {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not valid YAML.
    #[error("{place}: {reason}")]
    Yaml {
        /// File, line and column.
        place: String,
        /// Why.
        reason: String,
    },
    /// An object in a file is rejected.
    #[error("{place}: {source}")]
    At {
        /// File and line.
        place: String,
        /// Why.
        source: Box<BuildError>,
    },
}

/// The name of definitions that are not from a file.
const UNNAMED: &str = "a CRD of the builder";

impl Builder {
    /// Serves the kinds of CRDs: those that a generated crate embeds, or any other objects.
    ///
    /// # Errors
    /// If one cannot be written as JSON.
    pub fn crds(mut self, crds: impl IntoIterator<Item = impl serde::Serialize>) -> Result<Self, BuildError> {
        for crd in crds {
            self.definitions.push(Text { name: UNNAMED.to_owned(), text: serde_json::to_string(&crd)?, is_json: true });
        }
        Ok(self)
    }

    /// Serves the kinds of CRDs in YAML or JSON, one document or more.
    pub fn crds_yaml(mut self, text: impl Into<String>) -> Self {
        self.definitions.push(Text { name: UNNAMED.to_owned(), text: text.into(), is_json: false });
        self
    }

    /// Serves the kinds of the CRDs in a file, or in all `.yaml`, `.yml` and `.json` files of a folder and its folders.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn crds_in(mut self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        for (name, text) in files::read(path.as_ref())? {
            self.definitions.push(Text { name, text, is_json: false });
        }
        Ok(self)
    }

    /// Serves a kind without a schema, in one version: objects are stored unchanged, and status is a subresource.
    pub fn kind(mut self, resource: ApiResource, scope: Scope) -> Self {
        self.kinds.push((resource, scope));
        self
    }

    /// Adds an initial object, which is created like any other.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn object(mut self, object: &impl serde::Serialize) -> Result<Self, BuildError> {
        self.objects.push(InitialObject { object: serde_json::to_value(object)?, is_unvalidated: false, place: None });
        Ok(self)
    }

    /// Adds an initial object that is stored unchanged: neither validated nor pruned nor defaulted, as an older CRD or a
    /// direct write to etcd may have left it. It gets a uid and a creation time unless it has them.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn stored(mut self, object: &impl serde::Serialize) -> Result<Self, BuildError> {
        self.objects.push(InitialObject { object: serde_json::to_value(object)?, is_unvalidated: true, place: None });
        Ok(self)
    }

    /// Adds the objects of a file, or of all `.yaml`, `.yml` and `.json` files below a folder. Lists are
    /// expanded. Definitions and namespaces are created first, whatever their position.
    ///
    /// # Errors
    /// If a file cannot be read or is not valid YAML.
    pub fn objects_in(mut self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        for (name, text) in files::read(path.as_ref())? {
            let read = || files::objects(&name, &text);
            for (object, line) in depth::grown_for(depth::yaml_levels(text.as_bytes()), read)? {
                self.objects.push(InitialObject {
                    object,
                    is_unvalidated: false,
                    place: Some(format!("{name}:{line}")),
                });
            }
        }
        Ok(self)
    }

    /// Adds namespaces to `default` and the system namespaces.
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces.extend(names.into_iter().map(Into::into));
        self
    }

    /// Accepts objects in namespaces that do not exist.
    pub fn any_namespace(self) -> Self {
        Builder { any_namespace: true, ..self }
    }

    /// Collects garbage: deletes the dependents of deleted owners.
    pub fn garbage_collection(self) -> Self {
        Builder { collects: true, ..self }
    }

    /// Sets the number of changes of a kind that watchers can resume from.
    pub fn history(self, changes: usize) -> Self {
        Builder { history: Some(changes), ..self }
    }

    /// Makes uids and generated names the same in each run.
    pub fn seed(self, seed: u64) -> Self {
        Builder { seed: Some(seed), ..self }
    }

    /// Starts the server: it is ready at once.
    ///
    /// # Errors
    /// If a CRD or an object is refused.
    pub fn build(self) -> Result<FakeApiServer, BuildError> {
        depth::grown_for(self.levels(), || self.started())
    }

    /// An upper bound of the nesting of every definition and object.
    fn levels(&self) -> usize {
        let definitions = self.definitions.iter().map(|definition| depth::yaml_levels(definition.text.as_bytes()));
        let objects = self.objects.iter().map(|initial| depth::levels_of(&initial.object));
        definitions.chain(objects).max().unwrap_or_default()
    }

    fn started(mut self) -> Result<FakeApiServer, BuildError> {
        let mut registry = base::of(&self.definitions)?;
        if let Some(most) = self.history {
            registry.store.limits = Limits { least: most, most, window: Duration::ZERO };
        }
        registry.clock = Clock::new();
        registry.random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        registry.any_namespace = self.any_namespace;
        registry.collects = self.collects;
        for (resource, scope) in self.kinds {
            let kind = builtin::without_schema(&resource, scope == Scope::Namespaced, registry.kinds.next_mark());
            registry.store.open(&kind.space());
            registry.kinds.insert(kind);
        }
        for name in self.namespaces {
            base::create(&mut registry, base::namespace(&name))?;
        }
        self.objects.sort_by_key(|initial| rank(&initial.object));
        for InitialObject { object, is_unvalidated, place } in self.objects {
            let initial =
                if is_unvalidated { base::store(&mut registry, object) } else { base::create(&mut registry, object) };
            initial.map_err(|error| match place {
                Some(place) => BuildError::At { place, source: Box::new(error) },
                None => error,
            })?;
        }
        registry.settle();
        Ok(FakeApiServer { shared: Shared::new(registry) })
    }
}

/// The creation order: objects that others depend on come first.
fn rank(object: &Value) -> u8 {
    match object.get("kind").and_then(Value::as_str) {
        Some("CustomResourceDefinition") => 0,
        Some("Namespace") => 1,
        _ => 2,
    }
}
