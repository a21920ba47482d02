//! An [`Api`] and its [`Names`] become Rust items. Nothing is decided here any more.

mod clientset;
mod crate_root;
mod docs;
mod enums;
mod foreign;
mod gate;
mod informers;
mod item;
mod json_schema;
mod kinds;
mod modules;
mod readme;
mod scheme;
mod structs;
mod typeref;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use quote::ToTokens;

use crate::api::{Api, Kind, TypeDef};
use crate::config::Config;
use crate::error::Error;
use crate::kopium::Foreign;
use crate::name::{KindName, Names, TypeName};

pub(crate) use crate_root::crd_file;
pub(crate) use docs::visible;
use gate::deprecated_gate;
pub(crate) use item::{Constructor, Definition, Item, Member};
pub(crate) use readme::readme;

/// A file of Rust.
#[derive(Default)]
pub(crate) struct Module {
    /// Where it goes, relative to the crate.
    pub(crate) path: Utf8PathBuf,
    /// What the file tells, for `//!`.
    pub(crate) docs: String,
    pub(crate) items: Vec<Item>,
}

/// Emits all modules.
pub(crate) fn emit(
    api: &Api,
    names: &Names,
    config: &Config,
    foreign: Option<&Foreign>,
    errors: &mut Vec<Error>,
) -> Vec<Module> {
    let mut emitter = Emitter::new(api, names, config, foreign);
    let mut modules = vec![crate_root::module(&mut emitter)];
    modules.push(clientset::module(&mut emitter));
    modules.push(informers::module(&mut emitter));
    modules.push(scheme::module(&mut emitter));
    modules.push(crate_root::crds(&mut emitter));
    modules.extend(config.json_schema.then(|| json_schema::module(&mut emitter)));
    modules.extend(modules::all(&mut emitter));
    errors.append(&mut emitter.errors);
    modules
}

/// The kinds of a group by version, newest first, with their names.
type Versions<'a> = BTreeMap<(usize, &'a str), Vec<(&'a Kind, &'a KindName)>>;

/// Everything that emitting a file needs to know.
struct Emitter<'a> {
    api: &'a Api,
    names: &'a Names,
    config: &'a Config,
    /// Types that another program has written, in place of ours.
    foreign: Option<&'a Foreign>,
    /// Names of runtime and std that the kind of the current file hides.
    shadowed: BTreeSet<&'a str>,
    errors: Vec<Error>,
}

impl<'a> Emitter<'a> {
    fn new(api: &'a Api, names: &'a Names, config: &'a Config, foreign: Option<&'a Foreign>) -> Self {
        Emitter { api, names, config, foreign, shadowed: BTreeSet::new(), errors: Vec::new() }
    }

    /// All kinds with their names.
    fn kinds(&self) -> impl Iterator<Item = (&'a Kind, &'a KindName)> + use<'a> {
        self.api.kinds.iter().zip(&self.names.kinds)
    }

    /// All types with their names.
    fn types(&self) -> impl Iterator<Item = (&'a TypeDef, &'a TypeName)> + use<'a> {
        self.api.types.iter().zip(&self.names.types)
    }

    /// Groups' modules with the versions and kinds in them.
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

    /// An item, checked to be one.
    fn item(&mut self, module: &str, tokens: impl ToTokens) -> Option<Item> {
        match syn::parse2(tokens.into_token_stream()) {
            Ok(item) => Some(Item::Rust(Box::new(item))),
            Err(error) => {
                self.errors.push(Error::NoRust { module: module.to_owned(), why: error.to_string() });
                None
            }
        }
    }
}

/// A name of ours as tokens.
fn ident(name: &str) -> proc_macro2::Ident {
    match name.strip_prefix("r#") {
        Some(raw) => proc_macro2::Ident::new_raw(raw, proc_macro2::Span::call_site()),
        None => proc_macro2::Ident::new(name, proc_macro2::Span::call_site()),
    }
}

/// Text as a literal of Rust, whatever it holds: what would turn the direction of the text around it is written out.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
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

/// Characters that change the order in which others are shown; Rust denies them in comments and literals.
pub(crate) fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
