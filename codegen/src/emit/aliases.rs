//! `pub mod group { pub mod version { pub type … } }`: names of the types that the runtime has for each kind.

use std::collections::BTreeSet;

use super::uses::Uses;
use super::{Body, Emitter, Item, Versions, deprecated_gate};
use crate::api::Kind;
use crate::name::KindName;

/// A type that every kind has.
pub(super) struct Alias {
    /// The end of its name, after the kind's.
    pub(super) suffix: &'static str,
    /// The runtime's type.
    pub(super) of: &'static str,
    /// Whether the type borrows from a lister.
    pub(super) borrows: bool,
    /// Its documentation, up to the name of the kind.
    pub(super) docs: &'static str,
}

/// The module of a group.
pub(super) fn group(
    emitter: &Emitter<'_>,
    group: &str,
    versions: &Versions<'_>,
    what: &str,
    aliases: &[Alias],
) -> Item {
    let mut modules = Vec::new();
    for ((_, version), kinds) in versions {
        let first = kinds[0].0;
        let items = of_version(group, version, kinds, aliases);
        let module = Item::new(Body::Module { name: (*version).to_owned(), items });
        let docs = format!("{what} of `{}/{}`.", first.group, first.version);
        modules.push(module.docs(docs).cfg(emitter.gate(kinds.iter().copied())));
    }
    let full = versions.values().flatten().next().map_or("", |(kind, _)| kind.group.as_str());
    let gate = emitter.gate(versions.values().flatten().copied());
    let module = Item::new(Body::Module { name: group.to_owned(), items: modules });
    module.docs(format!("{what} of the API group `{full}`.")).cfg(gate)
}

fn of_version(group: &str, version: &str, kinds: &[(&Kind, &KindName)], aliases: &[Alias]) -> Vec<Item> {
    let all_deprecated = kinds.iter().all(|(kind, _)| kind.deprecated.is_some());
    let mut uses = Uses::default();
    uses.add("kube_client_runtime", "informer");
    uses.add(&format!("super::super::super::{group}"), version);
    let mut items = uses.items();
    let mut taken = BTreeSet::new();
    for Alias { suffix, of, borrows, docs } in aliases {
        let (of_alias, of_type) = if *borrows { ("<'a>", "'a, ") } else { ("", "") };
        for (kind, name) in kinds {
            // With kinds `Role` and `RoleNamespace`, two listers would have one name; the first alias keeps it.
            let alias = format!("{}{suffix}", name.ident);
            if taken.insert(alias.clone()) {
                let line = format!("pub type {alias}{of_alias} = informer::{of}<{of_type}{version}::{}>", name.ident);
                let gate = deprecated_gate(!all_deprecated && kind.deprecated.is_some());
                items.push(Item::line(line).docs(format!("{docs} [`{0}`]({version}::{0}).", name.ident)).cfg(gate));
            }
        }
    }
    items
}
