//! `codegen.lock`: published names, which do not change.
//!
//! It contains the name of every type with its uses, the identifiers of fields and variants, the boxed fields, and the
//! accessors of kinds. Generation reads and rewrites it; a check compares it like any other file.

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::api::Use;
use crate::error::Error;

/// The file name of the lock of a `codegen.toml`, which is beside it.
pub const LOCK_FILE: &str = "codegen.lock";

/// Returns the lock of a configuration: the file beside it that has its name and the extension `lock`. Configurations in one
/// folder therefore have a lock each.
pub(crate) fn lock_of(config: &Utf8Path) -> Utf8PathBuf {
    config.with_extension("lock")
}

/// The contents of a `codegen.lock`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    file: LockFile,
    by_use: HashMap<(String, String), usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile {
    #[serde(default, rename = "kind")]
    kinds: Vec<LockedKind>,
    #[serde(default, rename = "type")]
    types: Vec<LockedType>,
}

/// The published names of a kind in one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedKind {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) version: String,
    /// The module of the group.
    pub(crate) module: String,
    /// The type's name.
    pub(crate) ident: String,
    /// The alias for lists.
    pub(crate) list: String,
    /// The clientset's method.
    pub(crate) accessor: String,
    /// The clientset's method for all namespaces.
    pub(crate) all_accessor: String,
    /// The identifier of the field for unknown properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<String>,
    /// The identifier of each top-level property.
    pub(crate) members: BTreeMap<String, String>,
}

/// The published name and layout of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedType {
    pub(crate) group: String,
    pub(crate) name: String,
    /// The schema's fingerprint, 32 hexadecimal digits.
    pub(crate) fingerprint: String,
    /// The properties whose values are boxed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) boxed: Vec<String>,
    /// The properties whose types end a chain, see `nesting`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) nested: Vec<String>,
    /// The identifier of the variant or field for unknown values or properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<String>,
    /// Whether it is in the group's module of shared types, although only one kind in one version uses it now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) shared: bool,
    /// `version/Kind.path`, in path order.
    pub(crate) uses: Vec<String>,
    /// The identifier of each property or enum value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) members: BTreeMap<String, String>,
}

impl LockedType {
    /// Returns whether it was published in the group's module of shared types.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared || !belong_to_one_kind(&self.uses)
    }
}

/// Returns whether all uses are in one kind and version.
pub(crate) fn belong_to_one_kind(uses: &[String]) -> bool {
    let kind = |place: &String| place.split_once('.').map_or(place.clone(), |(kind, _)| kind.to_owned());
    uses.iter().map(kind).collect::<std::collections::BTreeSet<_>>().len() <= 1
}

impl Lock {
    /// Parses the text of a lock. An empty text is a lock without entries.
    ///
    /// # Errors
    /// If it is not a valid lock.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Lock::parse_file(LOCK_FILE, text)
    }

    /// Parses the text of a lock; `name` is its file name in errors.
    pub(crate) fn parse_file(name: &str, text: &str) -> Result<Self, Error> {
        let advice = "; restore the file from version control: it contains the published names";
        let file: LockFile = toml::from_str(text).map_err(|error| Error::malformed(name, text, &error, advice))?;
        Ok(Lock::of(file.kinds, file.types))
    }

    pub(crate) fn of(kinds: Vec<LockedKind>, types: Vec<LockedType>) -> Self {
        let file = LockFile { kinds, types };
        let mut by_use = HashMap::new();
        for (index, type_) in file.types.iter().enumerate() {
            for place in &type_.uses {
                by_use.insert((type_.group.clone(), place.clone()), index);
            }
        }
        Lock { file, by_use }
    }

    /// Returns the text of the lock, without a header.
    pub fn to_text(&self) -> String {
        // A struct of strings can always be serialized as TOML.
        toml::to_string(&self.file).unwrap_or_default()
    }

    /// Returns the index of the published type of a use.
    pub(crate) fn entry_of(&self, place: &Use) -> Option<usize> {
        if self.by_use.is_empty() {
            return None;
        }
        self.by_use.get(&(place.group.clone(), place.to_string())).copied()
    }

    pub(crate) fn type_at(&self, entry: usize) -> &LockedType {
        &self.file.types[entry]
    }

    /// Returns whether no other published type of the group has the same name.
    pub(crate) fn has_unique_name(&self, entry: usize) -> bool {
        let locked = self.type_at(entry);
        self.type_names(&locked.group).filter(|name| *name == locked.name).count() == 1
    }

    pub(crate) fn kind(&self, group: &str, kind: &str) -> Option<&LockedKind> {
        self.file.kinds.iter().find(|locked| locked.group == group && locked.kind == kind)
    }

    pub(crate) fn version(&self, group: &str, version: &str, kind: &str) -> Option<&LockedKind> {
        let same = |locked: &&LockedKind| {
            (locked.group.as_str(), locked.version.as_str(), locked.kind.as_str()) == (group, version, kind)
        };
        self.file.kinds.iter().find(same)
    }

    pub(crate) fn type_names(&self, group: &str) -> impl Iterator<Item = &str> {
        let types = self.file.types.iter().filter(move |locked| locked.group == group);
        types.map(|locked| locked.name.as_str())
    }
}
