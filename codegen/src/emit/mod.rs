//! An [`Api`] and its [`Names`] become Rust items. Every decision was made before.

mod aliases;
mod apply;
mod apply_fields;
mod clientset;
mod conditions;
mod conversions;
mod crate_root;
mod crds;
mod docs;
mod enums;
mod fake;
mod foreign;
mod gate;
mod informers;
mod item;
mod json_schema;
mod kinds;
mod listers;
mod modules;
mod readme;
mod scheme;
mod structs;
mod typeref;
mod uses;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use camino::Utf8PathBuf;

use crate::api::{Api, Kind, TypeDef};
use crate::config::Config;
use crate::kopium::Foreign;
use crate::markdown::Descriptions;
use crate::name::{KindName, Names, TypeName};
use crate::unicode::turns_direction;

pub(crate) use crds::file as crd_file;
pub(crate) use docs::summary;
pub(crate) use gate::Cfg;
use gate::{both, deprecated_gate, feature};
pub(crate) use item::{Body, Code, Function, Item, Member};
pub(crate) use readme::readme;

/// A file of Rust.
#[derive(Default)]
pub(crate) struct Module {
    /// Its path, relative to the crate.
    pub(crate) path: Utf8PathBuf,
    /// The text of `//!`.
    pub(crate) docs: String,
    pub(crate) items: Vec<Item>,
}

impl Module {
    pub(super) fn path(parts: &[&str]) -> Utf8PathBuf {
        let mut path = Utf8PathBuf::from("src");
        path.extend(parts.iter().map(|part| part.trim_start_matches("r#")));
        path
    }
}

/// Emits all modules.
pub(crate) fn emit(
    api: &Api,
    names: &Names,
    config: &Config,
    foreign: Option<&Foreign>,
    descriptions: &Descriptions,
) -> Vec<Module> {
    let mut emitter = Emitter {
        api,
        names,
        config,
        foreign,
        descriptions,
        own_types: own_types(api, names),
        shadowed: BTreeSet::new(),
    };
    let mut modules = vec![
        crate_root::module(&emitter),
        clientset::module(&emitter),
        informers::module(&emitter),
        listers::module(&emitter),
        fake::module(&emitter),
        scheme::module(&emitter),
        crds::module(&emitter),
    ];
    modules.extend(config.json_schema.then(|| json_schema::module(&emitter)));
    modules.extend(conversions::module(&emitter));
    modules.extend(modules::all(&mut emitter));
    modules.extend(apply::all(&emitter));
    modules
}

/// The kinds of a group by version, newest first, with their names.
type Versions<'a> = BTreeMap<(usize, &'a str), Vec<(&'a Kind, &'a KindName)>>;

/// Types with their names.
type Types<'a> = Vec<(&'a TypeDef, &'a TypeName)>;

/// The group, version and kind of an object.
type KindKey<'a> = (&'a str, &'a str, &'a str);

/// The types that only one kind in one version uses, by that kind.
fn own_types<'a>(api: &'a Api, names: &'a Names) -> HashMap<KindKey<'a>, Types<'a>> {
    let mut own: HashMap<KindKey<'a>, Types<'a>> = HashMap::new();
    for (type_, name) in api.types.iter().zip(&names.types).filter(|(_, name)| name.version.is_some()) {
        let first = &type_.uses[0];
        own.entry((&first.group, &first.version, &first.kind)).or_default().push((type_, name));
    }
    own
}

/// The context of every emitter.
struct Emitter<'a> {
    api: &'a Api,
    names: &'a Names,
    config: &'a Config,
    /// The types that kopium wrote instead.
    foreign: Option<&'a Foreign>,
    descriptions: &'a Descriptions,
    own_types: HashMap<KindKey<'a>, Types<'a>>,
    /// Names of the runtime and of std that the kind of the current file shadows.
    shadowed: BTreeSet<&'a str>,
}

impl<'a> Emitter<'a> {
    /// All kinds with their names.
    fn kinds(&self) -> impl Iterator<Item = (&'a Kind, &'a KindName)> + use<'a> {
        self.api.kinds.iter().zip(&self.names.kinds)
    }

    /// All types with their names.
    fn types(&self) -> impl Iterator<Item = (&'a TypeDef, &'a TypeName)> + use<'a> {
        self.api.types.iter().zip(&self.names.types)
    }

    /// The types that only this kind in this version uses.
    fn types_of<'e>(&'e self, kind: &'e Kind) -> &'e [(&'a TypeDef, &'a TypeName)] {
        self.own_types.get(&(&*kind.group, &*kind.version, &*kind.kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The modules of groups with their versions and kinds.
    fn groups(&self) -> BTreeMap<&'a str, Versions<'a>> {
        let mut groups: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
        let mut ranks: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (kind, name) in self.kinds() {
            let rank = ranks.entry((&name.group, &name.version)).or_insert(kind.rank);
            *rank = (*rank).min(kind.rank);
        }
        for (kind, name) in self.kinds() {
            let rank = ranks[&(name.group.as_str(), name.version.as_str())];
            groups.entry(&name.group).or_default().entry((rank, &name.version)).or_default().push((kind, name));
        }
        groups
    }
}

/// Returns text as a string literal of Rust. Characters that change the text direction are escaped.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        literal.extend([text, "\""]);
        return literal;
    }
    for letter in text.chars() {
        if turns_direction(letter) {
            literal.extend(letter.escape_unicode());
        } else if letter == '\'' {
            literal.push(letter);
        } else {
            literal.extend(letter.escape_debug());
        }
    }
    literal.push('"');
    literal
}
