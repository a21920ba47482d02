//! What is known about the built-in kinds of Kubernetes: their resources, and the Go structs of their objects.
//!
//! `cargo xtask kinds` writes the facts to `data/kinds.txt`. They are read when the first server starts, and each struct when it
//! is first used.

mod convert;
mod decode;
mod lines;
mod ordered;
pub(crate) mod quantity;
mod release;
mod resource;
mod schema;
mod stored;
mod types;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

pub(crate) use self::convert::convertible;
pub(crate) use self::decode::decode;
pub(crate) use self::ordered::Ordered;
pub use self::release::{Release, UnknownRelease};
pub(crate) use self::resource::{Resource, Subresource};
pub(crate) use self::schema::schema;
pub(crate) use self::stored::drop_empty;
pub(crate) use self::types::{Field, GoType, ListKind, Named, Omit, SchemaOr, Special, Struct};

use self::lines::{Block, blocks};

/// The facts about a release.
pub(crate) struct Catalogue {
    release: Release,
    /// The version of the release, such as `1.37.2`.
    version: &'static str,
    resources: Vec<Resource>,
    /// The structs of kinds, by group, version and kind.
    kinds: HashMap<(&'static str, &'static str, &'static str), &'static str>,
    /// Where the types are described, by name.
    blocks: HashMap<&'static str, Block>,
    /// The types that were used.
    types: Mutex<HashMap<&'static str, &'static Named>>,
}

static CATALOGUES: [LazyLock<Catalogue>; Release::ALL.len()] = [
    LazyLock::new(|| Catalogue::read(Release::V1_34)),
    LazyLock::new(|| Catalogue::read(Release::V1_35)),
    LazyLock::new(|| Catalogue::read(Release::V1_36)),
    LazyLock::new(|| Catalogue::read(Release::V1_37)),
];

impl Catalogue {
    /// Returns the facts about a release.
    pub(crate) fn of(release: Release) -> &'static Catalogue {
        &CATALOGUES[release.index()]
    }

    fn read(release: Release) -> Catalogue {
        let mut catalogue = Catalogue {
            release,
            version: "",
            resources: Vec::new(),
            kinds: HashMap::new(),
            blocks: HashMap::new(),
            types: Mutex::default(),
        };
        for block in blocks(include_str!("../../data/kinds.txt"), release) {
            match block.head.split(' ').collect::<Vec<_>>().as_slice() {
                ["releases", versions @ ..] => {
                    catalogue.version = versions.get(release.index()).copied().unwrap_or_default();
                }
                ["resource", words @ ..] => catalogue.resources.extend(Resource::read(words, &block, release)),
                ["kind", group, version, kind, type_] => {
                    catalogue.kinds.insert((group.trim_matches('-'), version, kind), type_);
                }
                ["type" | "struct", name, ..] => {
                    catalogue.blocks.insert(name, block);
                }
                _ => {}
            }
        }
        catalogue
    }

    /// Returns the version of the release, such as `1.37.2`.
    pub(crate) fn version(&self) -> &'static str {
        self.version
    }

    /// Returns the resources of all groups.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns the struct of a kind, also of lists and of the kinds of requests.
    pub(crate) fn kind(&'static self, group: &str, version: &str, kind: &str) -> Option<&'static Struct> {
        let kinds: &HashMap<(&str, &str, &str), &'static str> = &self.kinds;
        self.struct_named(kinds.get(&(group, version, kind))?)
    }

    /// Returns a struct by its name in the data, such as `core/v1.Pod`.
    pub(crate) fn struct_named(&'static self, name: &str) -> Option<&'static Struct> {
        match self.named(name)? {
            Named::Struct(found) => Some(found),
            Named::Alias(_) | Named::Special(_) | Named::SchemaOr(..) => None,
        }
    }

    /// Returns a type by its name in the data, such as `core/v1.Pod`.
    fn named(&'static self, name: &str) -> Option<&'static Named> {
        let known = |types: &HashMap<&str, &'static Named>| types.get(name).copied();
        let types = || self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known(&types()) {
            return Some(found);
        }
        let (name, block) = self.blocks.get_key_value(name)?;
        let read = types::read(self, name, block, self.release)?;
        // Each of the finitely many types is leaked at most once, or twice if two threads meet.
        let leaked: &'static Named = Box::leak(Box::new(read));
        Some(types().entry(name).or_insert(leaked))
    }
}

#[cfg(test)]
mod tests;
