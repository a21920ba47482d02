//! What a server is to begin with.

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

/// What a server is to begin with.
#[derive(Default)]
pub struct Builder {
    definitions: Vec<Text>,
    kinds: Vec<(ApiResource, Scope)>,
    objects: Vec<Sown>,
    namespaces: Vec<String>,
    any_namespace: bool,
    collects: bool,
    history: Option<usize>,
    seed: Option<u64>,
}

/// Definitions in YAML or JSON.
pub(super) struct Text {
    /// What problems name.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether it was written here, as JSON.
    pub(super) is_json: bool,
}

/// An object to begin with.
struct Sown {
    object: Value,
    /// Whether it is stored as it is.
    as_it_is: bool,
    /// The file and line that it stands in.
    place: Option<String>,
}

/// Why a server was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotBuilt {
    /// A definition is none.
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
    /// A file is no YAML.
    #[error("{place}: {reason}")]
    Yaml {
        /// File, line and column.
        place: String,
        /// Why.
        reason: String,
    },
    /// What stands at a place of a file is refused.
    #[error("{place}: {source}")]
    At {
        /// File and line.
        place: String,
        /// Why.
        source: Box<NotBuilt>,
    },
}

/// What definitions are called that come from no file.
const UNNAMED: &str = "a CRD of the builder";

impl Builder {
    /// Serves the kinds of CRDs: those that a generated crate embeds, or any other objects.
    ///
    /// # Errors
    /// If one cannot be written as JSON.
    pub fn crds(mut self, crds: impl IntoIterator<Item = impl serde::Serialize>) -> Result<Self, NotBuilt> {
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
    pub fn crds_in(mut self, path: impl AsRef<Path>) -> Result<Self, NotBuilt> {
        for (name, text) in files::read(path.as_ref())? {
            self.definitions.push(Text { name, text, is_json: false });
        }
        Ok(self)
    }

    /// Serves a kind without a schema, in one version: its objects are stored as they come, and have a status of their own.
    pub fn kind(mut self, resource: ApiResource, scope: Scope) -> Self {
        self.kinds.push((resource, scope));
        self
    }

    /// Begins with an object, which is created as any other.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn object(mut self, object: &impl serde::Serialize) -> Result<Self, NotBuilt> {
        self.objects.push(Sown { object: serde_json::to_value(object)?, as_it_is: false, place: None });
        Ok(self)
    }

    /// Begins with an object that is stored as it is: not validated, not pruned, without defaults, as an older CRD or
    /// somebody's hand may have left it. It gets a uid and a time of creation unless it has them.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn stored(mut self, object: &impl serde::Serialize) -> Result<Self, NotBuilt> {
        self.objects.push(Sown { object: serde_json::to_value(object)?, as_it_is: true, place: None });
        Ok(self)
    }

    /// Begins with the objects in a file, or in all `.yaml`, `.yml` and `.json` files of a folder and its folders. Lists are
    /// what is in them. Definitions and namespaces are created before the rest, wherever they stand.
    ///
    /// # Errors
    /// If one cannot be read, or is no YAML.
    pub fn objects_in(mut self, path: impl AsRef<Path>) -> Result<Self, NotBuilt> {
        for (name, text) in files::read(path.as_ref())? {
            let read = || files::objects(&name, &text);
            for (object, line) in depth::grown_for(depth::yaml_levels(text.as_bytes()), read)? {
                self.objects.push(Sown { object, as_it_is: false, place: Some(format!("{name}:{line}")) });
            }
        }
        Ok(self)
    }

    /// Begins with namespaces besides `default` and those of Kubernetes itself.
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces.extend(names.into_iter().map(Into::into));
        self
    }

    /// Takes objects in namespaces that nobody has made.
    pub fn any_namespace(self) -> Self {
        Builder { any_namespace: true, ..self }
    }

    /// Collects garbage: what belongs to objects that are gone goes, too.
    pub fn garbage_collection(self) -> Self {
        Builder { collects: true, ..self }
    }

    /// Keeps so many changes of a kind for watchers, and no more.
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
    pub fn build(self) -> Result<FakeApiServer, NotBuilt> {
        depth::grown_for(self.levels(), || self.started())
    }

    /// An upper bound of the nesting of every definition and object.
    fn levels(&self) -> usize {
        let definitions = self.definitions.iter().map(|definition| depth::yaml_levels(definition.text.as_bytes()));
        let objects = self.objects.iter().map(|initial| depth::levels_of(&initial.object));
        definitions.chain(objects).max().unwrap_or_default()
    }

    fn started(mut self) -> Result<FakeApiServer, NotBuilt> {
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
        self.objects.sort_by_key(|sown| rank(&sown.object));
        for Sown { object, as_it_is, place } in self.objects {
            let sown = if as_it_is { base::store(&mut registry, object) } else { base::create(&mut registry, object) };
            sown.map_err(|error| match place {
                Some(place) => NotBuilt::At { place, source: Box::new(error) },
                None => error,
            })?;
        }
        registry.settle();
        Ok(FakeApiServer { shared: Shared::new(registry) })
    }
}

/// What others need comes before them.
fn rank(object: &Value) -> u8 {
    match object.get("kind").and_then(Value::as_str) {
        Some("CustomResourceDefinition") => 0,
        Some("Namespace") => 1,
        _ => 2,
    }
}
